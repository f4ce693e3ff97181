package loop

import (
	"context"
	"errors"
	"testing"
	"time"
)

// What each pass returns, and what Every does then.
func TestEvery(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	broken := errors.New("broken")
	answers := []error{nil, Again, broken, broken, nil}
	passes, reported := 0, 0
	Every(ctx, time.Millisecond, time.Millisecond, func(context.Context) error {
		if passes == len(answers) {
			cancel()
			return broken // not reported: ctx has ended
		}
		passes++
		return answers[passes-1]
	}, func(err error) {
		if !errors.Is(err, broken) {
			t.Error("reported:", err)
		}
		reported++
	})
	if passes != len(answers) || reported != 2 {
		t.Errorf("%d passes, %d reported", passes, reported)
	}
}

// After Again there is no wait; and nothing runs when ctx has ended before.
func TestEveryGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	passes := 0
	Every(ctx, time.Hour, 0, func(context.Context) error {
		if passes++; passes == 100 {
			cancel()
		}
		return Again
	}, func(err error) { t.Error(err) })
	Every(ctx, time.Hour, 0, func(context.Context) error { t.Error("a pass after the end"); return nil }, nil)
	if passes != 100 {
		t.Error(passes, "passes")
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for range 1000 {
		if d := spread(10*time.Second, 4*time.Second); d < 8*time.Second || d >= 12*time.Second {
			t.Fatal(d)
		}
	}
	if d := spread(time.Second, 0); d != time.Second {
		t.Error(d)
	}
}

func TestSleepAndBackoffEndWithTheContext(t *testing.T) {
	t.Parallel()
	if !Sleep(t.Context(), 0) || !Backoff(t.Context(), 0) {
		t.Error("the context has not ended")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if Sleep(ctx, time.Hour) || Sleep(ctx, 0) || Backoff(ctx, 1000) {
		t.Error("the context has ended")
	}
}
