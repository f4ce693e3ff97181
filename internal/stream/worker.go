package stream

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	beatEvery  = 2 * time.Second
	workerTTL  = time.Minute    // how long a worker that went silent is still described
	workersAge = 24 * time.Hour // and how long its name is kept
)

// NewName returns a consumer name that no other process has had: host, process
// id, and chance. A name that two processes share makes pending lists
// meaningless.
func NewName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "consumer"
	}
	host = strings.Map(func(r rune) rune {
		if r <= ' ' || r == ':' || r >= 0x7f {
			return '-'
		}
		return r
	}, host)
	b := make([]byte, 3)
	rand.Read(b) // never fails: crypto/rand
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), hex.EncodeToString(b))
}

// heartbeat writes what this worker is doing until ctx ends.
func (c *Consumer) heartbeat(ctx context.Context) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	last, lastAt := int64(0), time.Now()
	for {
		now, sent := time.Now(), c.sent.Load()
		rate := float64(sent-last) / max(now.Sub(lastAt).Seconds(), 0.001)
		last, lastAt = sent, now
		if err := c.beat(ctx, now, rate); err != nil && ctx.Err() == nil {
			c.trouble.note("heartbeat", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// beat writes one heartbeat: the worker's hash, with a TTL, and its place in
// the set of workers by the time of the beat.
func (c *Consumer) beat(ctx context.Context, now time.Time, rate float64) error {
	host, _ := os.Hostname()
	state := "running"
	if c.draining.Load() {
		state = "draining"
	}
	key := workerKey(c.keys, c.opt.Name)
	_, err := c.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.HSet(ctx, key,
			"role", "consumer", "host", host, "pid", os.Getpid(), "version", c.opt.Version,
			"state", state, "started_at", stamp(c.started), "beat_at", stamp(now),
			"in_hand", c.InHand(), "sent", c.sent.Load(), "rate", fmt.Sprintf("%.1f", rate),
			"ops_addr", c.opt.OpsAddr, "last_error", c.trouble.newest())
		pipe.Expire(ctx, key, workerTTL)
		pipe.ZAdd(ctx, workersKey(c.keys), redis.Z{Score: float64(now.UnixMilli()), Member: c.opt.Name})
		pipe.ZRemRangeByScore(ctx, workersKey(c.keys), "-inf", fmt.Sprint(now.Add(-workersAge).UnixMilli()))
		return nil
	})
	return err
}

// unregister takes the worker out of the list.
func (c *Consumer) unregister(ctx context.Context) error {
	_, err := c.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Del(ctx, workerKey(c.keys, c.opt.Name))
		pipe.ZRem(ctx, workersKey(c.keys), c.opt.Name)
		return nil
	})
	if err != nil {
		return fmt.Errorf("unregister: %w", err)
	}
	return nil
}
