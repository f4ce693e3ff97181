package launch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if tie := os.Getenv(orphanEnv); tie != "" {
		makeOrphan(tie)
	}
	goleak.VerifyTestMain(m)
}

// shell starts a script; it is gone with the test.
func shell(t *testing.T, script string, env ...string) *Process {
	t.Helper()
	p, err := Start(t.TempDir(), "script", env, "sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// prints waits until the process has printed a text.
func prints(t *testing.T, p *Process, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(p.Tail(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not print %q: %s", text, p.Tail())
		}
	}
}

func TestProcess(t *testing.T) {
	t.Parallel()
	p := shell(t, `echo "out $A_VARIABLE"; echo err >&2; exit 3`, "A_VARIABLE=x")
	<-p.Done()
	var exit interface{ ExitCode() int }
	if err := p.Err(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("%v", err)
	}
	if p.Tail() != "out x\nerr" {
		t.Errorf("%q", p.Tail())
	}
	if info, err := os.Stat(p.Log); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("log %v %v", info, err)
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("that it is gone is no error: %v", err)
	}
	if err := p.Stop(time.Minute); err == nil {
		t.Error("exit code 3 is no error")
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	p := shell(t, `trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done`)
	prints(t, p, "up")
	if err := p.Stop(time.Minute); err != nil || !strings.Contains(p.Tail(), "bye") {
		t.Errorf("%v: %s", err, p.Tail())
	}
	if p.Err() != nil {
		t.Error(p.Err())
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	t.Parallel()
	p := shell(t, `trap '' TERM; echo up; exec sleep 600`)
	prints(t, p, "up")
	if err := p.Stop(10 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "was killed") {
		t.Error(err)
	}
	select {
	case <-p.Done():
	default:
		t.Error("it still runs")
	}
}

func TestStartOfNothing(t *testing.T) {
	t.Parallel()
	if _, err := Start(t.TempDir(), "nothing", nil, "/no/such/program"); err == nil {
		t.Error("no error")
	}
	if _, err := Start(filepath.Join(t.TempDir(), "none"), "nothing", nil, "sh"); err == nil {
		t.Error("no error without a folder")
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	tries := 0
	p := shell(t, `exec sleep 600`)
	err := p.Ready(t.Context(), func(context.Context) error {
		if tries++; tries < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil || tries != 3 {
		t.Errorf("%v after %d tries", err, tries)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never := func(context.Context) error { return errors.New("the reason") }
	if err := p.Ready(ctx, never); err == nil || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("no reason: %v", err)
	}
	dead := shell(t, `echo why; exit 1`)
	if err := dead.Ready(t.Context(), never); err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("its last words are missing: %v", err)
	}
}

func TestReadyAt(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked[r.URL.Path]++; asked[r.URL.Path] == 1 {
			http.Error(w, "starting", http.StatusServiceUnavailable)
		}
	}))
	defer srv.Close()
	defer http.DefaultClient.CloseIdleConnections()
	p := shell(t, `exec sleep 600`)
	addr := strings.TrimPrefix(srv.URL, "http://")
	if err := errors.Join(p.ReadyAt(t.Context(), addr), p.AliveAt(t.Context(), addr)); err != nil {
		t.Error(err)
	}
	if asked["/readyz"] != 2 || asked["/healthz"] != 2 {
		t.Error(asked)
	}
}

func TestTailIsShort(t *testing.T) {
	t.Parallel()
	p := shell(t, `for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do echo "line $n"; done`)
	if <-p.Done(); !strings.HasPrefix(p.Tail(), "line 4\n") || !strings.HasSuffix(p.Tail(), "line 18") {
		t.Errorf("%q", p.Tail())
	}
}

func TestFreeAddr(t *testing.T) {
	t.Parallel()
	addr, err := FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("%s is not free: %v", addr, err)
	}
	ln.Close()
	if !strings.HasPrefix(addr, "127.0.0.1:") {
		t.Error(addr)
	}
}

// Redis as scripts start it: it keeps its data over kill -9, evicts nothing,
// and listens on loopback only.
func TestRedis(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	addr, err := FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		p, err := Redis(t.Context(), dir, addr, "--appendfsync", "always")
		if err != nil {
			t.Fatal(err)
		}
		c := redis.NewClient(&redis.Options{Addr: addr})
		if round == 0 {
			c.Set(t.Context(), "a", "kept", 0)
		}
		if got := c.Get(t.Context(), "a").Val(); got != "kept" {
			t.Errorf("round %d: %q", round, got)
		}
		for name, want := range map[string]string{"maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "always", "bind": "127.0.0.1"} {
			if got := c.ConfigGet(t.Context(), name).Val()[name]; got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
		c.Close()
		p.Kill()
	}
	if _, err := Redis(t.Context(), dir, "127.0.0.1:1", "--no-such-setting", "x"); err == nil || !strings.Contains(err.Error(), "no-such-setting") {
		t.Errorf("the reason is missing: %v", err)
	}
}

func TestFreeAddrNeverTwice(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2000 {
		addr, err := FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		if seen[addr] {
			t.Fatalf("%s twice", addr)
		}
		seen[addr] = true
	}
}
