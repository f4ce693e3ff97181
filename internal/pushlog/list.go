package pushlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pushstream/internal/push"
)

const (
	tellEvery  = 100 * time.Millisecond
	eachStep   = 200             // records that Each hands on together
	lateAnswer = 2 * time.Second // for a page whose time is up to be read
)

// List returns one page; it looks at everything that it must, until ctx ends. If
// that is by its deadline, it returns what it has by then, with Exact false.
// A page behind the last one is empty. Within one AsOf the pages of a filter that
// names nothing that changes stay as they are while new pushes arrive.
func (l *Log) List(ctx context.Context, q Query) (Page, error) {
	var page Page
	var records []Record
	err := l.Search(ctx, q, func(p Page) error {
		page = p
		if records == nil {
			records = p.Records
		}
		return nil
	})
	page.Records = records
	return page, err
}

// Search is List that tells how far it has come, as soon as the page is full and
// then from time to time; the last call has the final counts.
func (l *Log) Search(ctx context.Context, q Query, tell Progress) error {
	if q.Page < 1 || q.Size < 1 || q.Size > MaxPageSize {
		return fmt.Errorf("%w: page %d of size %d: page must be at least 1, size 1 to %d", ErrFilter, q.Page, q.Size, MaxPageSize)
	}
	if err := q.Validate(); err != nil {
		return err
	}
	told := false
	err := l.search(ctx, q, func(p Page) error {
		told = true
		return tell(p)
	})
	if err != nil && !told && timeIsUp(ctx) {
		return tell(Page{Records: []Record{}, AsOf: q.AsOf})
	}
	return err
}

// timeIsUp says that it is the deadline that ended ctx. What came of a question to
// Redis by then may be an error of the network instead.
func timeIsUp(ctx context.Context) bool { return errors.Is(ctx.Err(), context.DeadlineExceeded) }

func (l *Log) search(ctx context.Context, q Query, tell Progress) error {
	asOf, err := l.closed(ctx)
	if err != nil {
		return err
	}
	if !q.AsOf.IsZero() {
		asOf = min(asOf, q.AsOf.UnixMilli())
	}
	p, err := l.plan(ctx, q.Filter, asOf, q.Oldest)
	if err != nil {
		return err
	}
	newer, err := l.count(ctx, span{asOf + 1, 1 << 52}, l.all())
	if err != nil {
		return err
	}
	page := Page{Newer: newer, AsOf: time.UnixMilli(asOf).UTC(), How: p.how}
	if p.how == ByIndex {
		return l.searchIndex(ctx, q, p, page, tell)
	}
	in := p.in
	if p.how == ByScan {
		in = l.all()
	}
	if page.Of, err = l.count(ctx, p.span, in); err != nil {
		return err
	}
	return l.searchThrough(ctx, q, p, page, tell)
}

// all are the indexes of everything.
func (l *Log) all() []index {
	return l.indexes(func(p Partition) []string { return []string{p.Index()} })
}

// searchIndex finds a page by counting.
func (l *Log) searchIndex(ctx context.Context, q Query, p *plan, page Page, tell Progress) error {
	skip, size := int64(q.Page-1)*int64(q.Size), int64(q.Size)
	page.Exact = true
	var members []member
	var err error
	if len(p.in) == 1 && len(p.out) == 0 {
		members, page.Total, err = l.ranked(ctx, p, skip, size)
	} else {
		members, page.Total, err = l.counted(ctx, p, skip, size)
	}
	if err != nil {
		return err
	}
	if page.Records, err = l.records(ctx, members); err != nil {
		return err
	}
	return tell(page)
}

// counted returns the members of a page of a plan ByIndex with several indexes.
func (l *Log) counted(ctx context.Context, p *plan, skip, size int64) ([]member, int64, error) {
	if p.span.empty() {
		return nil, 0, nil
	}
	totals, err := l.size(ctx, p, p.span)
	if err != nil || skip >= totals[0] {
		return nil, totals[0], err
	}
	start, before, err := l.startOf(ctx, p, skip)
	if err != nil {
		return nil, 0, err
	}
	rest := *p
	if p.oldest {
		rest.span.from = start
	} else {
		rest.span.to = start
	}
	skip = max(0, skip-before)
	var members []member
	for h, err := range l.found(ctx, &rest, wants{members: true}) {
		if err != nil {
			return nil, 0, err
		}
		some := h.members
		dropped := min(skip, int64(len(some)))
		skip -= dropped
		members = append(members, some[dropped:]...)
		if int64(len(members)) >= size {
			return members[:size], totals[0], nil
		}
	}
	return members, totals[0], nil
}

// found are the pushes of a plan, in its order if they have members, or if there is
// one partition; else each partition's in its order.
func (l *Log) found(ctx context.Context, p *plan, want wants) source {
	var sources []source
	if p.how == ByScan {
		for _, partition := range l.keys.All() {
			sources = append(sources, l.scan(ctx, partition, p, want))
		}
	} else {
		check := p.how == ByWalk || len(p.out) > 0
		for _, i := range p.in {
			sources = append(sources, l.walk(ctx, i, p.span, p, check, want))
		}
	}
	if want.members {
		return merge(sources, p.oldest)
	}
	return func(yield func(hits, error) bool) {
		for _, s := range sources {
			for h, err := range s {
				if !yield(h, err) {
					return
				}
			}
		}
	}
}

// searchThrough finds a page by looking at everything.
func (l *Log) searchThrough(ctx context.Context, q Query, p *plan, page Page, tell Progress) error {
	skip := (q.Page - 1) * q.Size
	var members []member
	shown := false
	// show tells with the records, unless it has, even if the time is just up.
	show := func() error {
		now := page
		if !shown {
			answer, cancel := context.WithTimeout(context.WithoutCancel(ctx), lateAnswer)
			defer cancel()
			var err error
			if now.Records, err = l.records(answer, members); err != nil {
				return err
			}
		}
		shown = true
		return tell(now)
	}
	place := 0 // of the next hit
	told := time.Now()
	// Several sources are in one order only if their hits can be compared.
	for h, err := range l.found(ctx, p, wants{members: l.keys.Partitions > 1 || len(p.in) > 1}) {
		if err != nil {
			if timeIsUp(ctx) {
				return show()
			}
			return err
		}
		from, to := max(skip-place, 0), min(skip+q.Size-place, h.n)
		if from < to {
			some, err := l.lookUp(ctx, h, from, to)
			if err != nil && timeIsUp(ctx) {
				return show()
			}
			if err != nil {
				return err
			}
			members = append(members, some...)
		}
		place += h.n
		page.Total += int64(h.n)
		page.Looked += h.looked
		due := time.Since(told) >= tellEvery
		switch {
		case !shown && place >= skip+q.Size || shown && due:
			err = show()
		case due: // the page is not full yet
			err = tell(page)
		default:
			continue
		}
		if err != nil {
			return err
		}
		told = time.Now()
	}
	page.Exact = true
	return show()
}

// Each calls do with the records of a filter, some hundred at a time, in the
// order of their acceptance, until do returns an error. Records that vanish
// meanwhile are left out.
func (l *Log) Each(ctx context.Context, f Filter, oldest bool, do func([]Record) error) error {
	if err := f.Validate(); err != nil {
		return err
	}
	asOf, err := l.closed(ctx)
	if err != nil {
		return err
	}
	p, err := l.plan(ctx, f, asOf, oldest)
	if err != nil {
		return err
	}
	for h, err := range l.found(ctx, p, wants{members: true}) {
		if err != nil {
			return err
		}
		for members := range slices.Chunk(h.members, eachStep) {
			records, err := l.records(ctx, members)
			if err != nil {
				return err
			}
			if len(records) == 0 {
				continue
			}
			if err := do(records); err != nil {
				return err
			}
		}
	}
	return nil
}

// Histogram counts the pushes of a filter that were accepted in [Since, Until),
// both of which must be given, in spans of a length; at most MaxSpans.
func (l *Log) Histogram(ctx context.Context, f Filter, length time.Duration) (Histogram, error) {
	var h Histogram
	if err := f.Validate(); err != nil {
		return h, err
	}
	if f.Since.IsZero() || f.Until.IsZero() || length < time.Second || f.Until.Sub(f.Since) > MaxSpans*length {
		return h, fmt.Errorf("%w: a histogram needs since and until, and spans of at least a second, at most %d of them", ErrFilter, MaxSpans)
	}
	for at := f.Since; at.Before(f.Until); at = at.Add(length) {
		h.Spans = append(h.Spans, Span{At: at, Counts: map[push.Status]int64{}})
	}
	asOf, err := l.closed(ctx)
	if err != nil {
		return h, err
	}
	p, err := l.plan(ctx, f, asOf, true)
	if err != nil {
		return h, err
	}
	h.How, h.Exact = p.how, true
	if p.none {
		return h, nil
	}
	if p.how == ByIndex && len(p.filter.exact()) == 0 {
		return h, l.countSpans(ctx, p, length, h.Spans)
	}
	if p.how == ByIndex {
		h.How = ByWalk
	}
	for found, err := range l.found(ctx, p, wants{times: true, statuses: true}) {
		if err != nil && timeIsUp(ctx) {
			h.Exact = false
			return h, nil
		}
		if err != nil {
			return h, err
		}
		for i, ms := range found.ms {
			s := &h.Spans[time.UnixMilli(ms).Sub(f.Since)/length]
			s.Total++
			s.Counts[found.statuses[i]]++
		}
	}
	return h, nil
}

// countSpans counts each span in the indexes of the states.
func (l *Log) countSpans(ctx context.Context, p *plan, length time.Duration, spans []Span) error {
	const step = 100 // spans in one round trip
	statuses := p.filter.Statuses
	if len(statuses) == 0 {
		statuses = push.Statuses()
	}
	for some := range slices.Chunk(spans, step) {
		var ranges []span
		for _, s := range some {
			f := Filter{Since: s.At, Until: s.At.Add(length)}
			if f.Until.After(p.filter.Until) {
				f.Until = p.filter.Until
			}
			ranges = append(ranges, f.span(p.span.to))
		}
		left, err := l.countAll(ctx, ranges, l.all())
		if err != nil {
			return err
		}
		for _, status := range push.Statuses() {
			if status == push.Sent {
				continue
			}
			counts, err := l.countAll(ctx, ranges, l.indexes(func(p Partition) []string { return []string{p.StatusIndex(status)} }))
			if err != nil {
				return err
			}
			for i, n := range counts {
				left[i] = max(0, left[i]-n)
				some[i].add(status, n, statuses)
			}
		}
		for i, n := range left {
			some[i].add(push.Sent, n, statuses)
		}
	}
	return nil
}

// add counts pushes in a state, if that is one that is asked for.
func (s *Span) add(status push.Status, n int64, asked []push.Status) {
	if n > 0 && slices.Contains(asked, status) {
		s.Counts[status] += n
		s.Total += n
	}
}

// records reads the records of members, in their order. One that vanished
// since the index was read is left out.
func (l *Log) records(ctx context.Context, members []member) ([]Record, error) {
	records := make([]Record, 0, len(members))
	if len(members) == 0 {
		return records, nil
	}
	hashes, err := l.hashes(ctx, members)
	if err != nil {
		return nil, err
	}
	for i, m := range members {
		if len(hashes[i]) > 0 {
			records = append(records, parseRecord(m.id, hashes[i]))
		}
	}
	return records, nil
}
