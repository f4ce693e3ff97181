package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
)

// estimateTime is how long pushes are looked at one by one after they were counted.
const estimateTime = 2 * time.Second

// Estimate is what a job selects: how many pushes, how old.
type Estimate struct {
	Until  time.Time // of the filter, or now: ordered with it, the job takes nothing that came since
	Count  int64
	Exact  bool   // false: there was no time to count all, and there are at least so many
	Oldest string // accepted_at of the oldest; empty if there is none
	// PastTTL is how many are past their ttl, to be redriven: they were of use for so long,
	// and would get the whole of it anew. PastExact is false if there may be more.
	PastTTL   int64
	PastExact bool
}

// Estimate returns what a job would select if it were ordered now. Ctx bounds the
// count; if its deadline ends it, the estimate says so.
func (e *Engine) Estimate(ctx context.Context, k Kind, f pushlog.Filter) (s Estimate, err error) {
	if err := k.check(f); err != nil {
		return s, err
	}
	now, err := redisclock.Time(ctx, e.rdb, listKey(e.keys))
	if err != nil {
		return s, err
	}
	newest, err := newestAccepted(ctx, e.rdb, e.keys)
	if err != nil {
		return s, err
	}
	until := time.UnixMilli(max(now.UnixMilli(), newest) + 1)
	if f.Until.IsZero() || f.Until.After(until) {
		f.Until = until
	}
	s.Until = f.Until
	if !f.Since.IsZero() && !f.Since.Before(f.Until) { // a period that has not begun
		s.Exact, s.PastExact = true, true
		return s, nil
	}
	if s.Count, s.Oldest, s.Exact, err = e.Count(ctx, k, f); err != nil {
		return s, err
	}
	if k != Redrive || s.Count == 0 {
		s.PastExact = s.Exact
		return s, nil
	}
	s.PastTTL, s.PastExact, err = e.countPastTTL(ctx, f, now)
	return s, err
}

// Count returns how many pushes a job would select if it were ordered now, and when
// the oldest of them was accepted. If ctx ends by its deadline before they are counted,
// exact is false, and there are at least so many.
func (e *Engine) Count(ctx context.Context, k Kind, f pushlog.Filter) (n int64, oldest string, exact bool, err error) {
	if err := k.check(f); err != nil {
		return 0, "", false, err
	}
	page, err := e.log.List(ctx, pushlog.Query{Filter: f, Page: 1, Size: 1, Oldest: true})
	if err != nil {
		return 0, "", false, fmt.Errorf("count pushes: %w", err)
	}
	if len(page.Records) > 0 {
		oldest = page.Records[0].AcceptedAt
	}
	return page.Total, oldest, page.Exact, nil
}

// countPastTTL walks through what a job would, and counts what is past its ttl.
func (e *Engine) countPastTTL(ctx context.Context, f pushlog.Filter, now time.Time) (count int64, exact bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, estimateTime)
	defer cancel()
	for n := range e.keys.Partitions {
		at := &plan{}
		for !at.End {
			next, records, err := e.walk(ctx, f, n, *at, f.Until.UnixMilli())
			if err != nil {
				if errors.Is(ctx.Err(), context.DeadlineExceeded) {
					return count, false, nil
				}
				return count, false, err
			}
			for i := range records {
				if pastTTL(&records[i], now) {
					count++
				}
			}
			at = next
		}
	}
	return count, true, nil
}

// pastTTL reports whether a push is older than the ttl that it came with. What was redriven
// got its ttl anew; unless it was reserved, it is as old as when it was accepted.
func pastTTL(r *pushlog.Record, now time.Time) bool {
	ends, err := time.Parse(pushlog.TimeFormat, r.ExpiresAt)
	if at, failed := time.Parse(pushlog.TimeFormat, r.AcceptedAt); failed == nil && r.SndnRsevHour == "" && (err != nil || len(r.Redrives) > 0) {
		ends, err = at.Add(time.Duration(r.TTL)*time.Second), nil
	}
	return err == nil && ends.Before(now)
}
