package apikey

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
)

// calls is how often Redis was asked by a command.
func calls(t *testing.T, rdb *redis.Client, command string) int {
	t.Helper()
	info, err := rdb.Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if _, rest, ok := strings.Cut(info, "cmdstat_"+command+":calls="); ok {
		if _, err := fmt.Sscan(strings.SplitN(rest, ",", 2)[0], &n); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func made(i int) string { return fmt.Sprintf("%s%043d", secretPrefix, i) }

// Made-up keys don't reach Redis one by one, and don't delay those that there are.
func TestGuardOfMadeUpKeys(t *testing.T) {
	t.Parallel()
	s, rdb := setup(t)
	g := NewGuard(s)
	secret := add(t, s, "shop")
	var all sync.WaitGroup
	for i := range 2000 {
		all.Go(func() {
			if _, err := g.Check(context.Background(), made(i)); !errors.Is(err, ErrUnknown) {
				t.Errorf("%v", err)
			}
		})
	}
	for range 100 {
		if name, err := g.Check(t.Context(), secret); name != "shop" || err != nil {
			t.Errorf("%q %v", name, err)
		}
	}
	all.Wait()
	if lists, gets := calls(t, rdb, "hkeys"), calls(t, rdb, "hget"); lists > 50 || gets > 110 {
		t.Errorf("%d lists, %d gets", lists, gets)
	}
}

// Many requests with one key ask for it once at a time.
func TestGuardOfOneKey(t *testing.T) {
	t.Parallel()
	s, rdb := setup(t)
	g := NewGuard(s)
	secret := add(t, s, "shop")
	if _, err := g.Check(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if err := rdb.Do(t.Context(), "CLIENT", "PAUSE", "300", "ALL").Err(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			if name, err := g.Check(context.Background(), secret); name != "shop" || err != nil {
				t.Errorf("%q %v", name, err)
			}
		})
	}
	all.Wait()
	if gets := calls(t, rdb, "hget"); gets > 500 {
		t.Errorf("%d gets", gets)
	}
}

// A key that is added works, one that is removed does not.
func TestGuardSeesChanges(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	g := NewGuard(s)
	for range 3 {
		secret := add(t, s, "shop")
		if name, err := g.Check(t.Context(), secret); name != "shop" || err != nil {
			t.Errorf("%q %v", name, err)
		}
		if err := s.Remove(t.Context(), "shop"); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Check(t.Context(), secret); !errors.Is(err, ErrUnknown) {
			t.Errorf("%v", err)
		}
	}
	for _, secret := range []string{"", "x", "psk_", secretPrefix + strings.Repeat("x", 10_000)} {
		if _, err := g.Check(t.Context(), secret); !errors.Is(err, ErrUnknown) {
			t.Errorf("%.10q: %v", secret, err)
		}
	}
}

func TestGuardWithoutRedis(t *testing.T) {
	t.Parallel()
	s, rdb := setup(t)
	g := NewGuard(s)
	secret := add(t, s, "shop")
	if _, err := g.Check(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	rdb.Close()
	for _, one := range []string{secret, made(1)} {
		if _, err := g.Check(t.Context(), one); err == nil || errors.Is(err, ErrUnknown) {
			t.Error(err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Check(ended, made(2)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
