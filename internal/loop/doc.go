// Package loop runs background work: passes at an interval, waits after failures, and
// locks in Redis for work that one process at a time does.
//
//	loop.go   Every, Backoff, Sleep
//	lock.go   Lock: a key in Redis with an owner and a TTL
package loop
