package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/launch"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// slots is how many a Redis Cluster has.
const slots = 16384

// node is one server of a cluster.
type node struct {
	*redis.Client
	id         string
	host, port string
}

// cluster starts two nodes that share the slots half and half.
func (s *system) cluster() [2]*node {
	s.t.Helper()
	ctx := s.t.Context()
	var nodes [2]*node
	for i := range nodes {
		addr, err := launch.FreeAddr()
		if err != nil {
			s.t.Fatal(err)
		}
		bus, err := launch.FreeAddr()
		if err != nil {
			s.t.Fatal(err)
		}
		_, busPort, _ := net.SplitHostPort(bus) // of FreeAddr
		p, err := launch.Redis(ctx, filepath.Join(s.dir, fmt.Sprint("node-", i)), addr, "--cluster-enabled", "yes", "--cluster-port", busPort)
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(p.Kill)
		n := &node{Client: redis.NewClient(&redis.Options{Addr: addr})}
		s.t.Cleanup(func() { n.Close() })
		n.host, n.port, _ = net.SplitHostPort(addr)
		if n.id, err = n.ClusterMyID(ctx).Result(); err != nil {
			s.t.Fatal(err)
		}
		if err := n.ClusterAddSlotsRange(ctx, i*slots/2, (i+1)*slots/2-1).Err(); err != nil {
			s.t.Fatal(err)
		}
		if i > 0 {
			if err := n.Do(ctx, "CLUSTER", "MEET", nodes[0].host, nodes[0].port, bus0(nodes[0])).Err(); err != nil {
				s.t.Fatal(err)
			}
		}
		nodes[i] = n
	}
	eventually(s.t, patience, "the cluster to be ready", func() error {
		for _, n := range nodes {
			info, err := n.ClusterInfo(ctx).Result()
			if err != nil {
				return err
			}
			if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:2") {
				return errors.New(info)
			}
		}
		return nil
	})
	return nodes
}

// bus0 is the port by which a node talks to others.
func bus0(n *node) string {
	return n.ConfigGet(context.Background(), "cluster-port").Val()["cluster-port"]
}

// move migrates a slot with all its keys from one node to another, as
// redis-cli --cluster reshard does, under whatever load there is.
func move(ctx context.Context, slot int, from, to *node) error {
	if err := to.Do(ctx, "CLUSTER", "SETSLOT", slot, "IMPORTING", from.id).Err(); err != nil {
		return err
	}
	if err := from.Do(ctx, "CLUSTER", "SETSLOT", slot, "MIGRATING", to.id).Err(); err != nil {
		return err
	}
	for {
		keys, err := from.ClusterGetKeysInSlot(ctx, slot, 100).Result()
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			break
		}
		args := []any{"MIGRATE", to.host, to.port, "", 0, 5000, "KEYS"}
		for _, key := range keys {
			args = append(args, key)
		}
		if err := from.Do(ctx, args...).Err(); err != nil {
			return err
		}
	}
	for _, n := range []*node{to, from} {
		if err := n.Do(ctx, "CLUSTER", "SETSLOT", slot, "NODE", to.id).Err(); err != nil {
			return err
		}
	}
	return nil
}

// TestClusterReshard: two partitions of a Redis Cluster are moved from one node
// to the other and back under load. Everybody follows (MOVED, ASK, TRYAGAIN);
// nothing is lost or sent twice.
func TestClusterReshard(t *testing.T) {
	s := setup(t, options{partitions: 4, sim: fcmsim.Config{Latency: fcmsim.Latency{FixedMS: 5}}})
	nodes := s.cluster()
	url := "redis+cluster://" + net.JoinHostPort(nodes[0].host, nodes[0].port) + "?addr=" + net.JoinHostPort(nodes[1].host, nodes[1].port)
	s.env = append(s.env, "REDIS_URL="+url)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{nodes[0].Options().Addr, nodes[1].Options().Addr}})
	t.Cleanup(func() { client.Close() })
	s.log = pushlog.New(client, s.keys)
	a, b := s.consumer("consumer-a", "CONSUMER_CONCURRENCY=16"), s.consumer("consumer-b", "CONSUMER_CONCURRENCY=16")

	const n = 8000
	done := make(chan imported, 1)
	go func() { done <- s.load(jobs("push", n, nil)) }()
	s.simulated(200)
	for _, p := range []int{0, 1} {
		slot, err := client.ClusterKeySlot(t.Context(), s.keys.Partition(p).Base).Result()
		if err != nil {
			t.Fatal(err)
		}
		from, to := nodes[0], nodes[1]
		if slot >= slots/2 {
			from, to = to, from
		}
		if err := move(t.Context(), int(slot), from, to); err != nil {
			t.Fatal(err)
		}
		if err := move(t.Context(), int(slot), to, from); err != nil {
			t.Fatal(err)
		}
	}
	if s.sim.Stats().AcceptedIDs == n {
		t.Error("everything was sent before the last slot was moved: this test says nothing")
	}
	if in := <-done; in.Lines != n || in.Accepted+in.Repeated != n {
		t.Errorf("the import says %+v", in)
	}
	if counts := s.settled(n); counts[push.Sent] != n {
		t.Errorf("%v", counts)
	}
	if stats := s.sim.Stats(); stats.AcceptedIDs != n || stats.Duplicates != 0 {
		t.Errorf("the simulator saw %d pushes, %d of them twice", stats.AcceptedIDs, stats.Duplicates)
	}
	a.stop()
	b.stop()
	for i := range s.keys.Partitions {
		for _, stream := range []string{s.keys.Partition(i).Base + ":jobs", s.keys.Partition(i).Base + ":jobs:urgent"} {
			if length := client.XLen(context.Background(), stream).Val(); length != 0 {
				t.Errorf("%s has %d entries", stream, length)
			}
			if members := client.XInfoConsumers(context.Background(), stream, "fcm").Val(); len(members) != 0 {
				t.Errorf("%s still has members: %v", stream, members)
			}
		}
	}
}
