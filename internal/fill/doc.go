// Package fill writes finished pushes straight into an empty log, for benchmarks
// and demos: as if they had come in over the last days, by day more than by
// night, and been sent. Nothing goes to FCM.
//
//	fill.go      Run: makes pushes, in the order of their acceptance
//	rhythm.go    when the nth of them was accepted
//	life.go      what became of it: its tries, and how it ended
//	record.go    its record, as accept, retry, settle and cancel of
//	             internal/stream leave it
//	writer.go    records, indexes and counters into Redis, a hundred pushes at once
//
// Each batch is one transaction of one partition, and a later one has only later
// pushes. So a reader meanwhile, or after a stop half-way, finds a log that is
// whole as far as it goes.
package fill
