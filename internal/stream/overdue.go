package stream

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
)

// OverdueAfter is how long after its time a push that still waits for it is overdue: a
// consumer puts what is due onto its stream within half a second.
const OverdueAfter = 5 * time.Second

// Overdue is what should have been put onto its stream, and was not: no consumer lives,
// or none gets through to Redis.
type Overdue struct {
	Pushes int64
	Oldest time.Duration // since its time; 0 if there is none
}

// ReadOverdue returns what is overdue over all partitions, by Redis's clock.
func ReadOverdue(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys) (Overdue, error) {
	var all Overdue
	now, err := rdb.Time(ctx).Result()
	if err != nil {
		return all, fmt.Errorf("ask Redis for its time: %w", err)
	}
	until := strconv.FormatInt(now.Add(-OverdueAfter).UnixMilli(), 10)
	for _, p := range keys.All() {
		n, err := rdb.ZCount(ctx, dueKey(p), "-inf", until).Result()
		if err != nil {
			return all, fmt.Errorf("count overdue: %w", err)
		}
		if n == 0 {
			continue
		}
		first, err := rdb.ZRangeWithScores(ctx, dueKey(p), 0, 0).Result()
		if err != nil {
			return all, fmt.Errorf("oldest overdue: %w", err)
		}
		all.Pushes += n
		for _, z := range first {
			all.Oldest = max(all.Oldest, now.Sub(time.UnixMilli(int64(z.Score))))
		}
	}
	return all, nil
}
