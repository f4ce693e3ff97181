package jobs

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	stepSize  = 100 // pushes that one step changes at most, and that are read at a time
	stepPages = 10  // times that so many are read for one step
)

// next plans the next step of a job in a partition.
func (e *Engine) next(ctx context.Context, j *Job, partition int, after plan) (*plan, error) {
	next, records, err := e.walk(ctx, j.Filter.filter(), partition, after, j.number)
	if err != nil {
		return nil, err
	}
	for i := range records {
		next.IDs = append(next.IDs, records[i].ID)
	}
	return next, nil
}

// walk looks for the next pushes of a partition that a filter selects after those of a
// plan, accepted before a time in ms, at most stepSize: their plan, without ids, and their
// records.
func (e *Engine) walk(ctx context.Context, filter pushlog.Filter, partition int, after plan, before int64) (*plan, []pushlog.Record, error) {
	from, stop := span(&filter, before)
	p, next := e.keys.Partition(partition), &plan{Place: after.Place}
	for range stepPages {
		at := pushlog.ParseCursor(next.Place)
		if next.Place == "" {
			at = pushlog.Cursor{MS: from}
		}
		places, size, end, err := e.read100(ctx, p, &filter, at, from, stop)
		if err != nil {
			return nil, nil, err
		}
		ids := make([]string, len(places))
		for i := range places {
			ids[i] = places[i].ID
		}
		records, err := e.log.Fetch(ctx, p, ids)
		if err != nil {
			return nil, nil, err
		}
		records = slices.DeleteFunc(records, func(r pushlog.Record) bool { return !filter.Matches(&r) })
		next.Looked += len(places)
		next.size = max(next.size, size)
		next.End = end
		if len(places) > 0 {
			next.Place = places[len(places)-1].String()
		}
		if len(records) > 0 || end {
			return next, records, nil
		}
	}
	return next, nil, nil
}

// read100 reads the next places at which a partition has pushes of a filter, or may have,
// and how many there are in all: of the smallest index that has them all, or of the indexes
// of its states. It reports whether these are the last.
func (e *Engine) read100(ctx context.Context, p pushlog.Partition, f *pushlog.Filter, after pushlog.Cursor, from int64, stop string) (places []pushlog.Cursor, size int64, end bool, err error) {
	chosen, size, err := e.smallest(ctx, indexes(p, f), from, stop)
	if err != nil {
		return nil, 0, false, err
	}
	end = true
	upto := pushlog.Cursor{MS: math.MaxInt64}
	for _, index := range chosen {
		some, last, err := pushlog.ReadIndex(ctx, e.rdb, index, after, stop, stepSize)
		if err != nil {
			return nil, 0, false, err
		}
		places = append(places, some...)
		if !last { // what comes after these has not been read
			end = false
			if edge := some[len(some)-1]; edge.Before(upto) {
				upto = edge
			}
		}
	}
	slices.SortFunc(places, pushlog.Cursor.Compare)
	places = slices.Compact(places) // one may be in two indexes, if it changes its state meanwhile
	if n, found := slices.BinarySearchFunc(places, upto, pushlog.Cursor.Compare); !end && found {
		places = places[:n+1]
	}
	if len(places) > stepSize {
		places, end = places[:stepSize], false
	}
	return places, size, end, nil
}

// indexes are the ways to find all that a filter selects in a partition: the index of
// everything, that of a value, or those of its states together. The last is the best if
// several are as small.
func indexes(p pushlog.Partition, f *pushlog.Filter) [][]string {
	ways := [][]string{{p.Index()}}
	for _, index := range p.ValueIndexes(&f.Exact) {
		ways = append(ways, []string{index})
	}
	if f.ErrorCode != "" {
		ways = append(ways, []string{p.ErrorCodeIndex(f.ErrorCode)})
	}
	var states []string
	for _, s := range f.Statuses {
		if s == push.Sent {
			return ways // it has no index
		}
		states = append(states, p.StatusIndex(s))
	}
	if len(states) > 0 {
		ways = append(ways, states)
	}
	return ways
}

// smallest is the way through the fewest pushes in a span of time, and how many these are.
func (e *Engine) smallest(ctx context.Context, ways [][]string, from int64, stop string) (best []string, least int64, err error) {
	pipe := e.rdb.Pipeline()
	counts := make([][]*redis.IntCmd, len(ways))
	for i, way := range ways {
		for _, index := range way {
			counts[i] = append(counts[i], pipe.ZCount(ctx, index, strconv.FormatInt(from, 10), stop))
		}
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, 0, fmt.Errorf("count: %w", err)
	}
	least = math.MaxInt64
	for i, way := range ways {
		n := int64(0)
		for _, count := range counts[i] {
			n += count.Val()
		}
		if n <= least {
			best, least = way, n
		}
	}
	return best, least, nil
}

// span is when the pushes that a filter selects were accepted, as ZRANGE takes it: from a
// time in ms on, and before another.
func span(f *pushlog.Filter, before int64) (from int64, stop string) {
	if !f.Since.IsZero() {
		from = max(0, notBefore(f.Since))
	}
	if !f.Until.IsZero() {
		before = min(before, notBefore(f.Until))
	}
	return from, "(" + strconv.FormatInt(max(before, 0), 10)
}

// notBefore is the first millisecond that is not before t.
func notBefore(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

// newestAccepted is when the newest push of all partitions was accepted, in ms; 0 if there
// is none. It may lie in the future, if Redis's clock was set back.
func newestAccepted(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys) (int64, error) {
	pipe := rdb.Pipeline()
	var last []*redis.ZSliceCmd
	for _, p := range keys.All() {
		last = append(last, pipe.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: p.Index(), Start: 0, Stop: 0, Rev: true}))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return 0, fmt.Errorf("look for the newest push: %w", err)
	}
	newest := int64(0)
	for _, cmd := range last {
		for _, z := range cmd.Val() {
			newest = max(newest, int64(z.Score))
		}
	}
	return newest, nil
}
