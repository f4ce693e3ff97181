// Package stream is the life of a push job in Redis: every change of its
// state, the Producer that accepts jobs, and the Consumer that reads, sends and
// settles them. It knows no FCM: it calls a Sender.
//
// # Who is right
//
// The record of a push (internal/pushlog) is the authority. An entry on a work
// stream, or a member of the due set, only names it, and the record names the
// one entry that stands for the push now. An entry whose record is terminal or
// names another entry is dropped, whatever brought it there.
//
// The stream's pending list says whose an entry is, and since when. XACK and
// XDEL ask for no owner, so the scripts do.
//
// # States
//
//	           accept            take                settle
//	new job ─────────▶ queued ─────────▶ (in hand) ─────────▶ sent, failed, expired
//	   │                ▲  ▲                │    │
//	   │                │  └─── release ────┘    │ retry
//	   ▼                │                        ▼
//	scheduled ────▶ promote ◀──────────────── retrying
//
// A record in one of the last three states changes no more.
//
// # Scripts
//
// One change of state is one script of lua/, over at most 100 pushes; its head
// is its contract. Scripts are atomic: a crash comes before one or after it.
//
//	script   does                                crash before      crash after     run twice
//	accept   record, indexes, stream or due set  no trace          accepted        repeated
//	take     looks who has an entry, reads the   pending           pending         the same answer
//	         record; removes a stale entry
//	settle   terminal state, entry removed       pending           terminal        nothing
//	retry    into the due set, entry removed     pending           waiting         nothing
//	release  hands back under a new entry        pending           unread          nothing
//	promote  from the due set onto a stream      still due         queued          the next ones
//	reject   failed record of an unreadable      pending           failed          nothing
//	         entry, entry removed
//	leave    consumer out of the groups, if      member            gone            nothing
//	         nothing is pending for it
//
// # Goroutines of a Consumer
//
//	reader     one a partition  takes slots, reads, opens entries   until stop
//	worker     Concurrency      one Send after the other            until the readers have ended
//	settler    one              writes outcomes in batches          until the workers have ended
//	promoter   one              moves what is due, every 200 ms     until stop
//	heartbeat  one              describes this worker, every 2 s    until the settler has ended
//
//	reader ─ jobs ─▶ worker ─ settled ─▶ settler
//
// A reader reads only what has a free slot, and each channel holds as many as
// there are slots, so a settler that can't write brings everything behind it to
// a halt.
//
// Stop has two contexts: the end of Run's ctx ends the reading, and what was
// read and not started is handed back; StopTimeout later, sends in flight are
// interrupted. Then Run releases what is still pending for it, and leaves.
//
// # Failures
//
//	what                                   then
//	a reply of Redis was lost              the call is made again; a reader looks through its own pending
//	Redis is away                          readers and promoter back off, the settler keeps its batch
//	the group is gone (flush, failover)    made anew from id 0: what is on a stream is unfinished
//	scripts are gone                       sent whole in a second round trip
//	a consumer answers after it lost       noted as late.<consumer>, nothing else
//	an entry was deleted while pending     acknowledged, logged
//	an entry can't be read                 a failed record with reason and raw fields
//	stop while Redis is away               gives up after StopTimeout; Run returns an error, entries pending
//	kill -9 of a consumer                  its entries stay pending: nobody takes them over yet
package stream
