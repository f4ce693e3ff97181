package stream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pushstream/internal/loop"
	"pushstream/internal/pushlog"

	"pushstream/internal/redisscript"
)

// A lease of ten seconds is taken over by others once Redis has not heard of the
// entry for ten seconds. All else follows from it:
//
//	renewed   an entry older than 1/4, looked for every 1/5: at 4.5 s at the latest
//	fence     no request is written if the last look is 3/5 ago: what was too
//	          young to be renewed by it is then 8.5 s old
//	swept     about every 1/5: it expires after 12 s at the latest
const (
	renewAfter = 4 // a lease, divided by this
	renewEvery = 5
	sweepEvery = 5
)

// validEvery is how often a role that waits for a valid lease looks.
const validEvery = 10 * time.Millisecond

// Lease is how long in-flight entries stay those of their consumer without a renewal. Its Valid is the fence between a process that was stopped, or cut off
// from Redis, and FCM: the Sender asks it before each write.
type Lease struct {
	length  time.Duration
	renewed atomic.Pointer[time.Time] // when the last look that succeeded began
}

// NewLease returns a lease of a length, ten seconds if it is 0.
func NewLease(length time.Duration) *Lease {
	if length == 0 {
		length = 10 * time.Second
	}
	l := &Lease{length: length}
	l.renew(time.Now())
	return l
}

func (l *Lease) renew(at time.Time) { l.renewed.Store(&at) }

// passed is how much time has passed, by whichever clock says more: the monotonic
// one goes on while a process is stopped, but not while its machine is suspended;
// the other may be set.
func passed(since, now time.Time) time.Duration {
	return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
}

// Valid reports whether in-flight pushes may still be sent. There is no
// lock at FCM that would refuse a late request, so between this answer and the
// system call some microseconds remain.
func (l *Lease) Valid() bool {
	return passed(*l.renewed.Load(), time.Now()) < l.length*3/5
}

// fresh reports whether an entry that was leased at a time may be started now: its
// lease runs, and Valid will say so in time if it does not. What was read long
// before the last look, and came into our hand after it, only the next look
// knows.
func (l *Lease) fresh(leased, now time.Time) bool {
	return l.Valid() && passed(leased, now) < l.length*3/4 && passed(leased, *l.renewed.Load()) <= l.length/renewAfter
}

// blocked is how long a read may wait for its first entry: what it reads counts as
// leased since it began, and must be fresh.
func (l *Lease) blocked() time.Duration { return l.length / renewAfter / 2 }

// mayStart waits until the consumer may read and start pushes: the intake is open and
// the lease valid. It returns the intake's context; false if ctx ended first. What is
// read without a valid lease, as just after Redis refused writes, is not started.
func (c *Consumer) mayStart(ctx context.Context) (context.Context, bool) {
	for {
		open, ok := c.intake.wait(ctx)
		if !ok || c.lease.Valid() {
			return open, ok
		}
		loop.Sleep(open, validEvery)
	}
}

// keeper renews the leases of in-flight entries until ctx ends.
func (c *Consumer) keeper(ctx context.Context) {
	for ctx.Err() == nil {
		if _, err := c.renew(ctx); err != nil && ctx.Err() == nil {
			c.trouble.note("renewing leases", err)
			loop.Sleep(ctx, rand.N(c.lease.length/renewEvery/4)) // no longer backoff: they expire
			continue
		}
		loop.Sleep(ctx, c.lease.length/renewEvery)
	}
}

var renewScript = library.Load("renew", redisscript.Writes, redisscript.Names{Keys: "jobs urgent", Args: "group consumer unassigned", Each: "lane entry"})

// renewCall is a call of renew.lua, with one entry or none.
func renewCall(p pushlog.Partition, consumer string, item ...any) redisscript.Call {
	return renewScript.Call([]string{jobsKey(p), urgentKey(p)}, append([]any{Group, consumer, unassigned}, item...)...)
}

// renew renews the leases that need it. What was lost to another is cancelled
// here; its outcome will be refused by settle. It returns how many were lost.
func (c *Consumer) renew(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, c.lease.length/renewEvery)
	defer cancel()
	began := time.Now()
	var b redisscript.Batch[*delivery]
	for _, d := range c.due(began.Add(-c.lease.length / renewAfter)) {
		b.Add(renewCall(d.partition, c.opt.Name), d, d.lane, d.entry)
	}
	lost := 0
	err := b.Run(ctx, c.rdb)
	for d, answer := range b.Answers() {
		switch {
		case answer == nil: // its call failed
		case answer == int64(1):
			c.leased(d, began)
		case c.lose(d):
			lost++
			c.log.Debug("lost to another consumer", zap.String("id", d.job.ID), zap.String("entry", d.entry))
		}
	}
	if lost > 0 {
		c.metrics.lost.Add(float64(lost))
		c.log.Info("lost pushes to other consumers", zap.Int("pushes", lost))
	}
	if err != nil {
		return lost, fmt.Errorf("renew: %w", err)
	}
	c.lease.renew(began)
	return lost, nil
}
