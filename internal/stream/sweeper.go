package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/loop"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

const (
	sweepStep     = 500 // entries of a pending list that one call reads
	maxDeliveries = 5   // without an answer: then the push itself is suspected
)

// sweeper expires the leases of dead consumers, and removes their names from the group. It
// runs under a lock that any consumer may take: there is no leader to lose, and the cost
// does not grow with the number of consumers.
type sweeper struct{ c *Consumer }

// run sweeps until ctx ends, while the consumer is not paused; one with an open circuit
// breaker may be the last that lives.
func (s sweeper) run(ctx context.Context) {
	every := s.c.lease.length / sweepEvery / 2 // the lock does not become free at the moment of a pass
	var migrated time.Time
	loop.Every(ctx, every, every, func(ctx context.Context) error {
		open, ok := s.c.unpaused.wait(ctx)
		if !ok {
			return nil
		}
		err := s.pass(open)
		if err == nil && time.Since(migrated) >= migrateEvery {
			if err = s.c.migrate(open); err == nil {
				migrated = time.Now()
			}
		}
		if open.Err() != nil {
			return loop.Again // paused
		}
		return err
	}, s.c.trouble.noting("sweeping"))
}

// pass sweeps the partitions whose lock it gets.
func (s sweeper) pass(ctx context.Context) error {
	for _, p := range s.c.keys.All() {
		began := time.Now()
		now, err := s.lock(ctx, p)
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

var sweepLockScript = library.Load("sweep_lock", redisscript.Writes, redisscript.Names{Keys: "sweep", Args: "consumer ttl_ms lease_ms"})

// lock takes the lock to sweep a partition, and returns Redis's time in ms; 0 if another
// consumer has it.
func (s sweeper) lock(ctx context.Context, p pushlog.Partition) (int64, error) {
	answer, err := sweepLockScript.Run(ctx, s.c.rdb, []string{sweepKey(p)},
		s.c.opt.Name, (s.c.lease.length / sweepEvery).Milliseconds(), s.c.lease.length.Milliseconds())
	if err != nil {
		return 0, fmt.Errorf("lock for a sweep: %w", err)
	}
	now, _ := answer.(int64)
	return now, nil
}

// sweep looks through the whole pending lists of a partition once, step by step. Redis's
// clock said now when the sweep began, by this machine's clock: if it is set while the
// sweep goes on, no lease expires.
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
			var over []entry // expired, or delivered in the future
			for _, e := range pending {
				if e.Consumer != unassigned && (e.Idle == 0 || e.Consumer != s.c.opt.Name && e.Idle >= s.c.lease.length) {
					over = append(over, entry{lane: lane, id: e.ID})
				}
			}
			for batch := range slices.Chunk(over, scriptBatch) {
				if err := s.expire(ctx, p, batch, now.Add(time.Since(began))); err != nil {
					return err
				}
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

var expireScript = library.Load("expire_leases", redisscript.Writes, redisscript.Names{
	Keys: "jobs urgent index events",
	Args: "K group consumer now_ms events_cap unassigned lease_ms most",
	Each: "lane entry"})

// expire takes entries whose lease has expired from their consumers, unless Redis's clock
// was set: by it should be now. Leases from the future begin now.
func (s sweeper) expire(ctx context.Context, p pushlog.Partition, batch []entry, now time.Time) error {
	var b redisscript.Batch[entry]
	for _, e := range batch {
		b.Add(expireScript.Call([]string{jobsKey(p), urgentKey(p), p.Index(), eventsKey(p)},
			p.Base, Group, s.c.opt.Name, now.UnixMilli(), eventsCap, unassigned, s.c.lease.length.Milliseconds(), maxDeliveries), e, e.lane, e.id)
	}
	if err := b.Run(ctx, s.c.rdb); err != nil {
		return fmt.Errorf("expire leases: %w", err)
	}
	counts := map[any]int{}
	for e, answer := range b.Answers() {
		result, _ := answer.([]any)
		if len(result) == 0 {
			return errors.New("expire leases: unexpected answer")
		}
		counts[result[0]]++
		if result[0] == "failed" && len(result) > 1 {
			s.c.metrics.end(push.Failed, push.CodePoison, acceptedAt(result[1]), s.c.clock.Now())
		}
		if result[0] == "poison" && len(result) > 1 {
			e.values = fieldsOf(result[1])
			reason := fmt.Sprintf("handed out %d times without an answer", maxDeliveries)
			if err := s.c.reject(ctx, p, e, push.CodePoison, reason); err != nil {
				return err
			}
		}
	}
	poison := counts["failed"] + counts["poison"]
	s.c.metrics.settled.WithLabelValues(string(push.Failed)).Add(float64(poison))
	if counts["expired"]+counts["deleted"]+poison > 0 {
		s.c.log.Info("leases expired", zap.Int("entries", counts["expired"]), zap.Int("deleted", counts["deleted"]), zap.Int("poison", poison))
	}
	return nil
}
