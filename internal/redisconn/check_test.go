package redisconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pushstream/internal/redistest"
)

var quiet = zap.NewNop()

func TestCheckRefusesEviction(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"allkeys-lru", "volatile-ttl", "allkeys-random"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			s := redistest.New(t, "--maxmemory-policy", policy)
			err := Wait(timeout(t), openURL(t, s.URL()), quiet, nil)
			if !errors.Is(err, ErrUnfit) {
				t.Fatal(err)
			}
			for _, part := range []string{policy, "CONFIG SET maxmemory-policy noeviction"} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("no word of %q: %v", part, err)
				}
			}
		})
	}
}

func TestMendedAsTheErrorSays(t *testing.T) {
	t.Parallel()
	s := redistest.New(t, "--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb")
	c := openURL(t, s.URL())
	if err := Check(timeout(t), c); !errors.Is(err, ErrUnfit) {
		t.Fatal(err)
	}
	must(t, c.ConfigSet(t.Context(), "maxmemory-policy", "noeviction"))
	if err := Check(timeout(t), c); err != nil {
		t.Error(err)
	}
}

// A wrong password is not waited out: it does not mend itself.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	addr, c := overTCP(t)
	must(t, c.ACLSetUser(t.Context(), "reader", "on", ">reading-one", "~*", "+get"))
	must(t, c.ConfigSet(t.Context(), "requirepass", "right-one"))
	for name, rawURL := range map[string]string{
		"none":                    "redis://" + addr,
		"wrong":                   "redis://:wrong-one@" + addr,
		"of nobody":               "redis://nobody:wrong-one@" + addr,
		"of one who may not look": "redis://reader:reading-one@" + addr,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Wait(timeout(t), openURL(t, rawURL), quiet, nil)
			if !errors.Is(err, ErrUnfit) || !strings.Contains(err.Error(), "REDIS_URL") {
				t.Errorf("error %v", err)
			}
			if strings.Contains(err.Error(), "-one") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

func TestWaitUntilTheServerStarts(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	c := openURL(t, s.URL())
	s.Kill()
	core, logs := observer.New(zapcore.WarnLevel)
	done := make(chan error, 1)
	go func() { done <- Wait(timeout(t), c, zap.New(core), nil) }()
	for logs.Len() < 2 { // it has tried, and tries again
		select {
		case err := <-done:
			t.Fatalf("it did not wait: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	s.Start(t)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if first := logs.All()[0]; first.Message != "waiting for Redis" || first.ContextMap()["error"] == nil {
		t.Errorf("%+v", first)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c := openURL(t, "unix://"+filepath.Join(os.TempDir(), "pushstream-nobody-listens"))
	ctx, cancel := context.WithCancel(t.Context())
	core, logs := observer.New(zapcore.WarnLevel)
	done := make(chan error, 1)
	go func() { done <- Wait(ctx, c, zap.New(core), nil) }()
	for logs.Len() == 0 {
		select {
		case err := <-done:
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A server that is loading its data, or has just become a replica, is waited
// for; an error of the moment is not ErrUnfit.
func TestAwayIsNotUnfit(t *testing.T) {
	t.Parallel()
	err := Check(timeout(t), openURL(t, "redis://:secret@127.0.0.1:1"))
	if err == nil || errors.Is(err, ErrUnfit) || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

// What is to be prepared is tried again as Redis itself is, unless it is unfit.
func TestWaitPrepares(t *testing.T) {
	t.Parallel()
	c := redistest.New(t).Client(t)
	n := 0
	err := Wait(timeout(t), c, quiet, func(context.Context) error {
		if n++; n < 3 {
			return io.EOF
		}
		return nil
	})
	if err != nil || n != 3 {
		t.Errorf("prepared %d times: %v", n, err)
	}
	unfit := fmt.Errorf("%w: no", ErrUnfit)
	if err := Wait(timeout(t), c, quiet, func(context.Context) error { return unfit }); !errors.Is(err, ErrUnfit) {
		t.Errorf("unfit: %v", err)
	}
}
