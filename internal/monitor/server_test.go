package monitor

import (
	"strings"
	"testing"

	"pushstream/internal/launch"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
	"pushstream/internal/redistest"
)

// What Redis says of itself, as it is: its limits, its append-only file.
func TestServer(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, "--appendonly", "yes", "--maxmemory", "64mb", "--maxclients", "321")
	check(t, gather(t, b.reg), map[string]float64{"redis_aof_enabled": 1, "redis_aof_ok": 1, "redis_memory_max_bytes": 64 << 20, "redis_max_clients": 321,
		"redis_role master": 1, "redis_connected_replicas": 0})
}

// A replica is told as what it is.
func TestReplica(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	if err := b.rdb.Do(t.Context(), "REPLICAOF", "127.0.0.1", "1").Err(); err != nil { // nobody listens there
		t.Fatal(err)
	}
	t.Cleanup(func() { b.rdb.Do(t.Context(), "REPLICAOF", "NO", "ONE") })
	eventually(t, b.reg, "it is a replica", func(got map[string]float64) bool {
		return got["redis_role replica"] == 1 && got["redis_role master"] == 0
	})
}

func TestParseInfo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want server
	}{
		"a master": {"# Memory\r\nused_memory:1000\r\nmaxmemory:4000\r\n# Replication\r\nrole:master\r\nconnected_slaves:2\r\n# Clients\r\nconnected_clients:7\r\nmaxclients:10000\r\n" +
			"aof_enabled:1\r\naof_last_write_status:ok\r\naof_last_bgrewrite_status:ok\r\n",
			server{used: 1000, max: 4000, role: "master", replicas: 2, clients: 7, maxConns: 10000, aofOn: 1, aofOK: 1}},
		"no disk left":            {"role:master\r\naof_enabled:1\r\naof_last_write_status:err\r\naof_last_bgrewrite_status:ok\r\n", server{role: "master", aofOn: 1}},
		"the rewrite fails":       {"role:master\r\naof_enabled:1\r\naof_last_write_status:ok\r\naof_last_bgrewrite_status:err\r\n", server{role: "master", aofOn: 1}},
		"a replica":               {"role:slave\r\n", server{role: "replica", aofOK: 1}},
		"a server that says less": {"", server{role: "master", aofOK: 1}},
	} {
		if got := parseInfo(tt.text); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

// Of a Cluster's masters the one that is worst off counts.
func TestWorst(t *testing.T) {
	t.Parallel()
	got := worst([]server{
		{used: 900, max: 4000, role: "master", replicas: 1, clients: 10, maxConns: 100, aofOn: 1, aofOK: 1},
		{used: 500, max: 600, role: "master", replicas: 2, clients: 5, maxConns: 1000, aofOn: 1, aofOK: 0},
		{used: 5000, max: 0, role: "replica", replicas: 2, clients: 90, maxConns: 100, aofOn: 0, aofOK: 1},
	})
	if want := (server{used: 500, max: 600, role: "replica", replicas: 1, clients: 90, maxConns: 100}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// On a real Cluster all of it can be read.
func TestCluster(t *testing.T) {
	t.Parallel()
	var ports []string
	for range 2 {
		addr, err := launch.FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, strings.TrimPrefix(addr, "127.0.0.1:"))
	}
	srv := redistest.New(t, "--bind", "127.0.0.1", "--port", ports[0], "--cluster-enabled", "yes", "--cluster-port", ports[1], "--maxmemory", "64mb")
	if err := srv.Client(t).Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	rdb, err := redisconn.Open("redis+cluster://127.0.0.1:" + ports[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rdb.Close() })
	reg := registry(rdb, pushlog.Keys{Prefix: "push", Partitions: 3})
	got := eventually(t, reg, "the slots are served", func(got map[string]float64) bool {
		for _, name := range []string{"redis", "backlog", "room", "overdue", "log", "workers", "holds"} {
			if got["collector_success "+name] != 1 {
				return false
			}
		}
		return true
	})
	check(t, got, map[string]float64{"redis_up": 1, "redis_memory_max_bytes": 64 << 20, "redis_role master": 1, "backlog normal unread": 0})
}
