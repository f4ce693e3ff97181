// Package audit keeps the audit log: who did what, when, from where, on whose data, why,
// and with what outcome. Entries are only added; they leave at the end of their
// retention, and in no other way.
//
//	Begin ──▶ entry, outcome unknown ── the action ──▶ End: done, refused, failed, partial, cancelled
//	  │
//	  └─ fails: the action must not happen
//
// An entry without an outcome means that the process died, or lost Redis, in between:
// the action may have happened.
//
//	entry.go   what an entry says, and how much of it
//	log.go     begin, end
//	once.go    begin what is done again and again
//	list.go    newest first, filtered, in bounded steps
//	trim.go    the end of the retention
//
// Keys, K being push:{audit}:
//
//	K:entries   stream   the entries; an entry's id is its time, by Redis's clock
//	K:outcomes  hash     id of an entry to time of the end in ms, outcome, details (JSON)
//	K:once:<h>  string   id of the entry that stands for what an actor does again and again, by a
//	                     hash of actor and what; its TTL is how long it does
//
// The string goes by its TTL. Neither passwords nor tokens belong in it; the number of a customer does.
package audit
