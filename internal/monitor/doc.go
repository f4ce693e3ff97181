// Package monitor shows as metrics what Redis says of the whole pushstream: the backlog,
// the log, the workers, the holds, and Redis itself. Every process shows the same, so
// that what is wrong can be seen while any of them lives: that no consumer does, above
// all, which none of them could say.
//
// Redis is read at a scrape, at most once a second however many scrape, and in one read
// at a time. A scrape waits for it for a bounded time. When Redis does not answer,
// pushstream_redis_up is 0 and what it would have said is missing; nothing else is.
package monitor
