package redisconn

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"pushstream/internal/launch"
	"pushstream/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a client that is closed with the test.
func openURL(t *testing.T, rawURL string) redis.UniversalClient {
	t.Helper()
	c, err := Open(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// timeout is a context that ends long after whatever is waited for.
func timeout(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// overTCP starts a redis-server on a port of loopback; it returns the address.
func overTCP(t *testing.T, args ...string) string {
	t.Helper()
	addr, err := launch.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	port := addr[len("127.0.0.1:"):]
	redistest.New(t, append([]string{"--bind", "127.0.0.1", "--port", port}, args...)...)
	return addr
}

// freePort is a port of loopback that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	addr, err := launch.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr[len("127.0.0.1:"):]
}
