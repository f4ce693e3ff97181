package loop

import (
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redistest"
)

func TestLock(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	rdb := redistest.New(t).Client(t)
	one, two := NewLock(rdb, "k", "one", time.Minute), NewLock(rdb, "k", "two", time.Minute)
	has := func(want string) {
		t.Helper()
		if got, err := rdb.Get(ctx, "k").Result(); got != want || err != nil && !errors.Is(err, redis.Nil) {
			t.Errorf("the lock is %q's, want %q (%v)", got, want, err)
		}
		if ttl := rdb.PTTL(ctx, "k").Val(); want != "" && (ttl <= 0 || ttl > time.Minute) {
			t.Error("its TTL is", ttl)
		}
	}
	acquire := func(l *Lock, want bool) {
		t.Helper()
		now, err := l.Acquire(ctx)
		if err != nil || now.IsZero() == want {
			t.Error("acquire:", now, err)
		}
		if diff := time.Since(now).Abs(); want && diff > time.Minute {
			t.Error("Redis's time:", now)
		}
	}
	if _, err := one.Renew(ctx); !errors.Is(err, ErrLost) {
		t.Error("renewed what was never acquired:", err)
	}
	acquire(one, true)
	acquire(one, true) // twice: the reply was lost
	acquire(two, false)
	has("one")
	if now, err := one.Renew(ctx); err != nil || now.IsZero() {
		t.Error("renew:", now, err)
	}

	// What another owns is neither renewed nor released.
	if _, err := two.Renew(ctx); !errors.Is(err, ErrLost) {
		t.Error("renewed another's:", err)
	}
	if err := two.Release(ctx); err != nil {
		t.Error(err)
	}
	has("one")

	// It runs out; the next one has it, and the one before leaves it alone.
	rdb.Del(ctx, "k")
	acquire(two, true)
	if _, err := one.Renew(ctx); !errors.Is(err, ErrLost) {
		t.Error("renewed what was lost:", err)
	}
	if err := one.Release(ctx); err != nil {
		t.Error(err)
	}
	has("two")
	for range 2 {
		if err := two.Release(ctx); err != nil {
			t.Error(err)
		}
		has("")
	}

	// One that would last longer than it may is from before the clock was set back.
	rdb.Set(ctx, "k", "two", time.Hour)
	acquire(one, true)
	has("one")
}

// A lock is got and given up while Redis has no memory for anything else.
func TestLockWithoutMemory(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	rdb := redistest.New(t).Client(t)
	if err := rdb.ConfigSet(ctx, "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	l := NewLock(rdb, "k", "one", time.Minute)
	if now, err := l.Acquire(ctx); err != nil || now.IsZero() {
		t.Error("acquire:", now, err)
	}
	if _, err := l.Renew(ctx); err != nil {
		t.Error(err)
	}
	if err := l.Release(ctx); err != nil || rdb.Exists(ctx, "k").Val() != 0 {
		t.Error("release:", err)
	}
}

// A key of another type, and a Redis that is away, are errors and no lock.
func TestLockErrors(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := redistest.New(t)
	rdb := s.Client(t)
	l := NewLock(rdb, "k", "one", time.Minute)
	rdb.RPush(ctx, "k", "x")
	for range 2 {
		if now, err := l.Acquire(ctx); err == nil || !now.IsZero() {
			t.Error("acquired:", now, err)
		}
		if _, err := l.Renew(ctx); err == nil || errors.Is(err, ErrLost) {
			t.Error("renewed:", err)
		}
		if err := l.Release(ctx); err == nil {
			t.Error("released")
		}
		s.Kill()
	}
}
