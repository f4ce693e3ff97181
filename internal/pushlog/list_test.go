package pushlog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pushstream/internal/push"
)

func TestListEmptyLog(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 3} {
		p := setup(t, partitions).list(t, Query{Page: 1, Size: 10})
		if p.Total != 0 || p.Records == nil || len(p.Records) != 0 {
			t.Errorf("%d partitions: %+v", partitions, p)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		query Query
		want  []string
		total int64
	}{
		{"newest first, ties by id", Query{Page: 1, Size: 10}, []string{"z", "d", "c", "b", "a"}, 5},
		{"oldest first, ties by id", Query{Page: 1, Size: 10, Oldest: true}, []string{"a", "b", "c", "d", "z"}, 5},
		{"first page", Query{Page: 1, Size: 2}, []string{"z", "d"}, 5},
		{"a page that starts within a tie", Query{Page: 2, Size: 2}, []string{"c", "b"}, 5},
		{"last page, not full", Query{Page: 3, Size: 2}, []string{"a"}, 5},
		{"behind the last page", Query{Page: 4, Size: 2}, []string{}, 5},
		{"far behind it", Query{Page: 1_000_000, Size: 1000}, []string{}, 5},
		{"one state", Query{Page: 1, Size: 10, Filter: Filter{Statuses: []push.Status{push.Failed}}}, []string{"z", "c"}, 2},
		{"one state, second page, oldest first", Query{Page: 2, Size: 1, Filter: Filter{Statuses: []push.Status{push.Failed}}, Oldest: true}, []string{"z"}, 2},
		{"a state that nothing is in", Query{Page: 1, Size: 10, Filter: Filter{Statuses: []push.Status{push.Expired}}}, []string{}, 0},
	}
	for _, partitions := range []int{1, 3} {
		b := setup(t, partitions)
		b.seed(t, "a", 1000, push.Sent)
		for id, status := range map[string]push.Status{"b": push.Sent, "c": push.Failed, "d": push.Queued} {
			b.seed(t, id, 2000, status)
		}
		b.seed(t, "z", 3000, push.Failed)
		for _, tt := range tests {
			t.Run(fmt.Sprintf("%s, %d partitions", tt.name, partitions), func(t *testing.T) {
				t.Parallel()
				p := b.list(t, tt.query)
				if got := idsOf(p.Records); !slices.Equal(got, tt.want) || p.Total != tt.total {
					t.Errorf("%q of %d, want %q of %d", got, p.Total, tt.want, tt.total)
				}
			})
		}
	}
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	for _, q := range []Query{{Page: 0, Size: 10}, {Page: -1, Size: 10}, {Page: 1, Size: 0}, {Page: 1, Size: -1}, {Page: 1, Size: MaxPageSize + 1}} {
		if _, err := b.List(t.Context(), q); err == nil {
			t.Errorf("%+v: no error", q)
		}
	}
}

// Any number of partitions gives the answers of a model that sorts a slice.
func TestListAgainstModel(t *testing.T) {
	t.Parallel()
	type row struct {
		id     string
		ms     int64
		status push.Status
	}
	for _, seed := range []uint64{1, 2, 3} {
		r := rand.New(rand.NewPCG(seed, 0))
		rows := make([]row, 150+r.IntN(200))
		for i := range rows {
			rows[i] = row{fmt.Sprintf("%x-%d", r.Uint32(), i), 1_700_000_000_000 + r.Int64N(60), push.Statuses()[r.IntN(7)]}
		}
		logs := map[int]*bundle{1: setup(t, 1), 2: setup(t, 2), 3: setup(t, 3), 7: setup(t, 7)}
		for _, b := range logs {
			for _, one := range rows {
				b.seed(t, one.id, one.ms, one.status)
			}
		}
		slices.SortFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.id, b.id)) })
		for range 60 {
			q := Query{Page: 1 + r.IntN(12), Size: 1 + r.IntN(60), Oldest: r.IntN(2) == 0}
			if r.IntN(2) == 0 {
				q.Statuses = push.Statuses()[r.IntN(7):][:1]
			}
			all := []string{}
			for _, one := range rows {
				if len(q.Statuses) == 0 || one.status == q.Statuses[0] {
					all = append(all, one.id)
				}
			}
			if !q.Oldest {
				slices.Reverse(all)
			}
			from := min((q.Page-1)*q.Size, len(all))
			want := all[from:min(from+q.Size, len(all))]
			for partitions, b := range logs {
				p := b.list(t, q)
				if got := idsOf(p.Records); !slices.Equal(got, want) || p.Total != int64(len(all)) {
					t.Fatalf("seed %d, %d partitions, %+v:\ngot  %q of %d\nwant %q of %d", seed, partitions, q, got, p.Total, want, len(all))
				}
			}
		}
	}
}

// Retention removes a record between the two reads of a page, or somebody does
// by hand: the page shows the others.
func TestVanishedRecordIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 3} {
		b := setup(t, partitions)
		for i, id := range []string{"a", "b", "c"} {
			b.seed(t, id, int64(i), push.Sent)
		}
		b.rdb.Del(t.Context(), b.keys.Of("b").Record("b"))
		if got := idsOf(b.list(t, Query{Page: 1, Size: 10}).Records); !slices.Equal(got, []string{"c", "a"}) {
			t.Errorf("%d partitions: %q", partitions, got)
		}
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 3} {
		b := setup(t, partitions)
		want := map[push.Status]int64{}
		for i, s := range push.Statuses() {
			for n := range i {
				b.seed(t, fmt.Sprint(s, n), int64(n), s)
			}
			want[s] = int64(i)
		}
		got, err := b.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for s, n := range want {
			if got[s] != n {
				t.Errorf("%d partitions, %s: %d, want %d", partitions, s, got[s], n)
			}
		}
	}
}

func TestErrorsOfRedisAreErrors(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "a", 1, push.Sent)
	b.rdb.Close()
	_, err1 := b.List(t.Context(), Query{Page: 1, Size: 1})
	_, err2 := b.Get(t.Context(), "a")
	_, err3 := b.Counts(t.Context())
	if err1 == nil || err2 == nil || err2 == ErrNotFound || err3 == nil {
		t.Error(err1, err2, err3)
	}
}

// A search whose time is up says what it has, and one whose asker has gone ends.
func TestSearchEnds(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	for i := range 3 * walkStep {
		b.seed(t, fmt.Sprint("p", i), int64(i), push.Sent, push.FieldServiceName, "trade")
	}
	q := Query{Page: 1, Size: 10, Filter: Filter{Exact: push.Job{ServiceName: "trade"}}}

	gone := errors.New("gone")
	if err := b.Search(t.Context(), q, func(Page) error { return gone }); !errors.Is(err, gone) {
		t.Errorf("the error of tell: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	err := b.Search(ctx, q, func(p Page) error {
		if len(p.Records) != 10 || p.Exact {
			t.Errorf("first page: %d records, exact %v", len(p.Records), p.Exact)
		}
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}

	// A deadline that passes while it looks, by the time of the first page.
	ctx, cancel = context.WithDeadline(t.Context(), time.Now().Add(time.Hour))
	defer cancel()
	late := &expiring{Context: ctx}
	told := 0
	err = b.Search(late, q, func(p Page) error {
		late.over.Store(true)
		if told++; told == 2 && (p.Exact || p.Looked == 0 || p.Total == 0) {
			t.Errorf("after its time: %+v", p)
		}
		return nil
	})
	if err != nil || told != 2 {
		t.Errorf("told %d times, %v", told, err)
	}
}

// expiring is a context whose deadline passes when the test says so.
type expiring struct {
	context.Context
	over atomic.Bool
}

func (e *expiring) Err() error {
	if e.over.Load() {
		return context.DeadlineExceeded
	}
	return e.Context.Err()
}

func (e *expiring) Done() <-chan struct{} {
	done := make(chan struct{})
	if e.over.Load() {
		close(done)
	}
	return done
}

func TestFilterRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	now := time.Now()
	for name, f := range map[string]Filter{
		"a state that is none":  {Statuses: []push.Status{push.Sent, "lost"}},
		"since after until":     {Since: now, Until: now.Add(-time.Second)},
		"since is until":        {Since: now, Until: now},
		"a column that is none": {Text: Text{Column: "data", Word: "x"}},
		"a word without column": {Text: Text{Word: "x"}},
		"a word that is long":   {Text: Text{Column: FieldResult, Word: strings.Repeat("x", MaxWord+1)}},
		"a word of bad bytes":   {Text: Text{Column: FieldResult, Word: "\xff"}},
		"nothing for a whole":   {Text: Text{Column: FieldResult, Whole: true}},
		"a whole of no column":  {Text: Text{Whole: true}},
		"a whole of data":       {Text: Text{Column: "data", Word: "x", Whole: true}},
		"a whole that is long":  {Text: Text{Column: FieldResult, Word: strings.Repeat("x", MaxWord+1), Whole: true}},
	} {
		_, err := b.List(t.Context(), Query{Page: 1, Size: 1, Filter: f})
		each := b.Each(t.Context(), f, false, func([]Record) error { return nil })
		f.Since, f.Until = cmp.Or(f.Since, now.Add(-time.Hour)), cmp.Or(f.Until, now)
		_, histogram := b.Histogram(t.Context(), f, time.Minute)
		for _, err := range []error{err, each, histogram} {
			if !errors.Is(err, ErrFilter) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, f := range []Filter{{}, {Since: now}, {Since: now.Add(-2 * MaxSpans * time.Second), Until: now}} {
		if _, err := b.Histogram(t.Context(), f, time.Second); !errors.Is(err, ErrFilter) {
			t.Errorf("histogram of %+v: %v", f, err)
		}
	}
}
