// Package monitor exports the state of the whole pushstream in Redis as metrics: backlog,
// log, workers, holds, and Redis itself. Every process exports the same, so a fault is
// visible while any process lives, even when no consumer does.
//
// A scrape reads Redis, at most once a second for all scrapes together, one read at a
// time, and waits for a bounded time. When Redis does not answer, pushstream_redis_up is 0
// and these metrics are missing; the others are there.
package monitor
