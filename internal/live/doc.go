// Package live sends live events of a pushstream to many clients.
//
//	K:events of all partitions ──┐
//	                             ├─▶ Hub ──▶ Watcher (a buffer of 16) ──▶ one client
//	states, by shots.go ─────────┘     └───▶ Watcher …
//
// One goroutine, Hub.Run, reads for all of them, and only while a client is connected. It
// reads events every 250 ms and takes a snapshot of each state once a second. What is
// to be told is encoded once, as a whole server-sent event, and its bytes are shared;
// so a watcher costs a buffer, and a thousand of them cost Redis what one does.
//
// # Topics
//
//	pushes   the pushes that changed: id and state, the last one of each; at most 500 of
//	         them, the newest, and how many were left out; how many pushes are new
//	counts   how many pushes are in each state        ┐
//	workers  what each consumer is doing              │ the whole, when it has changed;
//	holds    why nothing is sent                      │ and once to each new client
//	flush    how far a flush has come                 │
//	jobs     how far the bulk jobs have come          ┘
//
// There is at most one message a second and topic. Messages hold ids, states, numbers
// and names of workers and projects, and never what a push holds: they need no mask.
//
// # Places
//
// The id of a message is the place in the events up to which the watchers know of the
// pushes. Who comes back with one is told what has happened since, if that is still
// there and not too much. If not, or if Redis was away, it is sent a resync: read
// everything again.
//
// # Failures
//
//	what                                  then
//	a watcher does not take its messages  its channel ends, ErrSlow
//	Redis is away                         nothing is said; then a resync to all
//	events were cut off before they were  a resync to all
//	read
//	a place is unknown, of another Redis  a resync to who came with it
//	or too old
//	too many watchers                     ErrFull, ErrTooMany
//	the process stops                     all channels end, ErrStopped
package live
