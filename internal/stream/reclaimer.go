package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	sweepStep     = 500 // entries of a pending list that one call reads
	maxDeliveries = 5   // without an answer: then the push itself is suspected
	lookEvery     = 250 * time.Millisecond
)

// reclaimer brings entries that nobody works on into this consumer's hand: what
// was handed back, which it looks for four times a second; and what a silent
// consumer has, for which the consumers take turns. The turn is a key with a
// TTL that the first who comes sets, so there is no leader to lose, and the
// cost does not grow with the number of consumers.
type reclaimer struct {
	c *Consumer
	// quiet is until when nothing is taken from others. After Redis was away
	// their leases have run out without any fault of theirs; they renew them
	// within this time.
	quiet time.Time
}

func newReclaimer(c *Consumer) *reclaimer {
	return &reclaimer{c: c, quiet: time.Now().Add(c.lease.length / 2)}
}

// run reclaims until ctx ends, while the consumer is not paused.
func (r *reclaimer) run(ctx context.Context) {
	for failures := 0; ; {
		open, ok := r.c.valve.wait(ctx)
		if !ok {
			return
		}
		if _, err := r.pass(open); err != nil && open.Err() == nil {
			r.quiet = time.Now().Add(r.c.lease.length / 2)
			r.c.trouble.note("reclaiming", err)
			backoff(ctx, failures)
			failures++
			continue
		}
		failures = 0
		sleep(open, lookEvery/2+rand.N(lookEvery))
	}
}

// pass looks once at every partition; it returns how many entries it claimed.
func (r *reclaimer) pass(ctx context.Context) (int, error) {
	total := 0
	for _, p := range r.c.keys.All() {
		n, err := r.handedBack(ctx, p)
		total += n
		if err != nil {
			return total, err
		}
		if time.Now().Before(r.quiet) {
			continue
		}
		mine, err := r.turn(ctx, p)
		if err != nil {
			return total, err
		}
		if !mine {
			continue
		}
		n, err = r.sweep(ctx, p)
		total += n
		if err == nil {
			err = r.c.removeDead(ctx, p)
		}
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// turn reports whether it is this consumer's turn to sweep.
func (r *reclaimer) turn(ctx context.Context, p pushlog.Partition) (bool, error) {
	answers, err := run(ctx, r.c.rdb, call{turnScript, []string{sweepKey(p)},
		[]any{r.c.opt.Name, (r.c.lease.length / sweepEvery).Milliseconds()}})
	if err != nil {
		return false, fmt.Errorf("take turn: %w", err)
	}
	return answers[0] == int64(1), nil
}

// handedBack claims what a consumer that stopped, or was paused, has left.
func (r *reclaimer) handedBack(ctx context.Context, p pushlog.Partition) (int, error) {
	var stale []entry
	for _, lane := range []int{laneUrgent, laneNormal} {
		pending, err := r.c.rdb.XPendingExt(ctx, &redis.XPendingExtArgs{
			Stream: laneKey(p, lane), Group: Group, Start: "-", End: "+", Count: scriptBatch, Consumer: nobody,
		}).Result()
		if err != nil {
			return 0, listError(err)
		}
		for _, e := range pending {
			stale = append(stale, entry{lane: lane, id: e.ID})
		}
	}
	return r.claim(ctx, p, stale)
}

// sweep looks through the whole pending lists of a partition once, step by step.
func (r *reclaimer) sweep(ctx context.Context, p pushlog.Partition) (int, error) {
	total := 0
	for _, lane := range []int{laneUrgent, laneNormal} {
		for from := "-"; from != ""; {
			pending, err := r.c.rdb.XPendingExt(ctx, &redis.XPendingExtArgs{
				Stream: laneKey(p, lane), Group: Group, Start: from, End: "+", Count: sweepStep,
			}).Result()
			if err != nil {
				return total, listError(err)
			}
			from = ""
			if len(pending) == sweepStep {
				from = "(" + pending[sweepStep-1].ID
			}
			var stale []entry
			for _, e := range pending {
				if e.Consumer != r.c.opt.Name && e.Idle >= r.c.lease.length {
					stale = append(stale, entry{lane: lane, id: e.ID})
				}
			}
			n, err := r.claim(ctx, p, stale)
			total += n
			if err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// claim claims as many entries at a time as there are free slots, and has them
// opened like any others. It returns how many it got; others may be faster.
func (r *reclaimer) claim(ctx context.Context, p pushlog.Partition, stale []entry) (int, error) {
	total := 0
	for len(stale) > 0 {
		places := r.c.slots.take(ctx, 1, min(len(stale), scriptBatch))
		if places == 0 {
			return total, nil // paused, or stopping
		}
		batch := stale[:places]
		stale = stale[places:]
		n, err := r.claimBatch(context.WithoutCancel(ctx), p, batch)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// claimBatch claims entries for which it has a slot each.
func (r *reclaimer) claimBatch(ctx context.Context, p pushlog.Partition, batch []entry) (claimed int, err error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	started := 0
	defer func() { r.c.slots.give(len(batch) - started) }()
	now := time.Now()
	args := []any{p.Base, Group, r.c.opt.Name, now.UnixMilli(), eventsCap, nobody, r.c.lease.length.Milliseconds(), maxDeliveries}
	for _, e := range batch {
		args = append(args, e.lane, e.id)
	}
	answers, err := run(ctx, r.c.rdb, call{claimScript, []string{jobsKey(p), urgentKey(p), p.Index(), eventsKey(p)}, args})
	if err != nil {
		return 0, fmt.Errorf("claim: %w", err)
	}
	results, _ := answers[0].([]any)
	if len(results) != len(batch) {
		return 0, fmt.Errorf("claim: unexpected answer %T", answers[0])
	}
	var got []entry
	deleted, failed := 0, 0
	for i, result := range results {
		answer, _ := result.([]any)
		if len(answer) == 0 {
			return claimed, errors.New("claim: unexpected answer")
		}
		e := batch[i]
		e.leasedAt = now
		switch answer[0] {
		case "claimed":
			e.values = fieldsOf(answer)
			got = append(got, e)
		case "deleted":
			deleted++
		case "failed":
			failed++
		case "poison":
			e.values = fieldsOf(answer)
			failed++
			reason := fmt.Sprintf("handed out %d times without an answer", maxDeliveries)
			if err := r.c.reject(ctx, p, e, push.CodePoison, reason); err != nil {
				return claimed, err
			}
		}
	}
	r.c.metrics.claimed.Add(float64(len(got)))
	r.c.metrics.settled.WithLabelValues(string(push.Failed)).Add(float64(failed))
	if len(got)+deleted+failed > 0 {
		r.c.log.Info("reclaimed", zap.Int("entries", len(got)), zap.Int("deleted", deleted), zap.Int("poison", failed))
	}
	return len(got), r.c.open(ctx, p, got, func(d *delivery) {
		started++
		r.c.jobs <- d
	})
}

// fieldsOf reads {verdict, {name, value, …}}.
func fieldsOf(answer []any) map[string]any {
	values := map[string]any{}
	if len(answer) > 1 {
		list, _ := answer[1].([]any)
		for i := 0; i+1 < len(list); i += 2 {
			if name, ok := list[i].(string); ok {
				values[name] = list[i+1]
			}
		}
	}
	return values
}
