package e2e

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
	"pushstream/internal/storecheck"
)

// TestKilledFlush: whoever flushes the log is killed. Another consumer, which is
// paused, goes on; in the end nothing is left, and each push was counted once.
func TestKilledFlush(t *testing.T) {
	s := setup(t, options{partitions: 2})
	ctx := t.Context()
	const n = 30_000
	s.run("producer", "bench-fill", fmt.Sprint(n), "--days", "2")
	s.run("admin", "worker", "pause", "--all")
	consumers := map[string]*process{}
	for _, name := range []string{"consumer-a", "consumer-b"} {
		p := s.consumer(name)
		consumers[s.workerOf(p)] = p
	}
	p := s.keys.Partition(1)
	flush := s.begin(nil, "admin", "log", "flush", "--yes")
	eventually(t, patience, "a part to be flushed", func() error {
		if looked, err := s.rdb.HGet(ctx, p.Base+":flushed", "looked").Int(); err != nil || looked < 2000 {
			return fmt.Errorf("%d, %v", looked, err)
		}
		return nil
	})
	name := s.rdb.Get(ctx, p.Base+":flushing").Val()
	killed := consumers[name]
	if killed == nil {
		t.Fatalf("%q flushes", name)
	}
	killed.stopped = true
	killed.Kill()
	if left := s.rdb.ZCard(ctx, p.Index()).Val(); left == 0 {
		t.Error("all was flushed before the kill: this test says nothing")
	}
	if code := flush.end(); code != 0 || !strings.Contains(flush.stdout.String(), fmt.Sprintf("%d of %d examined, %d removed\n", n, n, n)) {
		t.Errorf("exit code %d: %s %s", code, flush.stdout.String(), flush.stderr.String())
	}
	records, faults, err := storecheck.Finished(context.Background(), s.rdb, s.keys, storecheck.Options{SkipCounters: true, SkipEvents: true})
	if err != nil || len(faults) > 0 || len(records) > 0 {
		t.Errorf("%d records are left: %v %v", len(records), faults[:min(len(faults), mostFaults)], err)
	}
}

// TestRetentionOfACluster: the log of a Redis Cluster keeps within its limit, and is
// flushed.
func TestRetentionOfACluster(t *testing.T) {
	s := setup(t, options{partitions: 4})
	nodes := s.cluster()
	url := "redis+cluster://" + net.JoinHostPort(nodes[0].host, nodes[0].port) + "?addr=" + net.JoinHostPort(nodes[1].host, nodes[1].port)
	s.env = append(s.env, "REDIS_URL="+url, "LOG_MAX_ROWS=400")
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{nodes[0].Options().Addr, nodes[1].Options().Addr}})
	t.Cleanup(func() { client.Close() })
	s.log = pushlog.New(client, s.keys)
	rows := func(want int64) {
		t.Helper()
		eventually(t, patience, fmt.Sprint(want, " records in each partition"), func() error {
			for _, p := range s.keys.All() {
				if n := client.ZCard(t.Context(), p.Index()).Val(); n != want {
					return fmt.Errorf("%d in partition %d", n, p.Number)
				}
			}
			return nil
		})
	}
	s.consumer("consumer-a")
	s.load(jobs("push", 2000, nil))
	rows(100)
	if out := s.run("admin", "log", "flush", "--yes"); !strings.Contains(out, "400 of 400 examined, 400 removed\n") {
		t.Error(out)
	}
	rows(0)
}
