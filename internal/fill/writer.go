package fill

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// How long counters live, as tally of internal/pushlog/lua/include/counters.lua says.
const (
	minuteLife = 48 * time.Hour
	hourLife   = 400 * 24 * time.Hour
)

// writer writes batches. It sets counters to what it has counted itself, rather than
// adding, so that a batch may be written twice: go-redis repeats what it is not sure
// of.
type writer struct {
	rdb      redis.UniversalClient
	now      time.Time
	progress func(int)
	counters map[int]map[string]*counter // by partition and key
	result   Result
}

// counter is the hash of a minute or an hour.
type counter struct {
	counts  map[string]int
	expires time.Time
}

func newWriter(rdb redis.UniversalClient, keys pushlog.Keys, now time.Time, progress func(int)) *writer {
	w := &writer{rdb: rdb, now: now, progress: progress, counters: map[int]map[string]*counter{}}
	for _, p := range keys.All() {
		w.counters[p.Number] = map[string]*counter{}
	}
	return w
}

// write writes a batch in one transaction.
func (w *writer) write(ctx context.Context, b batch) error {
	p, pipe := b.partition, w.rdb.TxPipeline()
	indexes, touched := newSets(), map[string]*counter{}
	for i := range b.rows {
		r := &b.rows[i]
		pipe.HSet(ctx, p.Record(r.id), []string(r.fields))
		z := redis.Z{Score: float64(r.ms), Member: r.id}
		indexes.add(p.Index(), z)
		for _, key := range indexesOf(p, r) {
			indexes.add(key, z)
		}
		for _, c := range r.life.counts() {
			w.count(p, c, touched)
		}
	}
	for _, key := range indexes.keys {
		pipe.ZAdd(ctx, key, indexes.members[key]...)
	}
	for key, c := range touched {
		pipe.HSet(ctx, key, c.values()...)
		pipe.PExpireAt(ctx, key, c.expires)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("write a batch: %w", err)
	}
	w.note(b.rows)
	return nil
}

// indexesOf are the indexes that a push belongs into, beside that of all.
func indexesOf(p pushlog.Partition, r *row) []string {
	in := p.ValueIndexes(r.job)
	if r.life.status != push.Sent {
		in = append(in, p.StatusIndex(r.life.status))
	}
	if r.life.code != "" {
		in = append(in, p.ErrorCodeIndex(r.life.code))
	}
	return in
}

// count counts one step in its minute and its hour.
func (w *writer) count(p pushlog.Partition, c count, touched map[string]*counter) {
	at := time.UnixMilli(c.ms)
	add := func(key string, life time.Duration) {
		n := w.counters[p.Number][key]
		if n == nil {
			n = &counter{counts: map[string]int{}}
			w.counters[p.Number][key] = n
		}
		n.counts[c.field]++
		if end := at.Add(life); end.After(n.expires) {
			n.expires = end
		}
		touched[key] = n
	}
	add(p.Hour(at), hourLife)
	if at.Truncate(time.Minute).After(w.now.Add(-minuteLife)) { // else it is gone by now
		add(p.Minute(at), minuteLife)
	}
}

func (c *counter) values() []any {
	list := make([]any, 0, 2*len(c.counts))
	for field, n := range c.counts {
		list = append(list, field, n)
	}
	return list
}

// note counts what is in.
func (w *writer) note(rows []row) {
	for i := range rows {
		switch rows[i].life.status {
		case push.Sent:
			w.result.Sent++
		case push.Failed:
			w.result.Failed++
		case push.Expired:
			w.result.Expired++
		default:
			w.result.Cancelled++
		}
	}
	if w.progress != nil {
		w.progress(w.result.Rows())
	}
}

// sets gathers members of sorted sets, in order.
type sets struct {
	keys    []string
	members map[string][]redis.Z
}

func newSets() *sets { return &sets{members: map[string][]redis.Z{}} }

func (s *sets) add(key string, z redis.Z) {
	if s.members[key] == nil {
		s.keys = append(s.keys, key)
	}
	s.members[key] = append(s.members[key], z)
}
