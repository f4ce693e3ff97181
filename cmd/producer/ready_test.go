package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pushstream/internal/launch"
	"pushstream/internal/redistest"
)

// readiness waits until /readyz has a status, and a body with a text.
func readiness(t *testing.T, addr string, status int, text string) {
	t.Helper()
	ready := func() error {
		resp, err := http.Get("http://" + addr + "/readyz")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body) // a short one is not what is wanted
		if resp.StatusCode != status || !strings.Contains(string(body), text) {
			return fmt.Errorf("%d %s", resp.StatusCode, body)
		}
		return nil
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := ready()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("want %d with %q: %v", status, text, err)
		}
	}
}

// Ready means: could accept a push durably now. What keeps Redis from that is named, and
// when it is mended the process is ready again.
func TestReadyMeansThatPushesAreTakenAndKept(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ set, unset []string }{
		"no_aof:":     {[]string{"CONFIG", "SET", "appendonly", "no"}, []string{"CONFIG", "SET", "appendonly", "yes"}},
		"replicas:":   {[]string{"CONFIG", "SET", "min-replicas-to-write", "1"}, []string{"CONFIG", "SET", "min-replicas-to-write", "0"}},
		"read_only:":  {[]string{"REPLICAOF", "127.0.0.1", "1"}, []string{"REPLICAOF", "NO", "ONE"}},
		"memory:":     {[]string{"CONFIG", "SET", "maxmemory", "1mb"}, []string{"CONFIG", "SET", "maxmemory", "0"}},
		"eviction:":   {[]string{"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}, []string{"CONFIG", "SET", "maxmemory-policy", "noeviction"}},
		"wrong_type:": {[]string{"SET", "push:{0}:events", "x"}, []string{"DEL", "push:{0}:events"}},
		"rights:":     {[]string{"ACL", "SETUSER", "default", "-hset"}, []string{"ACL", "SETUSER", "default", "+hset"}},
	}
	for fault, tt := range tests {
		t.Run(strings.Trim(fault, ":"), func(t *testing.T) {
			t.Parallel()
			b := setup(t, "--appendonly", "yes")
			addr, err := launch.FreeAddr()
			if err != nil {
				t.Fatal(err)
			}
			b.start(t, strings.NewReader(""), "serve", "--listen-addr", addr, "--redis-allow-no-aof=false")
			readiness(t, addr, http.StatusOK, "redis: ok")
			do(t, b, tt.set)
			readiness(t, addr, http.StatusServiceUnavailable, fault)
			do(t, b, tt.unset)
			readiness(t, addr, http.StatusOK, "redis: ok")
		})
	}
	t.Run("disk", func(t *testing.T) {
		t.Parallel()
		// A snapshot that can't be written: its file's name is that of a folder.
		b := setup(t, "--appendonly", "yes", "--dbfilename", "appendonlydir")
		addr, err := launch.FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		b.start(t, strings.NewReader(""), "serve", "--listen-addr", addr)
		readiness(t, addr, http.StatusOK, "redis: ok")
		for _, command := range [][]string{{"CONFIG", "SET", "save", "3600 1"}, {"BGSAVE"}} {
			do(t, b, command)
		}
		readiness(t, addr, http.StatusServiceUnavailable, "disk: Redis refuses writes")
	})
}

func do(t *testing.T, b *bundle, command []string) {
	t.Helper()
	args := make([]any, len(command))
	for i, word := range command {
		args[i] = word
	}
	if err := b.rdb.Do(t.Context(), args...).Err(); err != nil {
		t.Fatal(command, err)
	}
}

// Without an AOF it is ready if that was allowed.
func TestReadyWithoutAOF(t *testing.T) {
	t.Parallel()
	b := setup(t)
	addr, err := launch.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	b.start(t, strings.NewReader(""), "serve", "--listen-addr", addr, "--redis-allow-no-aof")
	readiness(t, addr, http.StatusOK, "redis: ok")
}

// Who lacks a right is told which at the start, before anything is written.
func TestStartWithoutRights(t *testing.T) {
	t.Parallel()
	for rights, missing := range map[string]string{
		"+@all -xadd ~*":            "command xadd",
		"+@all -evalsha ~*":         "evalsha",
		"+@all ~push:{0}:*":         "keys push:partitions",
		"+@all ~push:{0}:jobs*":     "keys push:{0}:record:x",
		"+@all -info ~push:*":       "info",
		"+@all -hset -zadd ~push:*": "command zadd",
	} {
		s := redistest.New(t)
		c := s.Client(t)
		args := []any{"ACL", "SETUSER", "back", "on", ">secret-one", "resetchannels"}
		for _, rule := range strings.Fields(rights) {
			args = append(args, rule)
		}
		if err := c.Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
		b := &bundle{redis: s, rdb: c, dir: t.TempDir()}
		p := b.start(t, strings.NewReader(""), "send", "--device-id=x", "--title=x", "--redis-url=unix://back:secret-one@"+s.Socket)
		if code := p.wait(t); code != 1 {
			t.Errorf("%s: exit code %d", rights, code)
		}
		text := p.stderr.String()
		if !strings.Contains(text, "rights: ") || !strings.Contains(text, missing) || strings.Contains(text, "secret-one") {
			t.Errorf("%s: %s", rights, text)
		}
		if n := c.DBSize(t.Context()).Val(); n != 0 {
			t.Errorf("%s: %d keys were written", rights, n)
		}
	}
}
