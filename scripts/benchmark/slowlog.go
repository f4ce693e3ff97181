package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// slowlog is Redis's own account of its longest calls: how long its thread did
// nothing else, without network and waiting.
type slowlog struct {
	rdb    *redis.Client
	before map[string]string // its settings before
}

// slowerThan is what Redis notes, in µs.
const slowerThan = "200"

func watchSlow(ctx context.Context, rdb *redis.Client) (*slowlog, error) {
	s := &slowlog{rdb, map[string]string{}}
	for name, value := range map[string]string{"slowlog-log-slower-than": slowerThan, "slowlog-max-len": "10000"} {
		before, err := rdb.ConfigGet(ctx, name).Result()
		if err != nil {
			return nil, err
		}
		s.before[name] = before[name]
		if err := rdb.ConfigSet(ctx, name, value).Err(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *slowlog) reset(ctx context.Context) error { return s.rdb.Do(ctx, "SLOWLOG", "RESET").Err() }

// longest is the longest call since reset in ms; 0 if none was noted. What only looks
// after Redis itself does not count.
func (s *slowlog) longest(ctx context.Context) (float64, error) {
	entries, err := s.rdb.SlowLogGet(ctx, -1).Result()
	if err != nil {
		return 0, err
	}
	var longest time.Duration
	for _, e := range entries {
		if len(e.Args) > 0 && !slices.Contains([]string{"SLOWLOG", "CONFIG", "INFO", "MEMORY"}, strings.ToUpper(e.Args[0])) {
			longest = max(longest, e.Duration)
		}
	}
	return float64(longest.Microseconds()) / 1000, nil
}

// close sets Redis back to what it was.
func (s *slowlog) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for name, value := range s.before {
		if err := s.rdb.ConfigSet(ctx, name, value).Err(); err != nil {
			return err
		}
	}
	return nil
}
