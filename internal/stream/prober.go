package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/loop"
	"pushstream/internal/pushlog"
)

// prober sends one push now and then while the circuit breaker is open and this worker reads nothing.
// While it reads, since the project is held, pushes at the gate probe instead.
func (c *Consumer) prober(ctx, work context.Context) {
	for failures, round := 0, 0; ctx.Err() == nil; round++ {
		if !c.gate.alone() || c.paused.Load() {
			loop.Sleep(ctx, watchEvery/2)
			continue
		}
		probe, wait := c.gate.breaker.probe(time.Now())
		if !probe {
			loop.Sleep(ctx, min(wait, watchEvery/2))
			continue
		}
		sent, err := c.probeOnce(ctx, work, round)
		if err != nil && ctx.Err() == nil {
			c.trouble.note("probing", err)
			loop.Backoff(ctx, failures)
			failures++
			continue
		}
		if failures = 0; !sent {
			loop.Sleep(ctx, reclaimEvery)
		}
	}
}

// probeOnce takes one push and sends it; it reports false if there was none.
func (c *Consumer) probeOnce(ctx, work context.Context, round int) (bool, error) {
	p := permit{c.gate, true}
	if c.slots.take(ctx, 1, 1) == 0 {
		p.Release()
		return false, nil // stopping
	}
	var d *delivery
	err := c.one(ctx, round, func(got *delivery) { d = got })
	if d == nil {
		p.Release()
		c.slots.give(1)
		return false, err
	}
	d.permit = p
	s := c.deliver(work, d)
	c.finish(d)
	c.settled <- s
	c.slots.give(1)
	return true, nil
}

// one takes one push: an unassigned one, of the normal lane first, since the others
// serve the urgent ones, unless the project is held; else the next one that comes.
func (c *Consumer) one(ctx context.Context, round int, start func(*delivery)) error {
	got := false
	begin := func(d *delivery) { got = true; start(d) }
	all, lanes := c.keys.All(), []int{laneNormal, laneUrgent}
	if c.gate.heldOnEvidence() {
		slices.Reverse(lanes)
	}
	for _, lane := range lanes {
		for _, p := range all {
			found, err := c.unassignedOf(ctx, p, lane)
			if err != nil {
				return err
			}
			if len(found) == 0 {
				continue
			}
			if _, err := c.claimEntries(context.WithoutCancel(ctx), p, found[:1], begin); got || err != nil {
				return err
			}
		}
	}
	if c.gate.heldOnEvidence() { // no worker reads, and urgent pushes must not wait
		for _, lane := range lanes {
			for _, p := range all {
				if err := c.readOne(ctx, p, lane, -1, begin); got || err != nil {
					return err
				}
			}
		}
		return nil
	}
	return c.readOne(ctx, all[round%len(all)], lanes[round/len(all)%2], readBlock, begin)
}

// readOne waits for the next entry of a lane and opens it. It must wait in Redis while
// the others do: one that only looks (block -1) finds nothing then.
func (c *Consumer) readOne(ctx context.Context, p pushlog.Partition, lane int, block time.Duration, start func(*delivery)) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readBlock+readTimeout)
	defer cancel()
	streams, err := c.blocking.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: Group, Consumer: c.opt.Name, Count: 1, Block: block, Streams: []string{laneKey(p, lane), ">"},
	}).Result()
	switch {
	case errors.Is(err, redis.Nil), isNoGroup(err):
		return nil
	case err != nil:
		return fmt.Errorf("read one: %w", err)
	case len(streams) == 0 || len(streams[0].Messages) == 0:
		return nil
	}
	m := streams[0].Messages[0]
	limited, stop := context.WithTimeout(context.WithoutCancel(ctx), openTimeout)
	defer stop()
	return c.open(limited, p, []entry{{lane, m.ID, m.Values, began}}, start)
}
