package stream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	retainEvery = time.Second // with nothing to do
	retainStep  = 2000        // pushes that one step looks at
	retainAnew  = time.Minute // until what could not leave is looked at again

	// Above memoryHigh of Redis's maxmemory the oldest finished pushes leave, until memoryLow
	// of it is used.
	memoryHigh, memoryLow = 0.90, 0.85
	memoryFixed           = 0.75                   // the log is left alone if what is no data takes more
	memoryEvery           = 100 * time.Millisecond // a small Redis fills in a second
	rowGuess              = 1000                   // bytes at least that are taken for one push
)

// retainer has pushes leave the log, the oldest first: those that were accepted
// longer ago than LogMaxAge, as many as there are above LogMaxRows, and as many as Redis
// needs to have memory for new ones. What has not
// ended stays, however old it is, and others go in its place. Chunks without
// pushes leave as well.
//
// The consumers take it upon them by turns, one in a partition at a time; if two do
// it, no harm is done.
type retainer struct {
	c     *Consumer
	log   *pushlog.Log
	walks map[int]*retention // by partition
}

// retention is what a consumer remembers of one partition. All of it only saves
// looking again.
type retention struct {
	past  int64     // ms: what was accepted by then, and has ended, could not leave
	until time.Time // and is not looked at again before this
	chunk int64     // rank of the chunk to look at next

	pressed bool  // Redis is nearly full, and has pushes leave for that
	freed   int64 // pushes that left for that
}

func newRetainer(c *Consumer) *retainer {
	return &retainer{c: c, log: pushlog.New(c.rdb, c.keys), walks: map[int]*retention{}}
}

// run retains until ctx ends, also while the consumer is paused.
func (r *retainer) run(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		more, err := r.pass(ctx)
		if err != nil && ctx.Err() == nil {
			r.c.trouble.note("retention", err)
			backoff(ctx, failures)
			failures++
			continue
		}
		failures = 0
		if !more {
			r.rest(ctx, retainEvery/2+rand.N(retainEvery))
		}
	}
}

// pass does a step in each partition that is this consumer's to look after, and
// reports whether there is more to do.
func (r *retainer) pass(ctx context.Context) (more bool, err error) {
	for _, p := range r.c.keys.All() {
		now, err := r.c.duty(ctx, retainingKey(p))
		if err != nil {
			return false, err
		}
		if now == 0 {
			delete(r.walks, p.Number) // what it remembers grows old
			continue
		}
		again, err := r.step(ctx, p, now)
		if err != nil {
			return false, err
		}
		more = more || again
	}
	return more, nil
}

// step removes some pushes and chunks of a partition; now is Redis's time in ms. It
// reports whether there may be more.
func (r *retainer) step(ctx context.Context, p pushlog.Partition, now int64) (bool, error) {
	w := r.walks[p.Number]
	if w == nil {
		w = &retention{}
		r.walks[p.Number] = w
	}
	if time.Now().After(w.until) {
		w.past, w.until = 0, time.Now().Add(retainAnew)
	}
	more, err := r.retain(ctx, p, w, now)
	if err != nil {
		return false, err
	}
	w.chunk, err = r.c.dropChunks(ctx, p, w.chunk)
	return more, err
}

// retain is step for the pushes.
func (r *retainer) retain(ctx context.Context, p pushlog.Partition, w *retention, now int64) (bool, error) {
	old := int64(0) // what was accepted before it is too old
	if r.c.opt.LogMaxAge > 0 {
		old = now - r.c.opt.LogMaxAge.Milliseconds()
	}
	over, keep, err := r.over(ctx, p, w)
	if err != nil {
		return false, err
	}
	upto := strconv.FormatInt(old-1, 10)
	if over > 0 {
		upto = "+inf"
	} else if old <= 0 {
		return false, nil
	}
	from, err := r.oldest(ctx, p, w.past, upto)
	if err != nil || from < 0 {
		return false, err
	}
	places, end, err := placesAfter(ctx, r.c.rdb, p.Index(), place{ms: from}, upto, retainStep)
	if err != nil || len(places) == 0 {
		return false, err
	}
	ended, err := r.ended(ctx, p, places)
	if err != nil {
		return false, err
	}
	aged := 0
	for aged < len(ended) && ended[aged].ms < old {
		aged++
	}
	n := max(aged, min(len(ended), int(over)))
	by := byRetention
	if w.pressed {
		by = byMemory
	}
	removed, err := r.remove(ctx, p, ended[:n], aged, keep, by)
	if w.pressed {
		w.freed += removed
	}
	if err != nil {
		return false, err
	}
	if removed == 0 {
		w.past = places[len(places)-1].ms
	} else {
		r.c.log.Debug("removed from the log", zap.Int64("pushes", removed), zap.Int("partition", p.Number))
	}
	return !end && n == len(ended) || w.pressed && removed > 0, nil
}

// over is how many pushes a partition has above its share of LogMaxRows, or above what
// Redis has memory for; and how many it keeps without them.
func (r *retainer) over(ctx context.Context, p pushlog.Partition, w *retention) (over, keep int64, err error) {
	rows, err := r.c.rdb.ZCard(ctx, p.Index()).Result()
	if err != nil {
		return 0, 0, fmt.Errorf("count records: %w", err)
	}
	if r.c.opt.LogMaxRows > 0 {
		over = max(0, rows-r.share())
	}
	m, err := readMemoryAt(ctx, r.c.rdb, p.Index())
	if err != nil {
		return 0, 0, err
	}
	over = max(over, r.squeeze(p, w, m, rows))
	return over, max(0, rows-over), nil
}

// share is how many pushes each partition may have.
func (r *retainer) share() int64 { return int64(max(1, r.c.opt.LogMaxRows/r.c.keys.Partitions)) }

// rest sleeps, and less long if Redis becomes nearly full meanwhile.
func (r *retainer) rest(ctx context.Context, d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; {
		sleep(ctx, memoryEvery)
		if len(r.walks) == 0 {
			continue // others look after all partitions
		}
		if m, err := ReadMemory(ctx, r.c.rdb); err == nil && m.squeezes(memoryHigh) {
			return
		}
	}
}

// squeeze is how many of the rows of a partition are to leave because Redis is nearly
// full; it may be fewer than are needed, since the memory is read again after each step.
func (r *retainer) squeeze(p pushlog.Partition, w *retention, m Memory, rows int64) int64 {
	full := m.squeezes(memoryHigh) || w.pressed && m.squeezes(memoryLow)
	switch {
	case full && !w.pressed:
		w.freed = 0
		r.c.log.Warn("Redis is nearly full: the oldest finished pushes leave the log before their time; give it more memory, or lower LOG_MAX_ROWS",
			zap.Int("partition", p.Number), zap.Int64("used", m.Used), zap.Int64("maxmemory", m.Max))
	case !full && w.pressed:
		r.c.log.Info("Redis has memory again", zap.Int("partition", p.Number), zap.Int64("pushes_removed", w.freed),
			zap.Int64("used", m.Used), zap.Int64("maxmemory", m.Max))
	}
	if w.pressed = full; !full || rows == 0 {
		return 0
	}
	need := m.Used - int64(memoryLow*float64(m.Max))
	row := max(rowGuess, (m.Used-m.Fixed)/(rows*int64(r.c.keys.Partitions)))
	return min(rows, retainStep, need/row/int64(r.c.keys.Partitions)+1)
}

// oldest is when the oldest push was accepted that has ended, of those that were
// accepted after one time and up to another; -1 if there is none.
func (r *retainer) oldest(ctx context.Context, p pushlog.Partition, after int64, upto string) (int64, error) {
	keys := []string{p.Index()}
	for _, s := range push.OpenStatuses() {
		keys = append(keys, p.StatusIndex(s))
	}
	answers, err := run(ctx, r.c.rdb, call{oldestScript, keys, []any{after, upto}})
	if err != nil {
		return 0, fmt.Errorf("look for the oldest: %w", err)
	}
	ms, _ := answers[0].(int64)
	return ms, nil
}

// ended are those of places whose pushes have ended, or have no record. It may be
// wrong on what changes meanwhile: reap looks again.
func (r *retainer) ended(ctx context.Context, p pushlog.Partition, places []place) ([]place, error) {
	pipe := r.c.rdb.Pipeline()
	var lists []*redis.StringSliceCmd
	for _, s := range push.OpenStatuses() {
		lists = append(lists, pipe.ZRangeArgs(ctx, redis.ZRangeArgs{
			Key: p.StatusIndex(s), ByScore: true, Start: places[0].ms, Stop: places[len(places)-1].ms, Count: 2 * retainStep,
		}))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("read indexes: %w", err)
	}
	open := map[string]bool{}
	for _, list := range lists {
		for _, id := range list.Val() {
			open[id] = true
		}
	}
	var ended []place
	for _, at := range places {
		if !open[at.id] {
			ended = append(ended, at)
		}
	}
	return ended, nil
}

// remove removes the pushes at some places: the first ones, aged, in any case, the
// others as long as the partition has more than it keeps.
func (r *retainer) remove(ctx context.Context, p pushlog.Partition, places []place, aged int, keep int64, by string) (int64, error) {
	if len(places) == 0 {
		return 0, nil
	}
	ids := make([]string, len(places))
	for i, at := range places {
		ids[i] = at.id
	}
	fetched, err := r.log.Fetch(ctx, p, ids)
	if err != nil {
		return 0, err
	}
	records := map[string]pushlog.Record{}
	for _, record := range fetched {
		records[record.ID] = record
	}
	var old, over callBatch
	oldHead, overHead := reapCall(p, 0, noFlush), reapCall(p, keep, noFlush)
	for i, at := range places {
		if c := (candidate{at, records[at.id]}); i < aged {
			old.add(oldHead, c.args())
		} else {
			over.add(overHead, c.args())
		}
	}
	return r.c.reap(ctx, by, append(old.calls, over.calls...))
}
