package stream

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/loop"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

// reclaimEvery is about how often each consumer looks for unassigned entries.
const reclaimEvery = 250 * time.Millisecond

// suspectAfter is how many deliveries without an answer make a push suspect.
const suspectAfter = 2

// reclaimer claims unassigned entries until ctx ends: those that other consumers released,
// and those whose lease has expired. All consumers do, each as many as it has free slots.
func (c *Consumer) reclaimer(ctx context.Context) {
	loop.Every(ctx, reclaimEvery, reclaimEvery, func(ctx context.Context) error {
		open, ok := c.mayStart(ctx)
		if !ok {
			return nil
		}
		n, err := c.reclaim(open)
		if open.Err() != nil || err == nil && n > 0 {
			return loop.Again // paused, or there may be more
		}
		return err
	}, c.trouble.noting("reclaiming"))
}

// reclaim looks once at every partition; it returns how many entries it claimed.
func (c *Consumer) reclaim(ctx context.Context) (int, error) {
	total := 0
	for _, p := range c.keys.All() {
		for _, lane := range []int{laneUrgent, laneNormal} {
			found, err := c.unassignedOf(ctx, p, lane)
			if err != nil {
				return total, err
			}
			if len(found) == 0 {
				continue
			}
			places := c.slots.take(ctx, 1, len(found))
			if places == 0 {
				return total, nil // paused, or stopping
			}
			n, err := c.claim(context.WithoutCancel(ctx), p, found[:places])
			total += n
			if err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// unassignedOf returns up to 100 unassigned entries of a lane. Of those that two consumers
// have not answered for it returns one, and none while this consumer has one in flight:
// what is in flight with a push that kills its consumer is lost with it, and would soon be
// taken for poison as well.
func (c *Consumer) unassignedOf(ctx context.Context, p pushlog.Partition, lane int) ([]entry, error) {
	var found []entry
	suspects := c.suspects()
	for from := "-"; from != "" && len(found) < scriptBatch; {
		pending, err := c.rdb.XPendingExt(ctx, &redis.XPendingExtArgs{
			Stream: laneKey(p, lane), Group: Group, Start: from, End: "+", Count: scriptBatch, Consumer: unassigned,
		}).Result()
		if err != nil {
			return nil, listError(err)
		}
		from = ""
		if len(pending) == scriptBatch {
			from = "(" + pending[scriptBatch-1].ID
		}
		for _, e := range pending {
			if e.RetryCount >= suspectAfter {
				if suspects++; suspects > 1 {
					continue
				}
			}
			if len(found) < scriptBatch {
				found = append(found, entry{lane: lane, id: e.ID})
			}
		}
	}
	return found, nil
}

var claimScript = library.Load("claim", redisscript.Writes, redisscript.Names{Keys: "jobs urgent", Args: "group consumer unassigned", Each: "lane entry"})

// claim claims entries for which it has a slot each, and has them opened like any
// others. It returns how many it got; others may be faster.
func (c *Consumer) claim(ctx context.Context, p pushlog.Partition, batch []entry) (int, error) {
	started := 0
	defer func() { c.slots.give(len(batch) - started) }()
	return c.claimEntries(ctx, p, batch, func(d *delivery) {
		started++
		c.jobs <- d
	})
}

// claimEntries is claim for a caller that has the slots.
func (c *Consumer) claimEntries(ctx context.Context, p pushlog.Partition, batch []entry, start func(*delivery)) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	now := time.Now()
	var b redisscript.Batch[entry]
	for _, e := range batch {
		b.Add(claimScript.Call([]string{jobsKey(p), urgentKey(p)}, Group, c.opt.Name, unassigned), e, e.lane, e.id)
	}
	if err := b.Run(ctx, c.rdb); err != nil {
		return 0, fmt.Errorf("claim: %w", err)
	}
	var got []entry
	for e, fields := range b.Answers() {
		if values := fieldsOf(fields); len(values) > 0 {
			e.values, e.leasedAt = values, now
			got = append(got, e)
		}
	}
	if len(got) == 0 {
		return 0, nil
	}
	c.metrics.claimed.Add(float64(len(got)))
	c.log.Info("reclaimed", zap.Int("entries", len(got)))
	return len(got), c.open(ctx, p, got, start)
}

// fieldsOf reads {name, value, …} as scripts return an entry.
func fieldsOf(list any) map[string]any {
	values := map[string]any{}
	flat, _ := list.([]any)
	for i := 0; i+1 < len(flat); i += 2 {
		if name, ok := flat[i].(string); ok {
			values[name] = flat[i+1]
		}
	}
	return values
}
