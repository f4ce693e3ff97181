package stream

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redisclock"
	"pushstream/internal/redisscript"
)

const (
	beatEvery  = 2 * time.Second
	lostAfter  = 10 * time.Second // silence after which a worker counts as lost
	workerTTL  = time.Minute      // how long a worker without a heartbeat is still described
	workersAge = 24 * time.Hour   // and how long its name is kept, whatever happens
)

// NewName returns a consumer name that no other process has had: the name of
// the instance, or of the host if that is empty, process id, and chance. A name
// that two processes share makes pending lists meaningless.
func NewName(instance string) string {
	if instance == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "consumer"
		}
		instance = host
	}
	instance = strings.Map(func(r rune) rune {
		if r <= ' ' || r == ':' || r >= 0x7f {
			return '-'
		}
		return r
	}, instance)
	b := make([]byte, 3)
	rand.Read(b) // never fails: crypto/rand
	return fmt.Sprintf("%s-%d-%s", instance, os.Getpid(), hex.EncodeToString(b))
}

// heartbeat writes what this worker is doing until ctx ends.
func (c *Consumer) heartbeat(ctx context.Context) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	last, lastAt := c.sent.Load(), time.Now()
	for {
		select {
		case <-ticker.C:
		case <-c.beatNow:
		case <-ctx.Done():
			return
		}
		now, sent := time.Now(), c.sent.Load()
		rate := float64(sent-last) / max(now.Sub(lastAt).Seconds(), 0.001)
		last, lastAt = sent, now
		if err := c.beat(ctx, c.clock.Now(), rate); err != nil && ctx.Err() == nil {
			c.trouble.note("heartbeat", err)
		}
	}
}

// state is how the worker describes itself. That it is lost, others see.
func (c *Consumer) state() State {
	switch {
	case c.draining.Load():
		return Draining
	case c.paused.Load():
		return Paused
	case c.gate.breaker.isOpen():
		return CircuitOpen
	}
	return Running
}

var heartbeatScript = library.Load("heartbeat", redisscript.Writes, redisscript.Names{Keys: "worker", Args: "ttl_ms", Rest: "field value"})

// beat writes one heartbeat: the worker's hash, with a TTL, and its place in
// the set of workers by the time of the beat.
func (c *Consumer) beat(ctx context.Context, now time.Time, rate float64) error {
	host, _ := os.Hostname()
	_, last := c.clock.Steps()
	step := redisclock.Step{}
	if last != nil {
		step = *last
	}
	key := workerKey(c.keys, c.opt.Name)
	circuit := cmp.Or(c.gate.breaker.circuit(), &Circuit{})
	_, err := heartbeatScript.Run(ctx, c.rdb, []string{key}, workerTTL.Milliseconds(),
		"name", c.opt.Instance, "role", "consumer", "host", host, "pid", os.Getpid(), "version", c.opt.Version,
		"state", string(c.state()), "started_at", stamp(c.started), "beat_at", stamp(now),
		"in_hand", c.InFlight(), "sent", c.sent.Load(), "rate", fmt.Sprintf("%.1f", rate),
		"project", c.opt.Project, "simulator", strconv.FormatBool(c.opt.Simulator), "ops_addr", c.opt.OpsAddr, "last_error", c.trouble.newest(),
		"circuit_reason", string(circuit.Reason), "circuit_code", string(circuit.Code), "circuit_detail", circuit.Detail,
		"circuit_since", circuit.Since, "circuit_probe_at", circuit.ProbeAt, "circuit_tokens", circuit.Tokens,
		"clock_offset_ms", c.clock.Offset().Milliseconds(), "clock_step_ms", step.By.Milliseconds(), "clock_step_at", stampTime(step.At))
	if err != nil {
		return fmt.Errorf("beat: %w", err)
	}
	_, err = c.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.ZAdd(ctx, workersKey(c.keys), redis.Z{Score: float64(now.UnixMilli()), Member: c.opt.Name})
		pipe.ZRemRangeByScore(ctx, workersKey(c.keys), "-inf", fmt.Sprint(now.Add(-workersAge).UnixMilli()))
		pipe.ZAdd(ctx, projectsKey(c.keys), redis.Z{Score: float64(now.UnixMilli()), Member: c.opt.Project})
		pipe.ZRemRangeByScore(ctx, projectsKey(c.keys), "-inf", fmt.Sprint(now.Add(-workersAge).UnixMilli()))
		return nil
	})
	if redis.HasErrorPrefix(err, "OOM") {
		return nil // it is in the list, or will be when there is room
	}
	return err
}

// forget takes a worker out of the list, and its pause if that was for its process
// alone: no instance has a process's name otherwise.
func (c *Consumer) forget(ctx context.Context, name string) error {
	_, err := c.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Del(ctx, workerKey(c.keys, name))
		pipe.ZRem(ctx, workersKey(c.keys), name)
		pipe.HDel(ctx, controlKey(c.keys), name)
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget worker: %w", err)
	}
	return nil
}
