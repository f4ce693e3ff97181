package stream

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

const plenty = 100_000

var wellFormed = regexp.MustCompile(`^[0-9a-z]+-[0-9a-z]+(\.[0-9a-z]+-[0-9a-z]+)*$`)

func newest(t *testing.T, e *Events) EventPlace {
	t.Helper()
	place, err := e.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return place
}

func readEvents(t *testing.T, e *Events, after, upto EventPlace) (Changes, EventPlace) {
	t.Helper()
	var changes Changes
	to, err := e.Read(t.Context(), after, upto, plenty, &changes)
	if err != nil {
		t.Fatal(err)
	}
	return changes, to
}

func TestEvents(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	e := NewEvents(b.rdb, b.keys)
	start := newest(t, e) // of nothing
	c := b.consumer(t, "a", nil)
	var jobs []push.Job
	for i := range 700 { // more than one call reads, in each partition
		jobs = append(jobs, job("p"+strconv.Itoa(i)))
	}
	for i := range jobs {
		b.accept(t, jobs[i])
	}
	middle := newest(t, e)
	b.accept(t, jobs[0]) // known: nothing new
	for _, p := range b.keys.All() {
		for _, d := range b.read(t, c, p, 3) {
			b.settle(t, c, c.policy.decide(d, accepted, parseStamp("2026-11-22T00:00:00.000Z"), true))
		}
	}
	end := newest(t, e)

	all, to := readEvents(t, e, start, nil)
	if all.Accepted != 700 || len(all.IDs) != 700 || len(all.Status) != 700 || !slices.Equal(to, end) {
		t.Errorf("%d new, %d ids, at %v, want %v", all.Accepted, len(all.IDs), to, end)
	}
	first, to := readEvents(t, e, start, middle)
	if first.Accepted != 700 || !slices.Equal(to, middle) || slices.Contains(slices.Collect(maps.Values(first.Status)), push.Sent) {
		t.Errorf("%d new, at %v, want %v", first.Accepted, to, middle)
	}
	second, to := readEvents(t, e, middle, nil)
	if second.Accepted != 0 || len(second.Status) != 6 || !slices.Equal(to, end) {
		t.Errorf("%+v at %v", second, to)
	}
	for _, id := range second.IDs {
		if second.Status[id] != push.Sent || all.Status[id] != push.Sent {
			t.Errorf("%s is %s, and of all %s", id, second.Status[id], all.Status[id])
		}
	}
	// Nothing is new, and from ahead of another's place there is nothing either.
	for _, upto := range []EventPlace{nil, end, middle, start} {
		if none, to := readEvents(t, e, end, upto); len(none.IDs) != 0 || !slices.Equal(to, end) {
			t.Errorf("%+v at %v", none, to)
		}
	}
}

func TestEventsAreGone(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	e := NewEvents(b.rdb, b.keys)
	start := newest(t, e)
	b.accept(t, job("a"))
	one := newest(t, e)
	b.accept(t, job("b"))
	for name, tc := range map[string]struct {
		after, upto EventPlace
		most        int
		before      func()
	}{
		"more than is wanted":       {after: start, most: 1},
		"of fewer partitions":       {after: nil, most: plenty},
		"of more partitions":        {after: append(one, one...), most: plenty},
		"up to more partitions":     {after: one, upto: append(one, one...), most: plenty},
		"a place that never was":    {after: EventPlace{"5-5"}, most: plenty},
		"a place that is to come":   {after: EventPlace{"9999999999999-0"}, most: plenty},
		"a place that never was, 2": {after: EventPlace{"9999999999999-0"}, upto: one, most: plenty},
	} {
		if _, err := e.Read(t.Context(), tc.after, tc.upto, tc.most, &Changes{}); !errors.Is(err, ErrEventsGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	readEvents(t, e, one, nil)
	b.rdb.XTrimMaxLen(t.Context(), "push:{0}:events", 1)
	if _, err := e.Read(t.Context(), one, nil, plenty, &Changes{}); !errors.Is(err, ErrEventsGone) {
		t.Errorf("what followed was cut off: %v", err)
	}
	b.rdb.Del(t.Context(), "push:{0}:events")
	if _, err := e.Read(t.Context(), one, nil, plenty, &Changes{}); !errors.Is(err, ErrEventsGone) {
		t.Errorf("everything is gone: %v", err)
	}
}

// From the beginning on, events may have been cut off as soon as there are as many as
// are kept.
func TestEventsFromTheBeginning(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	e := NewEvents(b.rdb, b.keys)
	start := newest(t, e)
	add := func(n int) {
		pipe := b.rdb.Pipeline()
		for range n {
			pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: "push:{0}:events", Values: []string{"changes", "a queued"}})
		}
		if _, err := pipe.Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	add(eventsCap - 1)
	readEvents(t, e, start, nil)
	add(1)
	if _, err := e.Read(t.Context(), start, nil, plenty, &Changes{}); !errors.Is(err, ErrEventsGone) {
		t.Error(err)
	}
}

// What somebody has added by hand does no harm, and its words go no further.
func TestEventsByHand(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	e := NewEvents(b.rdb, b.keys)
	start := newest(t, e)
	for _, values := range [][]string{
		{"changes", "a sent b"}, {"changes", ""}, {"changes", "홍길동 sent"}, {"changes", "c gone"}, {"lapsed", "a x"}, {"accepted", "many"},
	} {
		b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: "push:{0}:events", Values: values})
	}
	got, _ := readEvents(t, e, start, nil)
	if fmt.Sprint(got) != "{0 [a] map[a:sent]}" {
		t.Error(got)
	}
}

func TestEventPlace(t *testing.T) {
	t.Parallel()
	for _, place := range []EventPlace{{"0-0"}, {"1795366159170-0", "1795366159171-17"}, {"18446744073709551615-18446744073709551615"}} {
		got, err := ParseEventPlace(place.String())
		if err != nil || !slices.Equal(got, place) {
			t.Errorf("%v is read as %v: %v", place, got, err)
		}
	}
}

func FuzzEventPlace(f *testing.F) {
	for _, text := range []string{"0-0", "m3x-0.m3x-1", "", "-", "a", "a-b.c", "A-0", "01-0", "+1-0", "\r\n-0", "zzzzzzzzzzzzzz-0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		place, err := ParseEventPlace(text)
		if err == nil && place.String() != text {
			t.Errorf("%q is read as %v", text, place)
		}
		if err == nil && !wellFormed.MatchString(text) {
			t.Errorf("%q is taken for a place", text)
		}
	})
}
