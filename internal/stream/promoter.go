package stream

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/loop"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

// promoteEvery is about how often each consumer promotes what is due. All consumers do;
// the script promotes each push once.
const promoteEvery = 200 * time.Millisecond

// fixIDsEvery is about how often each consumer checks whether a stream has ids from the
// future.
const fixIDsEvery = 2 * time.Second

// promoter queues what is due until ctx ends.
func (c *Consumer) promoter(ctx context.Context) {
	var checked time.Time
	steps, _ := c.clock.Steps()
	loop.Every(ctx, promoteEvery, promoteEvery, func(ctx context.Context) error {
		_, err := promote(ctx, c.rdb, c.keys, time.Time{})
		if err == nil && time.Since(checked) > fixIDsEvery {
			checked = time.Now()
			err = fixAllIDs(ctx, c.rdb, c.keys, c.log)
		}
		if n, last := c.clock.Steps(); err == nil && n > steps {
			if last.By < 0 {
				err = c.shortenWaits(ctx)
			}
			if err == nil {
				steps = n
			}
		}
		return err
	}, c.trouble.noting("promoting"))
}

var promoteScript = library.Load("promote", redisscript.Writes, redisscript.Names{Keys: "jobs urgent due events index", Args: "K due_ms most events_cap"})

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
			answer, err := promoteScript.Run(ctx, rdb, []string{jobsKey(p), urgentKey(p), dueKey(p), eventsKey(p), p.Index()},
				p.Base, due, scriptBatch, eventsCap)
			if err != nil {
				return total, fmt.Errorf("promote: %w", err)
			}
			n, _ := answer.(int64)
			total += n
			if n < scriptBatch {
				break
			}
		}
	}
	return total, ctx.Err()
}
