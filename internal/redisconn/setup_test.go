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

// dialing is how go-redis looks, once a second, whether a server that was away is
// back; it ends up to a second after its client.
var dialing = goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, dialing) }

// openURL opens a client that is closed with the test.
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

// overTCP starts a redis-server that has a port of loopback too; it returns
// that address, and a client over the socket.
func overTCP(t *testing.T, args ...string) (string, *redis.Client) {
	t.Helper()
	port := freePort(t)
	s := redistest.New(t, append([]string{"--bind", "127.0.0.1", "--port", port}, args...)...)
	return "127.0.0.1:" + port, s.Client(t)
}

// must fails the test if a command of its preparation failed.
func must(t *testing.T, cmd redis.Cmder) {
	t.Helper()
	if err := cmd.Err(); err != nil {
		t.Fatal(err)
	}
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
