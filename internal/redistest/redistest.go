// Package redistest gives each test a redis-server of its own: on a unix
// socket in the test's folder, without persistence unless asked for, gone with
// the test.
package redistest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/faketime"
	"pushstream/internal/launch"
)

// Server is a running redis-server.
type Server struct {
	Socket string // path of its unix socket
	dir    string
	args   []string
	clock  *faketime.Clock // nil: the machine's
	cmd    *exec.Cmd
	log    *bytes.Buffer
}

// New starts a server that ends with the test; args are further settings, as
// on redis-server's command line. Without redis-server on the machine the test
// fails.
func New(t testing.TB, args ...string) *Server {
	t.Helper()
	return start(t, false, args)
}

// NewSteppable is New for a server whose clock SetClock steps. The test is skipped
// where there is no such clock: see faketime.
func NewSteppable(t testing.TB, args ...string) *Server {
	t.Helper()
	return start(t, true, args)
}

func start(t testing.TB, steppable bool, args []string) *Server {
	t.Helper()
	// A socket's path must be short: not t.TempDir.
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Server{Socket: filepath.Join(dir, "s"), dir: dir, args: args}
	if steppable {
		s.clock, err = faketime.New(dir)
		if errors.Is(err, faketime.ErrUnavailable) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s.Start(t)
	t.Cleanup(s.Kill)
	return s
}

// Start starts the server, again after Kill, on the same data.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.log = &bytes.Buffer{}
	args := append([]string{"--port", "0", "--unixsocket", s.Socket, "--dir", s.dir,
		"--save", "", "--hash-max-listpack-value", "1024", "--stream-node-max-entries", "16"}, s.args...)
	s.cmd = exec.Command("redis-server", args...)
	if s.clock != nil {
		s.cmd.Env = append(os.Environ(), s.clock.Env()...)
	}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := launch.Tie(s.cmd); err != nil {
		t.Fatalf("redis-server is needed (Debian: apt-get install redis-server): %v", err)
	}
	c := redis.NewClient(&redis.Options{Network: "unix", Addr: s.Socket, MaxRetries: -1})
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for c.Ping(ctx).Err() != nil {
		if ctx.Err() != nil {
			s.Kill()
			t.Fatalf("redis-server does not answer:\n%s", s.log)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// SetClock puts the server's clock ahead of the machine's, or behind it if ahead is
// negative, at once and until it is called again. The server is one of NewSteppable.
func (s *Server) SetClock(t testing.TB, ahead time.Duration) {
	t.Helper()
	if err := s.clock.Set(ahead); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the server as a power cut would.
func (s *Server) Kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait() // killed: the error says so
		s.cmd = nil
	}
}

// URL is the server's address for REDIS_URL.
func (s *Server) URL() string { return "unix://" + s.Socket }

// Client returns a client that is closed with the test.
func (s *Server) Client(t testing.TB) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Network: "unix", Addr: s.Socket})
	t.Cleanup(func() { c.Close() })
	return c
}

// Dump returns the whole store as text lines in a stable order, for
// comparisons: each key with its type, its content, and whether it has a TTL.
func Dump(t testing.TB, c *redis.Client) map[string]string {
	t.Helper()
	ctx := context.Background()
	kinds := map[string]*redis.StatusCmd{}
	pipe := c.Pipeline()
	iter := c.Scan(ctx, 0, "*", 1000).Iterator()
	for iter.Next(ctx) {
		kinds[iter.Val()] = pipe.Type(ctx, iter.Val()) // SCAN may return a key twice
	}
	if err := iter.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	contents, ttls := map[string]func() any{}, map[string]*redis.DurationCmd{}
	for key, kind := range kinds {
		contents[key] = content(ctx, pipe, key, kind.Val())
		ttls[key] = pipe.PTTL(ctx, key)
	}
	_, _ = pipe.Exec(ctx) // of a key that has just ended some commands fail
	dump := map[string]string{}
	for key, kind := range kinds {
		ttl, err := ttls[key].Result()
		if err != nil {
			t.Fatal(err)
		}
		if ttl != -2 { // else it has just ended
			dump[key] = fmt.Sprintf("%s %v ttl=%v", kind.Val(), contents[key](), ttl >= 0)
		}
	}
	return dump
}

// content asks for what a key holds, and returns what reads the answer.
func content(ctx context.Context, pipe redis.Pipeliner, key, kind string) func() any {
	switch kind {
	case "hash":
		cmd := pipe.HGetAll(ctx, key)
		return func() any { return cmd.Val() } // fmt prints maps in the order of their keys
	case "zset":
		cmd := pipe.ZRangeWithScores(ctx, key, 0, -1)
		return func() any { return cmd.Val() }
	case "stream":
		entries, groups := pipe.XRange(ctx, key, "-", "+"), pipe.XInfoGroups(ctx, key)
		return func() any { return fmt.Sprint(entries.Val(), groups.Val()) }
	case "set":
		cmd := pipe.SMembers(ctx, key)
		return func() any { return cmd.Val() }
	}
	cmd := pipe.Get(ctx, key)
	return func() any { return cmd.Val() }
}
