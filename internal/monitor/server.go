package monitor

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// server is what INFO says of one Redis.
type server struct {
	used, max         float64 // bytes; max 0: no limit
	role              string  // master or replica
	replicas          float64
	clients, maxConns float64
	aofOn, aofOK      float64
}

// serverPart reads INFO. Of the masters of a Cluster it shows what is worst.
func serverPart(rdb redis.UniversalClient) part {
	used := prometheus.NewDesc("pushstream_redis_memory_used_bytes", "Memory that Redis uses; of a Cluster, on the master that is nearest to its maxmemory.", nil, nil)
	limit := prometheus.NewDesc("pushstream_redis_memory_max_bytes", "maxmemory of the same server; 0 is no limit.", nil, nil)
	role := prometheus.NewDesc("pushstream_redis_role", "1 for the role that Redis has; a replica takes no writes.", []string{"role"}, nil)
	replicas := prometheus.NewDesc("pushstream_redis_connected_replicas", "Replicas connected; of a Cluster, of the master that has fewest.", nil, nil)
	aofOn := prometheus.NewDesc("pushstream_redis_aof_enabled", "1 if Redis writes an append-only file.", nil, nil)
	aofOK := prometheus.NewDesc("pushstream_redis_aof_ok", "1 if its last write and its last rewrite succeeded, or there is none.", nil, nil)
	clients := prometheus.NewDesc("pushstream_redis_clients", "Connections that Redis has.", nil, nil)
	maxConns := prometheus.NewDesc("pushstream_redis_max_clients", "Connections that Redis takes at most.", nil, nil)
	return part{"redis", []*prometheus.Desc{used, limit, role, replicas, aofOn, aofOK, clients, maxConns}, func(ctx context.Context, show emit) error {
		s, err := readServer(ctx, rdb)
		if err != nil {
			return err
		}
		show(used, s.used)
		show(limit, s.max)
		for _, one := range []string{"master", "replica"} {
			is := 0.0
			if s.role == one {
				is = 1
			}
			show(role, is, one)
		}
		show(replicas, s.replicas)
		show(aofOn, s.aofOn)
		show(aofOK, s.aofOK)
		show(clients, s.clients)
		show(maxConns, s.maxConns)
		return nil
	}}
}

func readServer(ctx context.Context, rdb redis.UniversalClient) (server, error) {
	cluster, ok := rdb.(*redis.ClusterClient)
	if !ok {
		return info(ctx, rdb)
	}
	var mu sync.Mutex
	var all []server
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
		s, err := info(ctx, c)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, s)
		return err
	})
	if err != nil {
		return server{}, err
	}
	if len(all) == 0 {
		return server{}, errors.New("no master is known")
	}
	return worst(all), nil
}

// worst is the least good of each.
func worst(all []server) server {
	w := all[0]
	for _, s := range all[1:] {
		if s.fullness() > w.fullness() || s.fullness() == w.fullness() && s.used > w.used {
			w.used, w.max = s.used, s.max
		}
		if s.role != "master" {
			w.role = s.role
		}
		if s.clients*w.maxConns > w.clients*s.maxConns {
			w.clients, w.maxConns = s.clients, s.maxConns
		}
		w.replicas, w.aofOn, w.aofOK = min(w.replicas, s.replicas), min(w.aofOn, s.aofOn), min(w.aofOK, s.aofOK)
	}
	return w
}

func (s server) fullness() float64 {
	if s.max == 0 {
		return 0
	}
	return s.used / s.max
}

func info(ctx context.Context, rdb redis.Cmdable) (server, error) {
	text, err := rdb.Info(ctx, "memory", "replication", "clients", "persistence").Result()
	if err != nil {
		return server{}, fmt.Errorf("INFO: %w", err)
	}
	return parseInfo(text), nil
}

// parseInfo reads INFO. What a server does not say, as managed ones may not, is as if
// there were no trouble with it.
func parseInfo(text string) server {
	says := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			says[name] = value
		}
	}
	number := func(name string) float64 {
		n, _ := strconv.ParseFloat(says[name], 64) // 0 if it is not said
		return n
	}
	fine := func(name string) bool { return says[name] == "" || says[name] == "ok" }
	s := server{used: number("used_memory"), max: number("maxmemory"), role: "master", replicas: number("connected_slaves"),
		clients: number("connected_clients"), maxConns: number("maxclients"), aofOn: number("aof_enabled")}
	if says["role"] == "slave" {
		s.role = "replica"
	}
	if fine("aof_last_write_status") && fine("aof_last_bgrewrite_status") {
		s.aofOK = 1
	}
	return s
}
