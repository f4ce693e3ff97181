package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	sweepStep     = 500 // entries of a pending list that one call reads
	maxDeliveries = 5   // without an answer: then the push itself is suspected
)

// sweeper takes from silent consumers what they have, and their names out of the
// group. The consumers take turns at it, which they agree on in Redis: there is no
// leader to lose, and the cost does not grow with the number of consumers.
type sweeper struct{ c *Consumer }

// run sweeps until ctx ends, while the consumer is not paused; one that has stepped back
// may be the last that lives.
func (s sweeper) run(ctx context.Context) {
	every := s.c.lease.length / sweepEvery / 2 // turns don't end when we look
	for failures := 0; ; {
		open, ok := s.c.pausing.wait(ctx)
		if !ok {
			return
		}
		err := s.pass(open)
		switch {
		case open.Err() != nil:
			continue // paused, or stopping
		case err != nil:
			s.c.trouble.note("sweeping", err)
			backoff(ctx, failures)
			failures++
			continue
		}
		failures = 0
		sleep(open, every/2+rand.N(every))
	}
}

// pass sweeps the partitions whose turn it gets.
func (s sweeper) pass(ctx context.Context) error {
	for _, p := range s.c.keys.All() {
		began := time.Now()
		now, err := s.turn(ctx, p)
		if err != nil {
			return err
		}
		if now == 0 {
			continue
		}
		if err := s.sweep(ctx, p, time.UnixMilli(now), began); err != nil {
			return err
		}
		if err := s.c.removeDead(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// turn returns Redis's time in ms if it is this consumer's turn to sweep, else 0.
func (s sweeper) turn(ctx context.Context, p pushlog.Partition) (int64, error) {
	answers, err := run(ctx, s.c.rdb, call{turnScript, []string{sweepKey(p)},
		[]any{s.c.opt.Name, (s.c.lease.length / sweepEvery).Milliseconds(), s.c.lease.length.Milliseconds()}})
	if err != nil {
		return 0, fmt.Errorf("take turn: %w", err)
	}
	now, _ := answers[0].(int64)
	return now, nil
}

// sweep looks through the whole pending lists of a partition once, step by step. Redis's
// clock said now when the turn began, by this machine's clock: if it is set while the
// sweep goes on, nothing lapses.
func (s sweeper) sweep(ctx context.Context, p pushlog.Partition, now, began time.Time) error {
	for _, lane := range []int{laneUrgent, laneNormal} {
		for from := "-"; from != ""; {
			pending, err := s.c.rdb.XPendingExt(ctx, &redis.XPendingExtArgs{
				Stream: laneKey(p, lane), Group: Group, Start: from, End: "+", Count: sweepStep,
			}).Result()
			if err != nil {
				return listError(err)
			}
			from = ""
			if len(pending) == sweepStep {
				from = "(" + pending[sweepStep-1].ID
			}
			var stale, ahead []entry
			for _, e := range pending {
				if e.Consumer != nobody && e.Idle == 0 {
					ahead = append(ahead, entry{lane: lane, id: e.ID})
				}
				if e.Consumer != s.c.opt.Name && e.Consumer != nobody && e.Idle >= s.c.lease.length {
					stale = append(stale, entry{lane: lane, id: e.ID})
				}
			}
			for batch := range slices.Chunk(ahead, scriptBatch) {
				if err := s.touch(ctx, p, batch); err != nil {
					return err
				}
			}
			for len(stale) > 0 {
				n := min(len(stale), scriptBatch)
				if err := s.lapse(ctx, p, stale[:n], now.Add(time.Since(began))); err != nil {
					return err
				}
				stale = stale[n:]
			}
		}
	}
	return nil
}

// acceptedAt reads the score of a push in the index; zero if it is none.
func acceptedAt(score any) time.Time {
	text, _ := score.(string)
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// touch has the leases of entries begin now that were delivered in the future, by Redis's
// clock before it was set back.
func (s sweeper) touch(ctx context.Context, p pushlog.Partition, ahead []entry) error {
	args := []any{Group}
	for _, e := range ahead {
		args = append(args, e.lane, e.id)
	}
	if _, err := run(ctx, s.c.rdb, call{touchScript, []string{jobsKey(p), urgentKey(p)}, args}); err != nil {
		return fmt.Errorf("touch: %w", err)
	}
	return nil
}

// lapse takes entries from their silent consumers, unless Redis's clock was set: by it
// should be now.
func (s sweeper) lapse(ctx context.Context, p pushlog.Partition, stale []entry, now time.Time) error {
	args := []any{p.Base, Group, s.c.opt.Name, now.UnixMilli(), eventsCap, nobody, s.c.lease.length.Milliseconds(), maxDeliveries}
	for _, e := range stale {
		args = append(args, e.lane, e.id)
	}
	answers, err := run(ctx, s.c.rdb, call{lapseScript, []string{jobsKey(p), urgentKey(p), p.Index(), eventsKey(p)}, args})
	if err != nil {
		return fmt.Errorf("lapse: %w", err)
	}
	results, _ := answers[0].([]any)
	if len(results) != len(stale) {
		return errors.New("lapse: unexpected answer")
	}
	counts := map[any]int{}
	for i, result := range results {
		answer, _ := result.([]any)
		if len(answer) == 0 {
			return errors.New("lapse: unexpected answer")
		}
		counts[answer[0]]++
		if answer[0] == "failed" && len(answer) > 1 {
			s.c.metrics.end(push.Failed, push.CodePoison, acceptedAt(answer[1]), s.c.clock.Now())
		}
		if answer[0] == "poison" && len(answer) > 1 {
			e := stale[i]
			e.values = fieldsOf(answer[1])
			reason := fmt.Sprintf("handed out %d times without an answer", maxDeliveries)
			if err := s.c.reject(ctx, p, e, push.CodePoison, reason); err != nil {
				return err
			}
		}
	}
	poison := counts["failed"] + counts["poison"]
	s.c.metrics.settled.WithLabelValues(string(push.Failed)).Add(float64(poison))
	if counts["lapsed"]+counts["deleted"]+poison > 0 {
		s.c.log.Info("took from silent consumers", zap.Int("entries", counts["lapsed"]), zap.Int("deleted", counts["deleted"]), zap.Int("poison", poison))
	}
	return nil
}
