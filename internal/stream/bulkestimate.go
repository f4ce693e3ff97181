package stream

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

// Estimate is what a bulk job selects: how many pushes, how old.
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

// Estimate returns what a bulk job would select if it were ordered now. Ctx bounds the
// count; if its deadline ends it, the estimate says so.
func (b *Bulk) Estimate(ctx context.Context, k BulkKind, f pushlog.Filter) (e Estimate, err error) {
	if err := k.check(f); err != nil {
		return e, err
	}
	now, err := redisclock.Time(ctx, b.rdb, bulksKey(b.keys))
	if err != nil {
		return e, err
	}
	newest, err := newestAccepted(ctx, b.rdb, b.keys)
	if err != nil {
		return e, err
	}
	until := time.UnixMilli(max(now.UnixMilli(), newest) + 1)
	if f.Until.IsZero() || f.Until.After(until) {
		f.Until = until
	}
	e.Until = f.Until
	if !f.Since.IsZero() && !f.Since.Before(f.Until) { // a period that has not begun
		e.Exact, e.PastExact = true, true
		return e, nil
	}
	if e.Count, e.Oldest, e.Exact, err = b.Count(ctx, k, f); err != nil {
		return e, err
	}
	if k != BulkRedrive || e.Count == 0 {
		e.PastExact = e.Exact
		return e, nil
	}
	e.PastTTL, e.PastExact, err = b.countPastTTL(ctx, f, now)
	return e, err
}

// Count returns how many pushes a bulk job would select if it were ordered now, and when
// the oldest of them was accepted. If ctx ends by its deadline before they are counted,
// exact is false, and there are at least so many.
func (b *Bulk) Count(ctx context.Context, k BulkKind, f pushlog.Filter) (n int64, oldest string, exact bool, err error) {
	if err := k.check(f); err != nil {
		return 0, "", false, err
	}
	page, err := b.log.List(ctx, pushlog.Query{Filter: f, Page: 1, Size: 1, Oldest: true})
	if err != nil {
		return 0, "", false, fmt.Errorf("count pushes: %w", err)
	}
	if len(page.Records) > 0 {
		oldest = page.Records[0].AcceptedAt
	}
	return page.Total, oldest, page.Exact, nil
}

// countPastTTL walks through what a job would, and counts what is past its ttl.
func (b *Bulk) countPastTTL(ctx context.Context, f pushlog.Filter, now time.Time) (n int64, exact bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, estimateTime)
	defer cancel()
	plan := &bulkPlan{}
	for !plan.End {
		next, records, err := b.next(ctx, f, plan, f.Until.UnixMilli())
		if err != nil {
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return n, false, nil
			}
			return n, false, err
		}
		for i := range records {
			if pastTTL(&records[i], now) {
				n++
			}
		}
		plan = next
	}
	return n, true, nil
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
