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
	states := append([]push.Status{push.Failed}, codedStates...)
	codes := []push.Code{push.CodeUnregistered, push.CodeUnavailable, push.CodePoison, push.CodeInternal}
	for _, tc := range []struct{ partitions, n, failed int }{{1, 0, 1}, {1, 300, 9}, {3, 300, 9}, {1, 300, 1}, {3, 300, 1}, {2, 5000, 5}} {
		t.Run(fmt.Sprintf("%+v", tc), func(t *testing.T) {
			t.Parallel()
			b := setup(t, tc.partitions)
			r := rand.New(rand.NewPCG(7, uint64(tc.n)))
			want := map[push.Code]*CodeCount{}
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
				at := accepted(z.Score)
				c := want[code]
				if c == nil {
					c = &CodeCount{code, 0, at, at}
					want[code] = c
				}
				c.Count, c.First, c.Last = c.Count+1, min(c.First, at), max(c.Last, at)
			}
			if _, err := pipe.Exec(t.Context()); err != nil && tc.n > 0 {
				t.Fatal(err)
			}
			got, exact, err := b.Failures(t.Context())
			if err != nil || !exact || got == nil || len(got) != len(want) {
				t.Fatalf("%+v, %v, %v", got, exact, err)
			}
			for i, c := range got {
				if w := want[c.Code]; w == nil || c != *w {
					t.Errorf("%+v, want %+v", c, w)
				}
				if i > 0 && got[i-1].Count < c.Count {
					t.Errorf("not by count: %+v", got)
				}
			}
		})
	}
}

func TestFailuresInTime(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.putInIndexes(t, "a", 5, push.Failed, push.CodeInternal)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if got, exact, err := b.Failures(ctx); err != nil || exact || !slices.Equal(got, []CodeCount{}) {
		t.Errorf("%v, %v, %v", got, exact, err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if _, _, err := b.Failures(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
