package launch

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/redis/go-redis/v9"
)

// RedisSettings are those that scripts/run and the benchmarks start Redis with;
// deploy/redis.conf says why.
func RedisSettings() []string {
	return []string{
		"--save", "",
		"--appendonly", "yes",
		"--appendfsync", "everysec",
		"--auto-aof-rewrite-min-size", "1gb",
		"--maxmemory-policy", "noeviction",
		"--hash-max-listpack-value", "1024",
		"--stream-node-max-entries", "16",
	}
}

// Redis starts redis-server on addr (loopback) with its data in dir, and waits
// until it answers. Later settings override earlier ones.
func Redis(ctx context.Context, dir, addr string, settings ...string) (*Process, error) {
	return RedisWith(ctx, dir, addr, nil, settings...)
}

// RedisWith is Redis with further environment variables, such as those that give it a
// clock that can be stepped: see faketime.
func RedisWith(ctx context.Context, dir, addr string, env []string, settings ...string) (*Process, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address of Redis: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of Redis: %w", err)
	}
	args := append([]string{"--bind", host, "--port", port, "--dir", dir}, RedisSettings()...)
	p, err := Start(dir, "redis", env, "redis-server", append(args, settings...)...)
	if err != nil {
		return nil, err
	}
	c := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
	defer c.Close()
	if err := p.Ready(ctx, func(ctx context.Context) error { return c.Ping(ctx).Err() }); err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}
