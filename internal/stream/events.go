package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	eventsStep = 250   // entries in one call: one may name 100 pushes
	beforeAll  = "0-0" // the place before the first event
)

// ErrEventsGone says that events after a place are not there any more, or are more
// than the caller wants, or that there never was such a place.
var ErrEventsGone = errors.New("events are missing")

// Events reads what the scripts announce of pushes: see include/events.lua of internal/pushlog.
type Events struct {
	rdb  redis.UniversalClient
	keys pushlog.Keys
}

// NewEvents returns the events of the keys in rdb.
func NewEvents(rdb redis.UniversalClient, keys pushlog.Keys) *Events { return &Events{rdb, keys} }

// EventPlace is how far a reader has read: the last entry that it knows of each
// partition's events.
type EventPlace []string

// String writes a place as one word, which means something to ParseEventPlace only.
func (p EventPlace) String() string {
	words := make([]string, len(p))
	for i, entry := range p {
		ms, seq, _ := strings.Cut(entry, "-")
		words[i] = recode(ms, 10, 36) + "-" + recode(seq, 10, 36)
	}
	return strings.Join(words, ".")
}

// ParseEventPlace reads what String has written. It comes from outside: whether
// there is such a place, Read says.
func ParseEventPlace(text string) (EventPlace, error) {
	words := strings.Split(text, ".")
	place := make(EventPlace, len(words))
	for i, word := range words {
		ms, seq, _ := strings.Cut(word, "-")
		place[i] = recode(ms, 36, 10) + "-" + recode(seq, 36, 10)
	}
	if place.String() != text {
		return nil, ErrEventsGone
	}
	return place, nil
}

// recode writes a whole number to another base; what is none becomes 0.
func recode(number string, from, to int) string {
	n, _ := strconv.ParseUint(number, from, 64)
	return strconv.FormatUint(n, to)
}

// Newest is the place after everything.
func (e *Events) Newest(ctx context.Context) (EventPlace, error) {
	pipe := e.rdb.Pipeline()
	var last []*redis.XMessageSliceCmd
	for _, p := range e.keys.All() {
		last = append(last, pipe.XRevRangeN(ctx, eventsKey(p), "+", "-", 1))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("read the newest events: %w", err)
	}
	place := make(EventPlace, len(last))
	for i, cmd := range last {
		place[i] = beforeAll
		if found := cmd.Val(); len(found) > 0 {
			place[i] = found[0].ID
		}
	}
	return place, nil
}

// Read adds what was announced after a place to changes, up to another, or all if
// that is nil, and returns the place that it came to. ErrEventsGone if that can't be
// done without a gap, or takes more than most entries; changes may have some of them
// then.
func (e *Events) Read(ctx context.Context, after, upto EventPlace, most int, changes *Changes) (EventPlace, error) {
	partitions := e.keys.All()
	if len(after) != len(partitions) || upto != nil && len(upto) != len(partitions) {
		return nil, ErrEventsGone
	}
	to := slices.Clone(after)
	todo, read := partitions, make([]int, len(partitions))
	for len(todo) > 0 {
		pipe := e.rdb.Pipeline()
		parts := make([]*redis.XMessageSliceCmd, len(todo))
		for i, p := range todo {
			from, end := to[p.Number], "+"
			if upto != nil {
				end = upto[p.Number]
				if compareEntries(end, from) < 0 {
					end = from
				}
			}
			if read[p.Number] > 0 {
				from = "(" + from
			}
			// At first the place itself, too: if it is gone, so may be what came after.
			parts[i] = pipe.XRangeN(ctx, eventsKey(p), from, end, eventsStep)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		var again []pushlog.Partition
		for i, p := range todo {
			entries := parts[i].Val()
			start := after[p.Number]
			if read[p.Number] == 0 && start != beforeAll && (len(entries) == 0 || entries[0].ID != start) {
				return nil, ErrEventsGone
			}
			for _, entry := range entries {
				if entry.ID != start {
					changes.add(entry.Values)
				}
				to[p.Number] = entry.ID
			}
			read[p.Number] += len(entries)
			if start == beforeAll && read[p.Number] >= eventsCap { // the first ones may have been cut off
				return nil, ErrEventsGone
			}
			if most -= len(entries); most < 0 {
				return nil, ErrEventsGone
			}
			if len(entries) == eventsStep {
				again = append(again, p)
			}
		}
		todo = again
	}
	return to, nil
}

// Changes are what became of pushes, as events say.
type Changes struct {
	Accepted int // pushes that are new
	IDs      []string
	Status   map[string]push.Status // of each id, the last one
}

// add adds the fields of one event.
func (c *Changes) add(event map[string]any) {
	text, _ := event["changes"].(string)
	words := strings.Fields(text)
	if n, err := strconv.Atoi(fmt.Sprint(event["accepted"])); err == nil {
		c.Accepted += n
	}
	if c.Status == nil {
		c.Status = map[string]push.Status{}
	}
	for pair := range slices.Chunk(words, 2) {
		if len(pair) < 2 || !push.ValidID(pair[0]) || !push.Status(pair[1]).Valid() {
			continue // written by hand
		}
		if _, known := c.Status[pair[0]]; !known {
			c.IDs = append(c.IDs, pair[0])
		}
		c.Status[pair[0]] = push.Status(pair[1])
	}
}
