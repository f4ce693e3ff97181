package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/pushlog"
)

// lookEvery is about how often each consumer looks for what is pending for
// nobody.
const lookEvery = 250 * time.Millisecond

// suspectAfter is how many deliveries without an answer make a push suspect.
const suspectAfter = 2

// reclaimer brings what is pending for nobody into this consumer's hand: what
// others handed back, and what was taken from the silent. All consumers do, each
// as much as it has free slots for.
func (c *Consumer) reclaimer(ctx context.Context) {
	for failures := 0; ; {
		open, ok := c.mayStart(ctx)
		if !ok {
			return
		}
		n, err := c.reclaim(open)
		switch {
		case open.Err() != nil:
			continue // paused, or stopping
		case err != nil:
			c.trouble.note("reclaiming", err)
			backoff(ctx, failures)
			failures++
			continue
		}
		failures = 0
		if n == 0 {
			sleep(open, lookEvery/2+rand.N(lookEvery))
		}
	}
}

// reclaim looks once at every partition; it returns how many entries it claimed.
func (c *Consumer) reclaim(ctx context.Context) (int, error) {
	total := 0
	for _, p := range c.keys.All() {
		for _, lane := range []int{laneUrgent, laneNormal} {
			found, err := c.unowned(ctx, p, lane)
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

// unowned returns up to 100 entries of a lane that are pending for nobody. Of those
// that two consumers have not answered for it returns one, and none while this
// consumer has one in hand: whatever else is in hand with a push that kills its
// consumer is lost with it, and would soon be taken for poison as well.
func (c *Consumer) unowned(ctx context.Context, p pushlog.Partition, lane int) ([]entry, error) {
	var found []entry
	suspects := c.suspects()
	for from := "-"; from != "" && len(found) < scriptBatch; {
		pending, err := c.rdb.XPendingExt(ctx, &redis.XPendingExtArgs{
			Stream: laneKey(p, lane), Group: Group, Start: from, End: "+", Count: scriptBatch, Consumer: nobody,
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
	args := []any{Group, c.opt.Name, nobody}
	for _, e := range batch {
		args = append(args, e.lane, e.id)
	}
	answers, err := run(ctx, c.rdb, call{claimScript, []string{jobsKey(p), urgentKey(p)}, args})
	if err != nil {
		return 0, fmt.Errorf("claim: %w", err)
	}
	results, _ := answers[0].([]any)
	if len(results) != len(batch) {
		return 0, errors.New("claim: unexpected answer")
	}
	var got []entry
	for i, result := range results {
		if values := fieldsOf(result); len(values) > 0 {
			e := batch[i]
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
