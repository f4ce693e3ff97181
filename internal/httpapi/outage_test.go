package httpapi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redistest"
)

// Each refusal of a real Redis is a problem with a type and a sentence of its own, in which
// no address, key, user or password is.
func TestProblemsOfRedis(t *testing.T) {
	t.Parallel()
	write := func(c *redis.Client) error { return c.Set(context.Background(), "push:{0}:secret", "x", 0).Err() }
	tests := map[string]struct {
		setUp [][]any
		do    func(*redis.Client) error
		says  string
	}{
		"replicas":   {[][]any{{"CONFIG", "SET", "min-replicas-to-write", "1"}}, write, "too few of its replicas"},
		"read_only":  {[][]any{{"REPLICAOF", "127.0.0.1", "1"}}, write, "read-only replica"},
		"memory":     {[][]any{{"CONFIG", "SET", "maxmemory", "1kb"}}, write, "out of memory"},
		"rights":     {[][]any{{"ACL", "SETUSER", "default", "-set"}}, write, "lacks a right"},
		"wrong_type": {[][]any{{"XADD", "push:{0}:secret", "*", "a", "b"}}, func(c *redis.Client) error { return c.HGet(context.Background(), "push:{0}:secret", "x").Err() }, "wrong type"},
		"auth": {[][]any{{"ACL", "SETUSER", "secret", "on", ">secret-two"}}, func(c *redis.Client) error {
			other := redis.NewClient(&redis.Options{Network: "unix", Addr: c.Options().Addr, Username: "secret", Password: "secret-one"})
			defer other.Close()
			return write(other)
		}, "user or password"},
		"away": {nil, func(*redis.Client) error {
			other := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
			defer other.Close()
			return write(other)
		}, "does not answer"},
		"disk": {[][]any{{"CONFIG", "SET", "save", "3600 1"}, {"BGSAVE"}}, func(c *redis.Client) error {
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				if err := write(c); err != nil || time.Now().After(deadline) {
					return err
				}
			}
		}, "can't write to its disk"},
	}
	for kind, tt := range tests {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			// The name of the snapshot's file is that of a folder.
			c := redistest.New(t, "--appendonly", "yes", "--dbfilename", "appendonlydir").Client(t)
			for _, command := range tt.setUp {
				if err := c.Do(t.Context(), command...).Err(); err != nil {
					t.Fatal(command, err)
				}
			}
			err := tt.do(c)
			p := ProblemOf(fmt.Errorf("write: %w", err))
			if p.Status != 503 || p.Type != RedisPrefix+kind || !strings.Contains(p.Detail, tt.says) {
				t.Errorf("%v is %+v", err, p)
			}
			for _, word := range []string{"secret", "127.0.0.1", "push:", "REDIS_URL"} {
				if strings.Contains(p.Detail, word) {
					t.Errorf("it shows %q: %s", word, p.Detail)
				}
			}
		})
	}
	for text, kind := range map[string]string{
		"LOADING Redis is loading the dataset in memory": "loading", "NOAUTH Authentication required.": "auth", "CLUSTERDOWN The cluster is down": "cluster",
		"MISCONF Errors writing to the AOF file: No space left on device": "disk", "tls: first record does not look like a TLS handshake": "tls",
	} {
		if p := ProblemOf(errors.New(text)); p.Type != RedisPrefix+kind {
			t.Errorf("%s is %+v", text, p)
		}
	}
	if p := ProblemOf(errors.New("a bug")); p.Type != "about:blank" || p.Status != 503 {
		t.Errorf("%+v", p)
	}
}
