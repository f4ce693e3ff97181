package pushlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// It counts what a look at every push counts, whichever are fewer: the failed ones, or
// the others that have a code.
func TestFailures(t *testing.T) {
	t.Parallel()
	const day = 1795478400000 // 2026-11-24T00:00:00Z
	states := push.CodedStatuses()
	codes := []push.Code{push.CodeUnregistered, push.CodeUnavailable, push.CodePoison, push.CodeInternal}
	for _, tc := range []struct{ partitions, n, failed int }{{1, 0, 1}, {1, 300, 9}, {3, 300, 9}, {1, 300, 1}, {3, 300, 1}, {2, 5000, 5}} {
		t.Run(fmt.Sprintf("%+v", tc), func(t *testing.T) {
			t.Parallel()
			b := setup(t, tc.partitions)
			r := rand.New(rand.NewPCG(7, uint64(tc.n)))
			var all []failure
			pipe := b.rdb.Pipeline()
			for i := range tc.n {
				status, code := push.Failed, codes[r.IntN(len(codes))]
				if r.IntN(10) >= tc.failed {
					status = states[r.IntN(len(states))]
				}
				id, ms := fmt.Sprint("p", i), int64(day+r.IntN(1_000_000))
				p, z := b.keys.Of(id), redis.Z{Score: float64(ms), Member: id}
				pipe.ZAdd(t.Context(), p.StatusIndex(status), z)
				pipe.ZAdd(t.Context(), p.ErrorCodeIndex(code), z)
				if status != push.Failed {
					continue
				}
				all = append(all, failure{code, ms})
			}
			if _, err := pipe.Exec(t.Context()); err != nil && tc.n > 0 {
				t.Fatal(err)
			}
			check := func(since, until time.Time) {
				t.Helper()
				want := model(all, since, until)
				got, exact, err := b.Failures(t.Context(), since, until)
				if err != nil || !exact || got == nil || len(got) != len(want) {
					t.Fatalf("%v to %v: %+v, %v, %v; want %d", since, until, got, exact, err, len(want))
				}
				for i, c := range got {
					if w := want[c.Code]; w == nil || c != *w {
						t.Errorf("%v to %v: %+v, want %+v", since, until, c, w)
					}
					if i > 0 && got[i-1].Count < c.Count {
						t.Errorf("not by count: %+v", got)
					}
				}
			}
			check(time.Time{}, time.Time{})
			for range 20 {
				from, to := time.UnixMilli(day+r.Int64N(1_000_000)), time.UnixMilli(day+r.Int64N(1_000_000))
				if len(all) > 0 && r.IntN(2) == 0 { // at the millisecond of a push
					from = time.UnixMilli(all[r.IntN(len(all))].ms)
				}
				check(from, time.Time{})
				check(time.Time{}, from)
				check(time.Time{}, from.Add(time.Microsecond))
				if from.Before(to) {
					check(from, to)
				}
			}
			check(time.UnixMilli(day+2_000_000), time.Time{})
		})
	}
	if _, _, err := setup(t, 1).Failures(t.Context(), time.UnixMilli(2), time.UnixMilli(1)); !errors.Is(err, ErrFilter) {
		t.Error(err)
	}
}

// failure is a push that has failed.
type failure struct {
	code push.Code
	ms   int64
}

// model counts failures one by one.
func model(all []failure, since, until time.Time) map[push.Code]*CodeCount {
	want := map[push.Code]*CodeCount{}
	for _, f := range all {
		if at := time.UnixMilli(f.ms); at.Before(since) || !until.IsZero() && !at.Before(until) {
			continue
		}
		at := accepted(float64(f.ms))
		c := want[f.code]
		if c == nil {
			c = &CodeCount{f.code, 0, at, at}
			want[f.code] = c
		}
		c.Count, c.First, c.Last = c.Count+1, min(c.First, at), max(c.Last, at)
	}
	return want
}

func TestFailuresInTime(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.putInIndexes(t, "a", 5, push.Failed, push.CodeInternal)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if got, exact, err := b.Failures(ctx, time.Time{}, time.Time{}); err != nil || exact || !slices.Equal(got, []CodeCount{}) {
		t.Errorf("%v, %v, %v", got, exact, err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if _, _, err := b.Failures(ctx, time.Time{}, time.Time{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
