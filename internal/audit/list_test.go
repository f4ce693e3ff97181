package audit

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// write writes entries at given times, as Begin and End would have.
func write(t *testing.T, rdb *redis.Client, entries ...Entry) {
	t.Helper()
	for chunk := range slices.Chunk(entries, 1000) {
		_, err := rdb.Pipelined(t.Context(), func(pipe redis.Pipeliner) error {
			for _, e := range chunk {
				fields, err := e.fields()
				if err != nil {
					return err
				}
				pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: "push:{audit}:entries", ID: e.ID, Values: append([]any{"op", "x"}, fields...)})
				if e.Outcome != Unknown {
					pipe.HSet(t.Context(), "push:{audit}:outcomes", e.ID, "7 "+string(e.Outcome)+" ")
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// some makes n entries, one a second from start on, in pairs.
func some(n int, start time.Time) []Entry {
	r := rand.New(rand.NewPCG(1, 2))
	entries := make([]Entry, n)
	for i := range entries {
		at := start.Add(time.Duration(i/2) * time.Second).UTC()
		entries[i] = Entry{ID: fmt.Sprintf("%d-%d", at.UnixMilli(), i%2), At: at, Kind: Kinds()[r.IntN(4)], Actor: []string{"kim", "bae"}[r.IntN(2)],
			Action: Actions()[r.IntN(len(Actions()))], Customer: strconv.Itoa(r.IntN(5)), Outcome: Outcomes()[r.IntN(len(Outcomes()))]}
	}
	return entries
}

// Pages, one after another, have what a plain filter has, each entry once.
func TestFilters(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	start := time.Now().Add(-time.Hour).Truncate(time.Second)
	entries := some(1200, start)
	write(t, rdb, entries...)
	slices.Reverse(entries)
	for name, q := range map[string]Query{
		"all":         {},
		"kind":        {Kind: CLI},
		"actor":       {Actor: "kim"},
		"actions":     {Actions: []Action{Pause, Flush, Reveal}},
		"customer":    {Customer: "3"},
		"outcome":     {Outcome: Refused},
		"no outcome":  {Outcome: Unknown},
		"since":       {Since: start.Add(100 * time.Second)},
		"just after":  {Since: start.Add(100*time.Second + 1)},
		"until":       {Until: start.Add(100 * time.Second)},
		"until after": {Until: start.Add(100*time.Second + 1)},
		"between":     {Since: start.Add(50 * time.Second), Until: start.Add(60 * time.Second), Actor: "bae"},
		"nothing":     {Actor: "nobody"},
		"never":       {Since: start.Add(time.Second), Until: start},
		"before 1970": {Until: time.Unix(-5, 0)},
		"since 1960":  {Since: time.Unix(-1e9, 0)},
		"all of it":   {Kind: User, Actor: "kim", Customer: "1", Outcome: Done, Actions: Actions(), Since: start, Until: start.Add(time.Hour)},
	} {
		var want []string
		for _, e := range entries {
			if q.matches(e) && (q.Since.IsZero() || !e.At.Before(q.Since)) && (q.Until.IsZero() || e.At.Before(q.Until)) {
				want = append(want, e.ID)
			}
		}
		for _, limit := range []int{0, 1, 7, 500, 1000, 5000} {
			if limit > 0 && len(want) > 50*limit {
				continue // as many calls
			}
			q := q
			q.Limit = limit
			var got []string
			for pages := 0; ; pages++ {
				page := list(t, l, q)
				for _, e := range page.Entries {
					got = append(got, e.ID)
				}
				if limit > 0 && len(page.Entries) > limit || len(page.Entries) > MaxLimit || pages > len(want)+2 {
					t.Fatalf("%s: %d entries on page %d of limit %d", name, len(page.Entries), pages, limit)
				}
				if q.Before = page.Next; q.Before == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, limit %d: %d entries, want %d", name, limit, len(got), len(want))
			}
		}
		var got []string
		if err := l.Each(t.Context(), q, func(some []Entry) error {
			for _, e := range some {
				got = append(got, e.ID)
			}
			return nil
		}); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: each has %d entries, want %d: %v", name, len(got), len(want), err)
		}
	}
}

// A rare entry costs several calls, none of them long.
func TestBoundedWork(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	entries := some(45_000, time.Now().Add(-24*time.Hour))
	for i := range entries {
		entries[i].Actor = "kim"
	}
	entries[0].Actor = "rare"
	write(t, rdb, entries...)
	q, calls := Query{Actor: "rare"}, 0
	var found []Entry
	for {
		page := list(t, l, q)
		found = append(found, page.Entries...)
		calls++
		if q.Before = page.Next; q.Before == "" {
			break
		}
	}
	if calls != 3 || len(found) != 1 || found[0].ID != entries[0].ID {
		t.Errorf("%d calls, found %v", calls, found)
	}
}

func TestCursors(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	begin(t, l, pause())
	for _, wrong := range []string{"x", "-", "+", "1", "(1-1", "1-1\n", "1-", "0-0", "0-1", "01-1", "1-01", strings.Repeat("9", 30) + "-1"} {
		_, err := l.List(t.Context(), Query{Before: wrong})
		checkErr(t, err, ErrCursor)
	}
	if page := list(t, l, Query{Before: "1-1"}); len(page.Entries) != 0 || page.Next != "" {
		t.Errorf("%+v", page)
	}
}

func TestEachStops(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	write(t, rdb, some(1500, time.Now().Add(-time.Hour))...)
	enough, calls := errors.New("enough"), 0
	checkErr(t, l.Each(t.Context(), Query{}, func([]Entry) error { calls++; return enough }), enough)
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

func TestTrim(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	keep := l.opt.Keep
	old := some(450, time.Now().Add(-keep-time.Hour))
	young := some(40, time.Now().Add(-keep+time.Hour))
	write(t, rdb, append(old, young...)...)
	id := begin(t, l, pause())
	if n, err := l.Trim(t.Context()); n != 450 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if n, err := l.Trim(t.Context()); n != 0 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	page := list(t, l, Query{})
	if len(page.Entries) != 41 || page.Entries[0].ID != id || page.Entries[40].ID != young[0].ID {
		t.Errorf("%d entries stay: %v", len(page.Entries), page)
	}
	outcomes := 0
	for _, e := range young {
		if e.Outcome != Unknown {
			outcomes++
		}
	}
	if n := rdb.HLen(t.Context(), "push:{audit}:outcomes").Val(); int(n) != outcomes {
		t.Errorf("%d outcomes, want %d", n, outcomes)
	}
	checkErr(t, l.End(t.Context(), old[0].ID, Done, nil), ErrNoEntry)
	if n, err := New(rdb, "push", Options{Keep: 200 * 365 * 24 * time.Hour}).Trim(t.Context()); n != 0 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

// One call of Trim does a bounded part.
func TestTrimIsBounded(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	write(t, rdb, some(20_100, time.Now().Add(-2*l.opt.Keep))...)
	for _, want := range []int{20_000, 100, 0} {
		if n, err := l.Trim(t.Context()); n != want || err != nil {
			t.Errorf("%d %v, want %d", n, err, want)
		}
	}
}

func FuzzClip(f *testing.F) {
	for _, seed := range []string{"", "가나다", "\xff", "psk_0123456789abcdefghij", "a\nb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := clip(s, 10)
		if len([]rune(got)) > 10 || strings.ContainsAny(got, "\n\x00\x1b") || strings.ToValidUTF8(got, "") != got {
			t.Errorf("%q: %q", s, got)
		}
	})
}
