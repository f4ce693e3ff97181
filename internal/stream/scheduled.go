package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
	"pushstream/internal/redisscript"
)

const (
	// MaxMove is how far ahead a push may be moved.
	MaxMove = push.MaxAhead
	dueStep = 1000 // members of a due set in one call
)

// ErrMove says that a push can't be moved to a time.
var ErrMove = errors.New("the time must be to come, within a year")

// Due is a push that waits for its time.
type Due struct {
	DueAt string         `json:"due_at"` // RFC 3339, UTC
	Push  pushlog.Record `json:"push"`
}

// DuePage is a page of what waits, by the time at which it is due.
type DuePage struct {
	Items []Due
	Total int64
}

// Waiting returns a page of the pushes that wait for their time, the next ones first.
// Status is push.Scheduled, push.Retrying, or empty for both. Pages count from 1; each
// costs as much as there is before it, in ids only.
func (c *Control) Waiting(ctx context.Context, log *pushlog.Log, status push.Status, page, size int) (DuePage, error) {
	all := DuePage{Items: []Due{}}
	walk := &dueWalk{rdb: c.rdb, status: status}
	pipe := c.rdb.Pipeline()
	var totals []*redis.IntCmd
	for _, p := range c.keys.All() {
		key := dueKey(p)
		if status != "" {
			key = p.StatusIndex(status)
		}
		totals = append(totals, pipe.ZCard(ctx, key))
		walk.parts = append(walk.parts, &duePart{partition: p})
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return all, fmt.Errorf("count what waits: %w", err)
	}
	for _, n := range totals {
		all.Total += n.Val()
	}
	skip := int64(page-1) * int64(size)
	if skip >= all.Total {
		return all, nil
	}
	ids, at := make([][]string, c.keys.Partitions), map[string]int64{}
	var order []string
	for n := int64(0); n < skip+int64(size); n++ {
		p, due, ok, err := walk.next(ctx)
		if err != nil {
			return all, err
		}
		if !ok {
			break
		}
		if n >= skip {
			ids[p.Number], order, at[due.id] = append(ids[p.Number], due.id), append(order, due.id), due.ms
		}
	}
	records := map[string]pushlog.Record{}
	for _, p := range c.keys.All() {
		some, err := log.Fetch(ctx, p, ids[p.Number])
		if err != nil {
			return all, err
		}
		for i := range some {
			records[some[i].ID] = some[i]
		}
	}
	for _, id := range order {
		if r, is := records[id]; is {
			all.Items = append(all.Items, Due{stamp(time.UnixMilli(at[id])), r})
		}
	}
	return all, nil
}

// dueWalk goes through the due sets of all partitions, merged by time.
type dueWalk struct {
	rdb    redis.UniversalClient
	status push.Status // of those that it stops at; empty: all
	parts  []*duePart
}

// duePart is how far it is in one of them.
type duePart struct {
	partition pushlog.Partition
	read      []place // those to come
	after     place   // the last one that was read
	end       bool
}

func (w *dueWalk) next(ctx context.Context) (pushlog.Partition, place, bool, error) {
	var first *duePart
	for _, part := range w.parts {
		for len(part.read) == 0 && !part.end {
			if err := w.fill(ctx, part); err != nil {
				return pushlog.Partition{}, place{}, false, err
			}
		}
		if len(part.read) > 0 && (first == nil || part.read[0].before(first.read[0])) {
			first = part
		}
	}
	if first == nil {
		return pushlog.Partition{}, place{}, false, nil
	}
	due := first.read[0]
	first.read = first.read[1:]
	return first.partition, due, true, nil
}

// fill reads on in one of them.
func (w *dueWalk) fill(ctx context.Context, part *duePart) error {
	places, end, err := placesAfter(ctx, w.rdb, dueKey(part.partition), part.after, "+inf", dueStep)
	if err != nil {
		return err
	}
	part.end = end
	if len(places) == 0 {
		return nil
	}
	part.after = places[len(places)-1]
	if w.status == "" {
		part.read = places
		return nil
	}
	ids := make([]string, len(places))
	for i := range places {
		ids[i] = places[i].id
	}
	scores, err := w.rdb.ZMScore(ctx, part.partition.StatusIndex(w.status), ids...).Result()
	if err != nil {
		return fmt.Errorf("look at states: %w", err)
	}
	for i, accepted := range scores {
		if accepted > 0 { // 0 is for those that are not in it
			part.read = append(part.read, places[i])
		}
	}
	return nil
}

// Move gives pushes that are scheduled another time, and says for each what became of
// it. text is the time as sndn_rsev_hour has it. ErrMove if it is past, or too far ahead.
func (c *Control) Move(ctx context.Context, due time.Time, text string, ids ...string) ([]Change, error) {
	now, err := redisclock.Time(ctx, c.rdb, controlKey(c.keys))
	if err != nil {
		return nil, err
	}
	if !due.After(now) || due.After(now.Add(MaxMove)) {
		return nil, ErrMove
	}
	return c.move(ctx, operation(), due.UnixMilli(), text, ids...)
}

// SendNow puts pushes that are scheduled or retrying onto their stream at once, and says
// for each what became of it.
func (c *Control) SendNow(ctx context.Context, ids ...string) ([]Change, error) {
	return c.move(ctx, operation(), 0, "", ids...)
}

var moveScript = library.Load("move", redisscript.Writes, redisscript.Names{Keys: "jobs urgent due events index", Args: "K events_cap default_ttl operation time_ms reserved", Each: "id"})

func (c *Control) move(ctx context.Context, op string, due int64, text string, ids ...string) ([]Change, error) {
	return c.change(ctx, ids, func(p pushlog.Partition) redisscript.Call {
		return moveScript.Call([]string{jobsKey(p), urgentKey(p), dueKey(p), eventsKey(p), p.Index()},
			p.Base, eventsCap, push.DefaultTTL, op, due, text)
	})
}
