package logkeep

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/loop"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redismemory"
)

const (
	retainEvery = time.Second     // with nothing to do
	retainTTL   = 3 * time.Second // of the lock: after it another process retains
	retainStep  = 2000            // pushes that one step examines
	retainAnew  = time.Minute     // until what could not leave is examined again

	// Above memoryHigh of Redis's maxmemory the oldest finished pushes leave, until memoryLow
	// of it is used.
	memoryHigh, memoryLow = 0.90, 0.85
	memoryFixed           = 0.75                   // the log is left alone if what is no data takes more
	memoryEvery           = 100 * time.Millisecond // a small Redis fills in a second
	rowGuess              = 1000                   // bytes at least that are taken for one push
)

// Retainer has pushes leave the log, the oldest first: those that were accepted longer ago
// than MaxAge, as many as there are above MaxRows, and as many as Redis needs to have
// memory for new ones. A push that has not ended stays, however old it is, and another one
// goes in its place. Chunks without pushes leave as well.
type Retainer struct {
	rdb     redis.UniversalClient
	keys    pushlog.Keys
	opt     Options
	log     *pushlog.Log
	removed map[string]prometheus.Counter
	walks   map[int]*retention // by partition
}

// retention is what a retainer remembers of one partition. All of it only saves reading
// again.
type retention struct {
	past  int64     // ms: what was accepted by then, and has ended, could not leave
	until time.Time // and is not examined again before this
	chunk int64     // rank of the chunk to examine next

	pressed bool  // Redis is nearly full, and pushes leave for that
	freed   int64 // pushes that left for that
}

// NewRetainer returns a retainer of the log that keys name in rdb, and registers its
// metrics.
func NewRetainer(rdb redis.UniversalClient, keys pushlog.Keys, o Options) *Retainer {
	o = o.withDefaults()
	return &Retainer{rdb: rdb, keys: keys, opt: o, log: pushlog.New(rdb, keys), removed: newMetrics(o), walks: map[int]*retention{}}
}

// Run retains until ctx ends.
func (r *Retainer) Run(ctx context.Context) error {
	pass := func(ctx context.Context) error {
		more, err := r.Pass(ctx)
		if err == nil && !more {
			r.rest(ctx, retainEvery/2+rand.N(retainEvery))
		}
		return err
	}
	loop.Every(ctx, 0, 0, pass, func(err error) { r.opt.OnError("retention", err) })
	return nil
}

// Pass makes a step in each partition whose lock it has, and reports whether there is more
// to do.
func (r *Retainer) Pass(ctx context.Context) (more bool, err error) {
	for _, p := range r.keys.All() {
		now, err := loop.NewLock(r.rdb, p.Retaining(), r.opt.Owner, retainTTL).Acquire(ctx)
		if err != nil {
			return false, err
		}
		if now.IsZero() {
			delete(r.walks, p.Number) // what it remembers grows old
			continue
		}
		again, err := r.Step(ctx, p, now.UnixMilli())
		if err != nil {
			return false, err
		}
		more = more || again
	}
	return more, nil
}

// Step removes some pushes and chunks of a partition; now is Redis's time in ms. It
// reports whether there may be more.
func (r *Retainer) Step(ctx context.Context, p pushlog.Partition, now int64) (bool, error) {
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
	w.chunk, err = DropChunks(ctx, r.rdb, p, w.chunk)
	return more, err
}

// retain is Step for the pushes.
func (r *Retainer) retain(ctx context.Context, p pushlog.Partition, w *retention, now int64) (bool, error) {
	old := int64(0) // what was accepted before it is too old
	if r.opt.MaxAge > 0 {
		old = now - r.opt.MaxAge.Milliseconds()
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
	from, err := r.oldestEnded(ctx, p, w.past, upto)
	if err != nil || from < 0 {
		return false, err
	}
	found, last, err := pushlog.ReadIndex(ctx, r.rdb, p.Index(), pushlog.Cursor{MS: from}, upto, retainStep)
	if err != nil || len(found) == 0 {
		return false, err
	}
	ended, err := r.ended(ctx, p, found)
	if err != nil {
		return false, err
	}
	aged := 0
	for aged < len(ended) && ended[aged].MS < old {
		aged++
	}
	n := max(aged, min(len(ended), int(over)))
	by := byRetention
	if w.pressed {
		by = byMemory
	}
	removed, err := r.remove(ctx, p, ended[:n], aged, keep)
	r.removed[by].Add(float64(removed))
	if w.pressed {
		w.freed += removed
	}
	if err != nil {
		return false, err
	}
	if removed == 0 {
		w.past = found[len(found)-1].MS
	} else {
		r.opt.Logger.Debug("removed from the log", zap.Int64("pushes", removed), zap.Int("partition", p.Number))
	}
	return !last && n == len(ended) || w.pressed && removed > 0, nil
}

// over is how many pushes a partition has above its share of LogMaxRows, or above what
// Redis has memory for; and how many it keeps without them.
func (r *Retainer) over(ctx context.Context, p pushlog.Partition, w *retention) (over, keep int64, err error) {
	rows, err := r.rdb.ZCard(ctx, p.Index()).Result()
	if err != nil {
		return 0, 0, fmt.Errorf("count records: %w", err)
	}
	if r.opt.MaxRows > 0 {
		over = max(0, rows-r.share())
	}
	m, err := redismemory.ReadAt(ctx, r.rdb, p.Index())
	if err != nil {
		return 0, 0, err
	}
	over = max(over, r.squeeze(p, w, m, rows))
	return over, max(0, rows-over), nil
}

// share is how many pushes each partition may have.
func (r *Retainer) share() int64 { return int64(max(1, r.opt.MaxRows/r.keys.Partitions)) }

// rest sleeps, and less long if Redis becomes nearly full meanwhile.
func (r *Retainer) rest(ctx context.Context, d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; {
		loop.Sleep(ctx, memoryEvery)
		if len(r.walks) == 0 {
			continue // others look after all partitions
		}
		if m, err := redismemory.Read(ctx, r.rdb); err == nil && squeezes(m, memoryHigh) {
			return
		}
	}
}

// squeeze is how many of the rows of a partition are to leave because Redis is nearly
// full; it may be fewer than are needed, since the memory is read again after each step.
func (r *Retainer) squeeze(p pushlog.Partition, w *retention, m redismemory.Memory, rows int64) int64 {
	full := squeezes(m, memoryHigh) || w.pressed && squeezes(m, memoryLow)
	switch {
	case full && !w.pressed:
		w.freed = 0
		r.opt.Logger.Warn("Redis is nearly full: the oldest finished pushes leave the log before their time; give it more memory, or lower LOG_MAX_ROWS",
			zap.Int("partition", p.Number), zap.Int64("used", m.Used), zap.Int64("maxmemory", m.Max))
	case !full && w.pressed:
		r.opt.Logger.Info("Redis has memory again", zap.Int("partition", p.Number), zap.Int64("pushes_removed", w.freed),
			zap.Int64("used", m.Used), zap.Int64("maxmemory", m.Max))
	}
	if w.pressed = full; !full || rows == 0 {
		return 0
	}
	need := m.Used - int64(memoryLow*float64(m.Max))
	row := max(rowGuess, (m.Used-m.Fixed)/(rows*int64(r.keys.Partitions)))
	return min(rows, retainStep, need/row/int64(r.keys.Partitions)+1)
}

// squeezes reports whether more than a part of the memory is used, and removing pushes
// would help: not if what is not our data takes most of it.
func squeezes(m redismemory.Memory, part float64) bool {
	return m.Share() > part && float64(m.Fixed) < memoryFixed*float64(m.Max)
}

// oldestEnded is when the oldest push was accepted that has ended, of those that were
// accepted after one time and up to another; -1 if there is none.
func (r *Retainer) oldestEnded(ctx context.Context, p pushlog.Partition, after int64, upto string) (int64, error) {
	keys := []string{p.Index()}
	for _, s := range push.OpenStatuses() {
		keys = append(keys, p.StatusIndex(s))
	}
	answer, err := oldestEndedScript.Run(ctx, r.rdb, keys, after, upto)
	if err != nil {
		return 0, fmt.Errorf("find the oldest ended push: %w", err)
	}
	ms, _ := answer.(int64)
	return ms, nil
}

// ended are those of some pushes that have ended.
func (r *Retainer) ended(ctx context.Context, p pushlog.Partition, found []pushlog.Cursor) ([]pushlog.Cursor, error) {
	first, last := strconv.FormatInt(found[0].MS, 10), strconv.FormatInt(found[len(found)-1].MS, 10)
	pipe := r.rdb.Pipeline()
	var lists []*redis.StringSliceCmd
	for _, s := range push.OpenStatuses() {
		lists = append(lists, pipe.ZRangeByScore(ctx, p.StatusIndex(s), &redis.ZRangeBy{Min: first, Max: last}))
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
	return slices.DeleteFunc(found, func(at pushlog.Cursor) bool { return open[at.ID] }), nil
}

// remove removes pushes from the log: the first ones, aged, in any case, the others as
// long as the partition has more than it keeps.
func (r *Retainer) remove(ctx context.Context, p pushlog.Partition, pushes []pushlog.Cursor, aged int, keep int64) (int64, error) {
	if len(pushes) == 0 {
		return 0, nil
	}
	ids := make([]string, len(pushes))
	for i, at := range pushes {
		ids[i] = at.ID
	}
	fetched, err := r.log.Fetch(ctx, p, ids)
	if err != nil {
		return 0, err
	}
	records := map[string]pushlog.Record{}
	for _, record := range fetched {
		records[record.ID] = record
	}
	candidates := make([]Candidate, len(pushes))
	for i, at := range pushes {
		candidates[i] = Candidate{at, records[at.ID]}
	}
	old, err := Reap(ctx, r.rdb, p, 0, candidates[:aged])
	if err != nil {
		return old.Removed, err
	}
	over, err := Reap(ctx, r.rdb, p, keep, candidates[aged:])
	return old.Removed + over.Removed, err
}
