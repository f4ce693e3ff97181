package redisconn

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/launch"
	"pushstream/internal/redistest"
)

func TestOpenOneServer(t *testing.T) {
	t.Parallel()
	addr, c := overTCP(t)
	must(t, c.ConfigSet(t.Context(), "requirepass", "p@ss/word"))
	socket := redistest.New(t)
	for _, rawURL := range []string{
		"redis://:p%40ss%2Fword@" + addr, "redis://:p%40ss%2Fword@" + addr + "/3", "redis://default:p%40ss%2Fword@" + addr + "/0?dial_timeout=3s",
		socket.URL(), socket.URL() + "?db=2",
	} {
		if err := Check(timeout(t), openURL(t, rawURL)); err != nil {
			t.Errorf("%s: %v", rawURL, err)
		}
	}
	if o := openURL(t, "rediss://redis.example:6380/0").(*redis.Client).Options(); o.TLSConfig == nil || o.Addr != "redis.example:6380" {
		t.Errorf("rediss: %+v", o)
	}
}

func TestOpenCluster(t *testing.T) {
	t.Parallel()
	addr, one := overTCP(t, "--cluster-enabled", "yes", "--cluster-port", freePort(t))
	must(t, one.Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 16383))
	c := openURL(t, "redis+cluster://"+addr+"?addr="+addr)
	if _, ok := c.(*redis.ClusterClient); !ok {
		t.Fatalf("it is a %T", c)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := Check(timeout(t), c)
		if err == nil {
			err = c.Set(timeout(t), "push:{0}:x", "1", 0).Err()
		}
		if err == nil {
			break
		}
		if time.Now().After(deadline) { // the slots need a moment
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	// Every master is looked at.
	must(t, one.ConfigSet(t.Context(), "maxmemory-policy", "allkeys-lru"))
	if err := Check(timeout(t), c); err == nil || !strings.Contains(err.Error(), "noeviction") {
		t.Error(err)
	}
}

func TestOpenSentinel(t *testing.T) {
	t.Parallel()
	master, _ := overTCP(t)
	_, port, _ := strings.Cut(master, ":")
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	sentinel := freePort(t)
	conf := fmt.Sprintf("port %s\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 %s 1\n", sentinel, port)
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("redis-server", file, "--sentinel")
	if err := launch.Tie(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })

	c := openURL(t, "redis+sentinel://127.0.0.1:"+sentinel+"/0?master_name=main")
	if err := Wait(timeout(t), c, quiet, nil); err != nil {
		t.Fatal(err)
	}
	if got := c.Info(timeout(t), "server").Val(); !strings.Contains(got, "tcp_port:"+port) {
		t.Errorf("not the master: %s", got)
	}
}

// What can't be used is refused, and no word of a password is in the error,
// however the URL is broken. A password with a special character that was not
// encoded is the usual mistake.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ url, hint string }{
		{"", "must start with redis://"},
		{"secret", "must start with redis://"},
		{"http://:secret@host", "must start with redis://"},
		{"REDIS//:secret@host", "must start with redis://"},
		{"redis://:secret@host/x", "database"},
		{"redis://:secret@host/1/2", "path"},
		{"redis://:secret@host?colour=red", "colour"},
		{"redis://:secret@host?dial_timeout=soon", "dial_timeout"},
		{"redis+sentinel://:secret@host/x?master_name=m", "database"},
		{"redis+sentinel://:secret@host", "master_name"},
		{"redis+sentinel://:secret@host?master_name=m&route_by_latency=true", "route_by_latency"},
		{"redis+cluster://:secret@host?colour=red", "colour"},
		{"redis://:secret@host:port", "percent-encoded"},
		{"redis://:secret#more@host", "percent-encoded"},
		{"redis://:secret/more@host", "percent-encoded"},
		{"redis://:secret?more@host", "percent-encoded"},
		{"redis://:secret more@host", "percent-encoded"},
		{"redis://:secret%zzmore@host", "percent-encoded"},
		{"redis://:123/secret@host:6379", "percent-encoded"},
		{"redis://:123/secret/more@host:6379", "percent-encoded"},
		{"redis://:123?secret@host:6379", "percent-encoded"},
		{"redis://:123#secret@host:6379", "percent-encoded"},
		{"redis://:1@2/secret@host:6379", "percent-encoded"},
		{"redis://secret#more@host:6379", "percent-encoded"},
		{"redis+cluster://:123?secret@host:6379", "percent-encoded"},
		{"redis+sentinel://:123/secret@host:6379?master_name=m", "percent-encoded"},
		{"redis://:secret@host:6379\n", "control character"},
		{"redis://[::1:6379?password=secret", ""},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			t.Parallel()
			c, err := Open(tt.url)
			if err == nil {
				c.Close()
				t.Fatal("no error")
			}
			for _, word := range []string{"secret", "more", "123", "zz"} {
				if strings.Contains(err.Error(), word) {
					t.Errorf("the error shows %q: %v", word, err)
				}
			}
			if !strings.Contains(err.Error(), tt.hint) {
				t.Errorf("no word of %q: %v", tt.hint, err)
			}
		})
	}
}

func TestOpenBlockingNeverRetries(t *testing.T) {
	t.Parallel()
	for _, rawURL := range []string{"redis://127.0.0.1:1", "redis+cluster://127.0.0.1:1", "unix:///nowhere"} {
		c, err := OpenBlocking(rawURL)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		retries := 0
		switch c := c.(type) {
		case *redis.Client:
			retries = c.Options().MaxRetries
		case *redis.ClusterClient:
			continue // its options are those of the nodes
		}
		if retries != 0 {
			t.Errorf("%s: %d retries", rawURL, retries)
		}
	}
}
