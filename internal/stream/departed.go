package stream

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/pushlog"
)

// removeDead removes dead consumers from the groups of a partition, once nothing is pending
// for them, and their entries from the list of workers a minute later.
func (c *Consumer) removeDead(ctx context.Context, p pushlog.Partition) error {
	members := map[string]bool{}
	for _, stream := range []string{jobsKey(p), urgentKey(p)} {
		list, err := c.rdb.XInfoConsumers(ctx, stream, Group).Result()
		if err != nil {
			return listError(err)
		}
		for _, m := range list {
			members[m.Name] = true
		}
	}
	names, err := c.rdb.ZRange(ctx, workersKey(c.keys), 0, -1).Result()
	if err != nil {
		return fmt.Errorf("list workers: %w", err)
	}
	silent, err := silence(ctx, c.rdb, c.keys, slices.AppendSeq(slices.Clone(names), maps.Keys(members)))
	if err != nil {
		return err
	}
	if len(silent) > 0 {
		c.clock.Confirm(ctx)
	}
	if !c.clock.Steady(2 * beatEvery) {
		return nil // heartbeats have lived too long, or too short: their owners will be heard of
	}
	for name := range members {
		if name == c.opt.Name || silent[name] < lostAfter && name != unassigned {
			continue
		}
		gone, err := leave(ctx, c.rdb, p, name)
		if err != nil {
			return err
		}
		if gone {
			delete(members, name)
			if name != unassigned {
				c.log.Info("removed a dead consumer", zap.String("name", name))
			}
		}
	}
	for _, name := range names {
		if silent[name] >= workerTTL && !members[name] {
			if err := c.forget(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// silence is how long each worker has not been heard of, by Redis's clock:
// workerTTL if its hash is gone.
func silence(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, names []string) (map[string]time.Duration, error) {
	silent := map[string]time.Duration{}
	if len(names) == 0 {
		return silent, nil
	}
	pipe := rdb.Pipeline()
	left := map[string]*redis.DurationCmd{}
	for _, name := range names {
		left[name] = pipe.PTTL(ctx, workerKey(keys, name))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("look at workers: %w", err)
	}
	var bound []string
	for name, ttl := range left {
		silent[name] = max(workerTTL-max(ttl.Val(), 0), 0)
		if ttl.Val() > workerTTL {
			bound = append(bound, name)
		}
	}
	if len(bound) > 0 {
		// They were heard of before Redis's clock was set back: their silence begins now. If
		// Redis takes no writes, that is found out the next time.
		_, _ = rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for _, name := range bound {
				pipe.Do(ctx, "PEXPIRE", workerKey(keys, name), workerTTL.Milliseconds(), "LT")
			}
			return nil
		})
	}
	return silent, nil
}
