package stream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
)

// promoteEvery is about how often each consumer looks for what is due. All of
// them do; the script makes sure that each push is promoted once.
const promoteEvery = 200 * time.Millisecond

// promoter puts what is due onto its stream until ctx ends.
func (c *Consumer) promoter(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		_, err := promote(ctx, c.rdb, c.keys, time.Now())
		if err != nil && ctx.Err() == nil {
			c.trouble.note("promoting", err)
			backoff(ctx, failures)
			failures++
			continue
		}
		failures = 0
		select {
		case <-time.After(promoteEvery/2 + rand.N(promoteEvery)):
		case <-ctx.Done():
		}
	}
}

// promote puts every push that is due by now onto its stream, and returns how
// many there were.
func promote(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, now time.Time) (int64, error) {
	var total int64
	for _, p := range keys.All() {
		for ctx.Err() == nil {
			answers, err := run(ctx, rdb, call{promoteScript,
				[]string{jobsKey(p), urgentKey(p), dueKey(p), eventsKey(p), p.Index()},
				[]any{p.Base, now.UnixMilli(), scriptBatch, eventsCap}})
			if err != nil {
				return total, fmt.Errorf("promote: %w", err)
			}
			n, _ := answers[0].(int64)
			total += n
			if n < scriptBatch {
				break
			}
		}
	}
	return total, ctx.Err()
}
