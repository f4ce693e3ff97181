package jobs

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// olden has a push look as if it had been handed in earlier, and its ttl be over if it is
// shorter than that.
func (b *bundle) olden(t testing.TB, id string, by time.Duration) {
	t.Helper()
	p := b.keys.Of(id)
	for _, field := range []string{pushlog.FieldAcceptedAt, pushlog.FieldExpiresAt} {
		at, err := time.Parse(pushlog.TimeFormat, b.rdb.HGet(t.Context(), p.Record(id), field).Val())
		if err != nil {
			t.Fatal(err)
		}
		b.rdb.HSet(t.Context(), p.Record(id), field, at.Add(-by).Format(pushlog.TimeFormat))
		for _, index := range []string{p.Index(), p.StatusIndex(push.Failed), p.ErrorCodeIndex(push.CodeThirdPartyAuth)} {
			if field == pushlog.FieldAcceptedAt && b.rdb.ZScore(t.Context(), index, id).Err() == nil {
				b.rdb.ZIncrBy(t.Context(), index, -float64(by.Milliseconds()), id)
			}
		}
	}
}

// What a redrive would take is told as it is: how many, since when, and how many of them
// are older than they were to be of use.
func TestEstimate(t *testing.T) {
	t.Parallel()
	b := setup(t, 3)
	var jobs []push.Job
	for n := range 300 {
		jobs = append(jobs, job(fmt.Sprintf("j%03d", n)))
	}
	b.accept(t, jobs...)
	b.failAll(t, push.CodeThirdPartyAuth)
	for n := range 250 { // more than a step in each partition
		b.olden(t, fmt.Sprintf("j%03d", n), 29*24*time.Hour)
	}
	b.olden(t, "j260", 30*time.Minute) // not past its ttl
	w, failed := b.engine("a"), pushlog.Filter{Statuses: []push.Status{push.Failed}, ErrorCode: push.CodeThirdPartyAuth}
	oldest := func(id string) string { return b.get(t, id).AcceptedAt }
	check := func(f pushlog.Filter, count, past int64, oldest string) (until time.Time) {
		t.Helper()
		e, err := w.Estimate(t.Context(), Redrive, f)
		if err != nil || e.Count != count || !e.Exact || e.PastTTL != past || !e.PastExact || e.Oldest[:min(10, len(e.Oldest))] != oldest[:min(10, len(oldest))] {
			t.Errorf("%+v: %+v, %v; want %d, %d past their ttl, the oldest of %s", f, e, err, count, past, oldest)
		}
		return e.Until
	}
	until := check(failed, 300, 250, oldest("j000"))
	lastDay := failed
	lastDay.Since = time.Now().Add(-24 * time.Hour)
	check(lastDay, 50, 0, oldest("j260"))
	check(pushlog.Filter{Statuses: []push.Status{push.Expired}}, 0, 0, "")
	future := failed
	future.Since = time.Now().Add(time.Hour)
	check(future, 0, 0, "")

	// Ordered with its bound, the job takes nothing that came since.
	time.Sleep(2 * time.Millisecond)
	b.accept(t, job("later"))
	b.failAll(t, push.CodeThirdPartyAuth)
	lastDay.Until = until
	if j := b.finish(t, w, b.order(t, Redrive, lastDay)); j.Changes[stream.ChangeQueued] != 50 || j.Matched != 50 {
		t.Errorf("%+v", j)
	}
	if r := b.get(t, "later"); r.Status != push.Failed {
		t.Errorf("%+v", r)
	}
	// A redrive gives a whole ttl anew; the push is not younger for it.
	old := failed
	old.Until = time.Now().Add(-24 * time.Hour)
	check(old, 250, 250, oldest("j000"))
	b.finish(t, w, b.order(t, Redrive, old))
	b.failAll(t, push.CodeThirdPartyAuth)
	check(old, 250, 250, oldest("j000"))
	// A cancel sends nothing.
	if e, err := w.Estimate(t.Context(), Cancel, pushlog.Filter{Statuses: []push.Status{push.Queued}}); err != nil || e.PastTTL != 0 || !e.PastExact {
		t.Errorf("%+v, %v", e, err)
	}
}

// Without the time to look at all, there are at least so many.
func TestEstimateInTime(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.accept(t, job("a"))
	b.failAll(t, push.CodeThirdPartyAuth)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	n, exact, err := b.engine("a").countPastTTL(ctx, pushlog.Filter{Statuses: []push.Status{push.Failed}, Until: time.Now()}, time.Now())
	if n != 0 || exact || err != nil {
		t.Errorf("%d, %v, %v", n, exact, err)
	}
	if _, err := b.engine("a").Estimate(t.Context(), Redrive, pushlog.Filter{Statuses: []push.Status{push.Sent}}); !errors.Is(err, pushlog.ErrFilter) {
		t.Error(err)
	}
}
