package loop

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	firstBackoff = 50 * time.Millisecond
	maxBackoff   = 2 * time.Second
)

// Again is what a pass returns to have the next pass begin at once: there is more to do.
var Again = errors.New("loop: there is more to do")

// Every runs pass until ctx ends, the first time at once. Between two passes it waits the
// interval, shorter or longer by up to half of jitter, so that many processes do not come
// at the same time. A pass that fails is reported to onError, unless ctx has ended, and
// the next one begins after Backoff.
func Every(ctx context.Context, interval, jitter time.Duration, pass func(context.Context) error, onError func(error)) {
	for failures := 0; ctx.Err() == nil; {
		err := pass(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, Again):
			failures = 0
		case err != nil:
			onError(err)
			Backoff(ctx, failures)
			failures++
		default:
			failures = 0
			Sleep(ctx, spread(interval, jitter))
		}
	}
}

// spread is a duration out of interval ± jitter/2.
func spread(interval, jitter time.Duration) time.Duration {
	if jitter <= 0 {
		return interval
	}
	return interval - jitter/2 + rand.N(jitter)
}

// Backoff waits after the nth failure in a row, n from 0: 50 ms doubling to 2 s, half of
// it at random, so that many processes do not come back at the same time. It reports
// false if ctx ended.
func Backoff(ctx context.Context, failures int) bool {
	d := min(firstBackoff<<min(failures, 10), maxBackoff)
	return Sleep(ctx, d/2+rand.N(d/2+1))
}

// Sleep waits for a duration, and reports false if ctx ended before.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
