package stream

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"pushstream/internal/loop"
	"pushstream/internal/push"
	"pushstream/internal/redisscript"
)

const (
	settleLinger = 5 * time.Millisecond // how long a small batch waits to grow
	settleBatch  = 2 * scriptBatch
)

// settler writes what workers finished, in batches, until the channel is
// closed and empty. While Redis is away it keeps what it has and tries again;
// workers, then readers, come to a halt behind it.
func (c *Consumer) settler(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for first := range c.settled {
		batch := c.gather(first, timer)
		for failures := 0; ; failures++ {
			err := c.settle(ctx, batch)
			if err == nil {
				break
			}
			c.trouble.note("settling", err)
			if !loop.Backoff(ctx, failures) {
				// The entries stay pending; the record is consulted before anyone sends again.
				c.log.Error("gave up settling", zap.Int("pushes", len(batch)), zap.Error(err))
				break
			}
		}
		c.drop(batch)
		for _, s := range batch {
			if s.abandon {
				c.abandoned.Add(1) // the readers look for what is still this consumer's
			}
		}
	}
}

// gather returns first and what else has finished or finishes soon.
func (c *Consumer) gather(first settlement, timer *time.Timer) []settlement {
	batch := append(make([]settlement, 0, settleBatch), first)
	timer.Reset(settleLinger)
	for len(batch) < settleBatch {
		select {
		case s, ok := <-c.settled:
			if !ok {
				return batch
			}
			batch = append(batch, s)
		case <-timer.C:
			return batch
		}
	}
	return batch
}

var settleScript = library.Load("settle", redisscript.Writes, redisscript.Names{
	Keys: "jobs urgent events",
	Args: "K group consumer events_cap unassigned",
	Each: "lane entry id accepted_ms code try line status attempts deliveries result sent_at"})

var retryScript = library.Load("retry", redisscript.Writes, redisscript.Names{
	Keys: "jobs urgent events due",
	Args: "K group consumer events_cap unassigned",
	Each: "lane entry id accepted_ms code try line due_ms attempts deliveries result retry_until drop refused now_ms"})

// settle runs the scripts that a batch needs, in one round trip.
func (c *Consumer) settle(ctx context.Context, batch []settlement) error {
	batch = slices.SortedStableFunc(slices.Values(batch), func(a, b settlement) int { return compareEntries(a.entry, b.entry) })
	var b redisscript.Batch[*settlement]
	for i := range batch {
		s := &batch[i]
		p := s.partition
		keys := []string{jobsKey(p), urgentKey(p), eventsKey(p)}
		head := []any{p.Base, Group, c.opt.Name, eventsCap, unassigned}
		begin := []any{s.lane, s.entry, s.job.ID, s.acceptedAt.UnixMilli(), string(s.code), numberOr(s.try), s.line}
		switch {
		case s.abandon:
		case s.release:
			b.Add(releaseCall(p, c.opt.Name), s, s.lane, s.entry)
		case s.status == push.Retrying:
			until := ""
			if !s.newUntil.IsZero() {
				until = stamp(s.newUntil)
			}
			b.Add(retryScript.Call(append(keys, dueKey(p)), head...), s, append(begin,
				s.due.UnixMilli(), s.tried, s.deliveries, s.result, until, numberOr(s.drop), s.refused, s.now())...)
		default:
			b.Add(settleScript.Call(keys, head...), s, append(begin,
				string(s.status), s.tried, s.deliveries, s.result, stamp(s.at))...)
		}
	}
	if err := b.Run(ctx, c.rdb); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	for s, answer := range b.Answers() {
		if !s.release {
			c.count(s, answer == int64(1))
		}
	}
	c.noteWaits(ctx, batch)
	c.suppressTokens(ctx, batch)
	return nil
}

// count counts a push that was settled, or whose outcome came too late. After a lost reply
// the second answer calls late what the first has settled.
func (c *Consumer) count(s *settlement, settled bool) {
	if !settled {
		c.metrics.late.Inc()
		return
	}
	c.metrics.settled.WithLabelValues(string(s.status)).Inc()
	if s.status != push.Retrying {
		c.metrics.end(s.status, s.code, s.acceptedAt, s.at)
	}
}

// numberOr writes 0 as an absent value.
func numberOr(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// callBatch gathers items of several scripts and partitions into as few calls
// as may be.
type callBatch struct {
	calls []call
	sizes []int
}

// add adds an item to the newest call of the same script and partition, or
// opens a new one that starts like head. It returns the number of the call.
func (b *callBatch) add(head call, item []any) int {
	for n := len(b.calls) - 1; n >= 0; n-- {
		c := &b.calls[n]
		if c.script == head.script && c.keys[0] == head.keys[0] {
			if b.sizes[n] < scriptBatch {
				c.args = append(c.args, item...)
				b.sizes[n]++
				return n
			}
			break
		}
	}
	head.args = append(head.args, item...)
	b.calls, b.sizes = append(b.calls, head), append(b.sizes, 1)
	return len(b.calls) - 1
}
