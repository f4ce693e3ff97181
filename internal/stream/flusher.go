package stream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/loop"
	"pushstream/internal/pushlog"
)

const (
	flushEvery = 500 * time.Millisecond // between looks for an order
	flushStep  = 1000                   // pushes that one step looks at
	flushGrace = time.Second            // after the order was read, nothing is removed by it any more
)

// flusher carries out a flush: it walks through each partition once, oldest first,
// and removes what the filter means and has ended.
//
// Removing some pushes, counting them and moving on is one script. So it is right
// whoever does it, and from wherever it was given up; the consumers take it upon
// them by turns only to save work.
type flusher struct {
	c   *Consumer
	log *pushlog.Log
}

func newFlusher(c *Consumer) *flusher { return &flusher{c, pushlog.New(c.rdb, c.keys)} }

// run flushes until ctx ends, also while the consumer is paused.
func (f *flusher) run(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		began := time.Now()
		worked, err := f.pass(ctx)
		if err != nil && ctx.Err() == nil {
			f.c.trouble.note("flushing", err)
			loop.Backoff(ctx, failures)
			failures++
			continue
		}
		failures = 0
		if worked {
			loop.Sleep(ctx, time.Since(began)) // sending comes first
		} else {
			loop.Sleep(ctx, flushEvery/2+rand.N(flushEvery))
		}
	}
}

// pass makes a step in each partition that is this consumer's to flush, and reports
// whether it made any. It ends the flush when all are done.
func (f *flusher) pass(ctx context.Context) (worked bool, err error) {
	order, parts, err := lookAtFlush(ctx, f.c.rdb, f.c.keys)
	if err != nil || order == nil || order.State != FlushRunning {
		return false, err
	}
	if order.Error != "" {
		_, err := halt(ctx, f.c.rdb, f.c.keys, order.number, FlushFailed, order.Error)
		return false, err
	}
	all := true
	for _, p := range f.c.keys.All() {
		if parts[p.Number].place == flushedAll {
			continue
		}
		all = false
		now, err := f.c.duty(ctx, flushingKey(p))
		if err != nil {
			return worked, err
		}
		if now == 0 {
			continue
		}
		if err := f.step(ctx, p, order.number, now+flushGrace.Milliseconds()); err != nil {
			return worked, err
		}
		worked = true
	}
	if !all {
		return worked, nil
	}
	if _, err := halt(ctx, f.c.rdb, f.c.keys, order.number, FlushDone, ""); err != nil {
		return false, err
	}
	f.c.log.Info("flushed the log", zap.Int64("looked", order.Looked), zap.Int64("removed", order.Removed), zap.Int64("left", order.Left))
	return false, nil
}

// step goes on with a flush in a partition, unless it has ended, or Redis's clock is
// past until (ms).
func (f *flusher) step(ctx context.Context, p pushlog.Partition, n, until int64) error {
	// The order is read after the clock: if it is cancelled from now on, until is at
	// most flushGrace later.
	pipe := f.c.rdb.Pipeline()
	read, come := pipe.HGetAll(ctx, flushKey(f.c.keys)), pipe.HGetAll(ctx, flushedKey(p))
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("read flush: %w", err)
	}
	order, part := parseFlush(read.Val()), parseFlushed(come.Val(), n)
	if order == nil || order.number != n || order.State != FlushRunning || part.place == flushedAll {
		return nil
	}
	filter := order.Filter.filter()
	from, stop := flushSpan(&filter, n)
	index, of, err := f.smallest(ctx, flushIndexes(p, &filter), from, stop)
	if err != nil {
		return err
	}
	at := parsePlace(part.place)
	if at.ms < from {
		at = place{ms: from}
	}
	places, end, err := placesAfter(ctx, f.c.rdb, index, at, stop, flushStep)
	if err != nil {
		return err
	}
	meant, err := f.meant(ctx, p, &filter, places)
	if err != nil {
		return err
	}
	var calls []call
	var batch []any // arguments of candidates
	candidates, looked, before := 0, 0, part.place
	advance := func(to string) {
		c := reapCall(p, 0, []any{n, until, before, to, looked, of, flushLife.Milliseconds()})
		c.args = append(c.args, batch...)
		calls, batch, candidates, looked, before = append(calls, c), nil, 0, 0, to
	}
	for i, at := range places {
		if candidates == scriptBatch {
			advance(places[i-1].String())
		}
		looked++
		if c, ok := meant[at.id]; ok {
			batch = append(batch, c.args()...)
			candidates++
		}
	}
	if !end {
		advance(places[len(places)-1].String())
	} else {
		advance(flushedAll)
	}
	if _, err := f.c.reap(ctx, calls); err != nil || !end {
		return err
	}
	for rank, err := int64(0), error(nil); ; {
		if rank, err = f.c.dropChunks(ctx, p, rank); err != nil || rank == 0 {
			return err
		}
	}
}

// smallest is the one of some indexes that has the fewest members in a span, and how
// many.
func (f *flusher) smallest(ctx context.Context, indexes []string, from int64, stop string) (index string, n int64, err error) {
	counts, err := sizes(ctx, f.c.rdb, indexes, from, stop)
	if err != nil {
		return "", 0, err
	}
	index, n = indexes[0], counts[0]
	for i, count := range counts {
		if count < n {
			index, n = indexes[i], count
		}
	}
	return index, n, nil
}

// sizes are how many members some indexes have in a span.
func sizes(ctx context.Context, rdb redis.UniversalClient, indexes []string, from int64, stop string) ([]int64, error) {
	pipe := rdb.Pipeline()
	var counts []*redis.IntCmd
	for _, index := range indexes {
		counts = append(counts, pipe.ZCount(ctx, index, fmt.Sprint(from), stop))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	all := make([]int64, len(counts))
	for i, count := range counts {
		all[i] = count.Val()
	}
	return all, nil
}

// meant are those of some pushes that a filter means, by id. Members without a
// record are meant if all are.
func (f *flusher) meant(ctx context.Context, p pushlog.Partition, filter *pushlog.Filter, places []place) (map[string]candidate, error) {
	meant := map[string]candidate{}
	ids, at := make([]string, len(places)), map[string]place{}
	for i, one := range places {
		ids[i], at[one.id] = one.id, one
		if filter.Everything() {
			meant[one.id] = candidate{place: one}
		}
	}
	records, err := f.log.Fetch(ctx, p, ids)
	if err != nil {
		return nil, err
	}
	for i := range records {
		if r := &records[i]; filter.Matches(r) {
			meant[r.ID] = candidate{at[r.ID], *r}
		} else {
			delete(meant, r.ID)
		}
	}
	return meant, nil
}
