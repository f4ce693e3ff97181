package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pushstream/internal/corpus"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// longestTarget is for the longest call of Redis in any query.
const longestTarget = "≤ 5"

// query is a kind of query: a new one is made for each measurement.
type query struct {
	name   string
	target string // of p95 in ms
	every  bool   // a full scan: fewer are enough
	do     func(context.Context) error
}

// queries measures each kind.
func (b *logBench) queries(ctx context.Context) ([]result, error) {
	var results []result
	longest := 0.0
	for _, q := range b.kinds() {
		n := b.flags.Queries
		if q.every {
			n = max(1, n/10)
		}
		b.say("%s, %d times", q.name, n)
		some, most, err := b.query(ctx, q, n)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.name, err)
		}
		results, longest = append(results, some...), max(longest, most)
	}
	return append(results, result{"longest call of Redis in all of these (0: none over 0.2)", longest, "ms", longestTarget, b.flags.Queries}), nil
}

// query measures one kind n times, and returns the longest call of Redis in ms.
func (b *logBench) query(ctx context.Context, q query, n int) ([]result, float64, error) {
	if err := q.do(ctx); err != nil { // connections, memory
		return nil, 0, err
	}
	if err := b.slow.reset(ctx); err != nil {
		return nil, 0, err
	}
	took := make([]float64, n)
	for i := range took {
		start := time.Now()
		if err := q.do(ctx); err != nil {
			return nil, 0, err
		}
		took[i] = float64(time.Since(start).Microseconds()) / 1000
	}
	longest, err := b.slow.longest(ctx)
	slices.Sort(took)
	return []result{
		{q.name + ", p50", percentile(took, 0.5), "ms", "", n},
		{"  p95", percentile(took, 0.95), "ms", q.target, n},
		{"  longest call of Redis", longest, "ms", longestTarget, n},
	}, longest, err
}

// kinds are all that is asked of the log.
func (b *logBench) kinds() []query {
	last := max(1, b.rows/100)
	failed, sent := []push.Status{push.Failed}, []push.Status{push.Sent}
	kinds := []query{
		{"page 1", "≤ 10", false, b.page(1)},
		{fmt.Sprintf("page %d", max(1, last/2)), "≤ 10", false, b.page(max(1, last/2))},
		{fmt.Sprintf("page %d", last), "≤ 10", false, b.page(last)},
		{"one customer", "≤ 5", false, b.list(func() pushlog.Filter { return pushlog.Filter{Exact: push.Job{Csno: b.any().Csno}} })},
		{"one device", "≤ 5", false, b.list(func() pushlog.Filter { return pushlog.Filter{Exact: push.Job{DeviceID: b.any().DeviceID}} })},
		{"failed and a day", "≤ 20", false, b.list(func() pushlog.Filter { return b.day(pushlog.Filter{Statuses: failed}) })},
		{"sent and a day", "", false, b.list(func() pushlog.Filter { return b.day(pushlog.Filter{Statuses: sent}) })},
		{"a group and failed", "", false, b.list(func() pushlog.Filter {
			return pushlog.Filter{Exact: push.Job{PushGrpID: b.any().PushGrpID}, Statuses: failed}
		})},
		{"a word in 1 %, until the first page", "≤ 30", false, b.firstPage(contains(push.FieldMsgContents, corpus.Rare))},
	}
	for _, column := range []struct{ name, word, target string }{
		{push.FieldMsgContents, corpus.Absent, "≤ 150"}, {push.FieldMsgTitle, corpus.Absent, ""},
		{push.FieldDeviceID, corpus.AbsentToken, "≤ 300"}, {pushlog.FieldResult, corpus.AbsentToken, ""},
	} {
		kinds = append(kinds, query{"a word in no " + column.name + ", all rows examined", column.target, true,
			b.nowhere(contains(column.name, column.word))})
	}
	return append(kinds,
		query{"histogram of a day by hour", "", false, b.histogram(1, pushlog.Filter{})},
		query{"histogram of a day by hour, failed", "", false, b.histogram(1, pushlog.Filter{Statuses: failed})},
		query{fmt.Sprintf("histogram of %d days by hour, a word in 1 %%", days), "", true, b.histogram(days, contains(push.FieldMsgContents, corpus.Rare))},
	)
}

func contains(column, word string) pushlog.Filter {
	return pushlog.Filter{Text: pushlog.Text{Column: column, Word: word}}
}

// day adds one of the days, at random, to a filter.
func (b *logBench) day(f pushlog.Filter) pushlog.Filter {
	f.Since = time.Now().Add(-time.Duration(1+b.rand.IntN((days-1)*24)) * time.Hour).Add(-24 * time.Hour)
	f.Until = f.Since.Add(24 * time.Hour)
	return f
}

// page reads a page, now newest first, now oldest first.
func (b *logBench) page(n int) func(context.Context) error {
	oldest := false
	return func(ctx context.Context) error {
		oldest = !oldest
		page, err := b.log.List(ctx, pushlog.Query{Page: n, Size: 100, Oldest: oldest})
		if err == nil && (len(page.Records) != 100 && b.rows >= 100 || page.Total < int64(b.rows)) {
			err = fmt.Errorf("%d records, %d in all", len(page.Records), page.Total)
		}
		return err
	}
}

// list reads the first page of a filter.
func (b *logBench) list(filter func() pushlog.Filter) func(context.Context) error {
	return func(ctx context.Context) error {
		page, err := b.log.List(ctx, pushlog.Query{Filter: filter(), Page: 1, Size: 100, Oldest: b.rand.IntN(2) == 0})
		if err == nil && !page.Exact {
			err = errors.New("it was not counted to the end")
		}
		return err
	}
}

// errEnough ends a search that has shown what was wanted.
var errEnough = errors.New("enough")

// firstPage searches until the first page is there.
func (b *logBench) firstPage(f pushlog.Filter) func(context.Context) error {
	return func(ctx context.Context) error {
		found := 0
		err := b.log.Search(ctx, pushlog.Query{Filter: f, Page: 1, Size: 100}, func(p pushlog.Page) error {
			if found = len(p.Records); found > 0 {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		return errors.Join(err, fmt.Errorf("it ended without a page, %d found", found))
	}
}

// nowhere searches for what is not there, to the end.
func (b *logBench) nowhere(f pushlog.Filter) func(context.Context) error {
	return func(ctx context.Context) error {
		page, err := b.log.List(ctx, pushlog.Query{Filter: f, Page: 1, Size: 100})
		if err == nil && (!page.Exact || page.Total != 0 || page.Looked != page.Of || page.Of < int64(b.rows)) {
			err = fmt.Errorf("exact %v, %d found, %d of %d examined", page.Exact, page.Total, page.Looked, page.Of)
		}
		return err
	}
}

// histogram counts some days by the hour.
func (b *logBench) histogram(of int, f pushlog.Filter) func(context.Context) error {
	return func(ctx context.Context) error {
		f := b.day(f)
		if of > 1 {
			f.Until = time.Now()
			f.Since = f.Until.AddDate(0, 0, -of)
		}
		h, err := b.log.Histogram(ctx, f, time.Hour)
		if err == nil && (!h.Exact || len(h.Spans) < of*24) {
			err = fmt.Errorf("exact %v, %d hours", h.Exact, len(h.Spans))
		}
		return err
	}
}
