package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
)

const (
	dutyLength   = 3 * time.Second // silence of a consumer that does something for all until another one does it
	reapTogether = 5               // calls of reap in one round trip
)

// duty takes some work for all upon this consumer, or keeps it. It returns Redis's
// time in ms, or 0 if another consumer does it.
func (c *Consumer) duty(ctx context.Context, key string) (int64, error) {
	return c.dutyFor(ctx, key, dutyLength)
}

// dutyFor is duty for a length of time.
func (c *Consumer) dutyFor(ctx context.Context, key string, length time.Duration) (int64, error) {
	answers, err := run(ctx, c.rdb, call{dutyScript, []string{key}, []any{c.opt.Name, length.Milliseconds()}})
	if err != nil {
		return 0, fmt.Errorf("take a duty: %w", err)
	}
	now, _ := answers[0].(int64)
	return now, nil
}

// place is one in the order of an index: by accepted time, then by id. The zero
// value is before all.
type place struct {
	ms int64
	id string
}

func (p place) String() string { return strconv.FormatInt(p.ms, 10) + " " + p.id }

// parsePlace reads what String writes; "" is the zero value.
func parsePlace(text string) place {
	ms, id, _ := strings.Cut(text, " ")
	return place{number(ms), id}
}

func (p place) compare(q place) int { return cmp.Or(cmp.Compare(p.ms, q.ms), cmp.Compare(p.id, q.id)) }

func (p place) before(q place) bool { return p.compare(q) < 0 }

// placesAfter reads up to count places that follow one in an index, as long as they
// are in the range that stop ends, which is written as ZRANGE takes it. It reports
// whether these are the last.
func placesAfter(ctx context.Context, rdb redis.UniversalClient, index string, after place, stop string, count int) ([]place, bool, error) {
	for offset := 0; ; offset += count {
		members, err := rdb.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{
			Key: index, ByScore: true, Start: after.ms, Stop: stop, Offset: int64(offset), Count: int64(count),
		}).Result()
		if err != nil {
			return nil, false, fmt.Errorf("read index: %w", err)
		}
		var places []place
		for _, z := range members {
			id, _ := z.Member.(string)
			if p := (place{int64(z.Score), id}); after.before(p) {
				places = append(places, p)
			}
		}
		if end := len(members) < count; end || len(places) > 0 {
			return places, end, nil
		}
	}
}

// candidate is a push that may leave the log, as it was when it was read.
type candidate struct {
	place
	record pushlog.Record // zero: there is none
}

// args are what reap.lua takes for it.
func (c candidate) args() []any {
	token := ""
	if c.record.DeviceID != "" {
		token = pushlog.TokenHash(c.record.DeviceID)
	}
	return []any{c.id, c.ms, c.record.AcceptedAt, token, c.record.Csno, c.record.PushGrpID}
}

// reapCall is a call of reap.lua without candidates, that keeps so many pushes in the
// index at least; flush are the arguments that only a flush has, or noFlush.
func reapCall(p pushlog.Partition, keep int64, flush []any) call {
	return call{reapScript, []string{jobsKey(p), urgentKey(p), p.Index(), p.Late(), flushedKey(p)},
		slices.Concat([]any{p.Base, Group, keep}, flush)}
}

// reap runs such calls, some in a round trip, and returns how many pushes they
// removed. It ends early if the flush has come to another place meanwhile.
func (c *Consumer) reap(ctx context.Context, calls []call) (int64, error) {
	var removed int64
	for some := range slices.Chunk(calls, reapTogether) {
		answers, err := run(ctx, c.rdb, some...)
		for _, answer := range answers {
			counts, _ := answer.([]any) // nil: this call failed
			if len(counts) != 2 {
				continue
			}
			n, _ := counts[0].(int64)
			if n < 0 {
				return removed, err
			}
			removed += n
			c.metrics.removed.Add(float64(n))
		}
		if err != nil {
			return removed, fmt.Errorf("reap: %w", err)
		}
	}
	return removed, nil
}

// dropChunks drops chunks without pushes. It looks at up to 100, from a rank on, and goes
// on as long as all are such. It returns the rank to go on from, 0 after the last.
func (c *Consumer) dropChunks(ctx context.Context, p pushlog.Partition, rank int64) (int64, error) {
	for {
		answers, err := run(ctx, c.rdb, call{dropScript, []string{p.Index(), p.Chunks()}, []any{p.Base, rank, scriptBatch}})
		if err != nil {
			return rank, fmt.Errorf("drop chunks: %w", err)
		}
		counts, _ := answers[0].([]any)
		if len(counts) != 2 {
			return rank, errors.New("drop chunks: unexpected answer")
		}
		looked, _ := counts[0].(int64)
		dropped, _ := counts[1].(int64)
		if looked < scriptBatch {
			return 0, nil
		}
		if rank += looked - dropped; dropped < looked {
			return rank, nil
		}
	}
}
