// Package redismemory reads how full the memory of a Redis is.
package redismemory

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Memory is how full the memory of a Redis is, as it counts against maxmemory.
type Memory struct {
	Used  int64 `json:"used"`  // bytes
	Max   int64 `json:"max"`   // maxmemory, bytes; 0: no limit
	Fixed int64 `json:"fixed"` // of Used: what is not our data, such as clients' buffers
}

// Share is which part of the memory is used; 0 without a limit.
func (m Memory) Share() float64 {
	if m.Max <= 0 {
		return 0
	}
	return float64(m.Used) / float64(m.Max)
}

// String says how much of how much is used.
func (m Memory) String() string {
	const mb = 1 << 20
	if m.Max <= 0 {
		return fmt.Sprintf("%.1f MiB used", float64(m.Used)/mb)
	}
	return fmt.Sprintf("%.1f of %.1f MiB used", float64(m.Used)/mb, float64(m.Max)/mb)
}

// Read reads the memory of Redis; of a Cluster, that of the fullest master.
func Read(ctx context.Context, rdb redis.UniversalClient) (Memory, error) {
	cluster, ok := rdb.(*redis.ClusterClient)
	if !ok {
		return read(ctx, rdb)
	}
	var mu sync.Mutex
	var fullest Memory
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
		m, err := read(ctx, c)
		mu.Lock()
		defer mu.Unlock()
		if err == nil && (fullest.Used == 0 || m.Share() > fullest.Share()) {
			fullest = m
		}
		return err
	})
	return fullest, err
}

// ReadAt reads the memory of the Redis that has a key.
func ReadAt(ctx context.Context, rdb redis.UniversalClient, key string) (Memory, error) {
	cluster, ok := rdb.(*redis.ClusterClient)
	if !ok {
		return read(ctx, rdb)
	}
	master, err := cluster.MasterForKey(ctx, key)
	if err != nil {
		return Memory{}, fmt.Errorf("find the master of %s: %w", key, err)
	}
	return read(ctx, master)
}

func read(ctx context.Context, rdb redis.Cmdable) (Memory, error) {
	text, err := rdb.Info(ctx, "memory").Result()
	if err != nil {
		return Memory{}, fmt.Errorf("read Redis's memory: %w", err)
	}
	return parse(text), nil
}

// parse reads INFO memory. What a server does not say is 0.
func parse(text string) Memory {
	says := map[string]int64{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			says[name], _ = strconv.ParseInt(value, 10, 64)
		}
	}
	// Buffers of replicas and of the AOF don't count against maxmemory:
	// https://redis.io/docs/latest/commands/info/ (mem_not_counted_for_evict)
	m := Memory{Used: says["used_memory"] - says["mem_not_counted_for_evict"], Max: says["maxmemory"],
		Fixed: says["used_memory_startup"] + says["mem_clients_normal"] + says["mem_replication_backlog"] + says["used_memory_scripts"]}
	m.Fixed = min(m.Fixed, m.Used)
	return m
}
