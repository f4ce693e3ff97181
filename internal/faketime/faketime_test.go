package faketime_test

import (
	"testing"
	"time"

	"pushstream/internal/redistest"
)

// A redis-server that has the clock goes by it at once, also for the life of keys, and
// after a restart.
func TestRedisGoesByTheClock(t *testing.T) {
	t.Parallel()
	srv := redistest.NewSteppable(t)
	rdb := srv.Client(t)
	ahead := func() time.Duration {
		t.Helper()
		at, err := rdb.Time(t.Context()).Result()
		if err != nil {
			t.Fatal(err)
		}
		return time.Until(at).Round(5 * time.Second)
	}
	for _, want := range []time.Duration{0, -10 * time.Minute, 90 * time.Second, 240 * time.Hour, 0} {
		srv.SetClock(t, want)
		if got := ahead(); got != want {
			t.Errorf("it is %v ahead, not %v", got, want)
		}
	}
	if err := rdb.Set(t.Context(), "key", "", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	srv.SetClock(t, 2*time.Minute)
	if rdb.Exists(t.Context(), "key").Val() != 0 {
		t.Error("a key outlives its time")
	}
	srv.Kill()
	srv.Start(t)
	if got := ahead(); got != 2*time.Minute {
		t.Errorf("after a restart it is %v ahead", got)
	}
}
