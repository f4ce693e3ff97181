package stream

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

// shortenWaits has pushes wait no longer for their next try than was decided, after Redis's
// clock was set back. What is reserved waits for its time, by the clock as it is.
func (c *Consumer) shortenWaits(ctx context.Context) error {
	log := pushlog.New(c.rdb, c.keys)
	shortened := int64(0)
	for _, p := range c.keys.All() {
		for at, end := (place{}), false; !end; {
			places, last, err := placesAfter(ctx, c.rdb, dueKey(p), at, "+inf", dueStep)
			if err != nil || len(places) == 0 {
				if err != nil {
					return err
				}
				break
			}
			at, end = places[len(places)-1], last
			n, err := c.shortenSome(ctx, log, p, places)
			if err != nil {
				return err
			}
			shortened += n
		}
	}
	if shortened > 0 {
		c.log.Info("retries are due earlier, since Redis's clock was set back", zap.Int64("pushes", shortened))
	}
	return nil
}

var shortenScript = library.Load("shorten_waits", redisscript.Writes, redisscript.Names{Keys: "due retrying", Each: "id wait_ms"})

// shortenSome shortens what is retrying of some members of a due set.
func (c *Consumer) shortenSome(ctx context.Context, log *pushlog.Log, p pushlog.Partition, places []place) (int64, error) {
	ids := make([]string, len(places))
	for i := range places {
		ids[i] = places[i].id
	}
	scores, err := c.rdb.ZMScore(ctx, p.StatusIndex(push.Retrying), ids...).Result()
	if err != nil {
		return 0, fmt.Errorf("look at states: %w", err)
	}
	var retrying []string
	for i, accepted := range scores {
		if accepted > 0 { // 0 is for those that are not in it
			retrying = append(retrying, ids[i])
		}
	}
	records, err := log.Fetch(ctx, p, retrying)
	if err != nil {
		return 0, err
	}
	var b redisscript.Batch[string]
	for i := range records {
		if wait := waitOf(&records[i]); wait > 0 {
			b.Add(shortenScript.Call([]string{dueKey(p), p.StatusIndex(push.Retrying)}), records[i].ID, records[i].ID, wait.Milliseconds())
		}
	}
	if err := b.Run(ctx, c.rdb); err != nil {
		return 0, fmt.Errorf("shorten waits: %w", err)
	}
	return b.Sum(), nil
}

// waitOf is how long a push was to wait after its last try, as its line says; 0 if it
// does not.
func waitOf(r *pushlog.Record) time.Duration {
	if len(r.Tries) == 0 {
		return 0
	}
	_, text, _ := strings.Cut(r.Tries[len(r.Tries)-1], " retry_in=")
	wait, err := time.ParseDuration(text)
	if err != nil || wait <= 0 {
		return 0
	}
	return wait + time.Second // the line has it rounded, and Retry-After is kept
}
