package stream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
)

// promoteEvery is about how often each consumer looks for what is due. All of
// them do; the script makes sure that each push is promoted once.
const promoteEvery = 200 * time.Millisecond

// straightenEvery is about how often each consumer looks whether a stream has ids from the
// future.
const straightenEvery = 2 * time.Second

// promoter puts what is due onto its stream until ctx ends.
func (c *Consumer) promoter(ctx context.Context) {
	var looked time.Time
	steps, _ := c.clock.Steps()
	for failures := 0; ctx.Err() == nil; {
		_, err := promote(ctx, c.rdb, c.keys, time.Time{})
		if err == nil && time.Since(looked) > straightenEvery {
			looked = time.Now()
			err = straightenAll(ctx, c.rdb, c.keys, c.log)
		}
		if n, last := c.clock.Steps(); err == nil && n > steps {
			if last.By < 0 {
				err = c.shorten(ctx)
			}
			if err == nil {
				steps = n
			}
		}
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

// promote puts every push that is due by a time, or by Redis's clock if that is zero,
// onto its stream, and returns how many there were.
func promote(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, by time.Time) (int64, error) {
	var total int64
	due := ""
	if !by.IsZero() {
		due = strconv.FormatInt(by.UnixMilli(), 10)
	}
	for _, p := range keys.All() {
		for ctx.Err() == nil {
			answers, err := run(ctx, rdb, call{promoteScript,
				[]string{jobsKey(p), urgentKey(p), dueKey(p), eventsKey(p), p.Index()},
				[]any{p.Base, due, scriptBatch, eventsCap}})
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
