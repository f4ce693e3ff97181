package redisclock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
)

const (
	// WarnAbove is the difference of two clocks above which people are warned.
	WarnAbove = time.Second
	// UnreadyAbove is the difference above which a process is not ready.
	UnreadyAbove = 5 * time.Second

	learnEvery = time.Second
	learnTime  = 2 * time.Second        // for one sample
	firstly    = 3                      // samples at first
	stepAbove  = 500 * time.Millisecond // a smaller change is a correction, not a step
	drift      = 500e-6                 // how fast two clocks may part
)

// Clock tells Redis's time. It may be used by many goroutines.
type Clock struct {
	rdb redis.UniversalClient
	key string
	log *zap.Logger

	now    atomic.Pointer[sample] // nil: nothing learnt
	asked  atomic.Pointer[time.Time]
	spread atomic.Int64 // how far another master of the Cluster is from ours, at most
	steps  atomic.Int64
	step   atomic.Pointer[Step]

	mu    sync.Mutex // one Learn at a time
	level int        // what was logged last: see levelOf
}

// sample is what one question has told: Redis's clock said redis at some moment within
// half a round trip of local.
type sample struct {
	redis time.Time
	local time.Time // with its monotonic reading
	half  time.Duration
}

// at is Redis's time at a local one.
func (s *sample) at(local time.Time) time.Time { return s.redis.Add(local.Sub(s.local)) }

// doubt is how far that may be wrong.
func (s *sample) doubt(local time.Time) time.Duration {
	return s.half + time.Duration(drift*float64(local.Sub(s.local)))
}

// Step is a jump of Redis's clock: the machine's monotonic clock did not go along.
type Step struct {
	By time.Duration // negative: back
	At time.Time     // by Redis's clock after it

	seen time.Time // by this machine's
}

// New returns a clock that goes by the node of rdb that has key. It has learnt nothing
// yet: until then it tells the machine's time.
func New(rdb redis.UniversalClient, key string, log *zap.Logger) *Clock {
	return &Clock{rdb: rdb, key: key, log: cmp.Or(log, zap.NewNop()).Named("clock")}
}

// Now is Redis's time, without a monotonic reading.
func (c *Clock) Now() time.Time {
	now := time.Now()
	if s := c.now.Load(); s != nil {
		return s.at(now)
	}
	return now.Round(0)
}

// Local is the time by the machine's clock at which Redis's will be at; the zero time
// stays zero. It has a monotonic reading, so that waiting for it is not disturbed.
func (c *Clock) Local(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	now := time.Now()
	if s := c.now.Load(); s != nil {
		return now.Add(at.Sub(s.at(now)))
	}
	return now.Add(at.Sub(now.Round(0)))
}

// Offset is how far Redis's clock is ahead of the machine's wall clock; negative if it is
// behind, 0 if nothing has been learnt.
func (c *Clock) Offset() time.Duration {
	now := time.Now()
	if s := c.now.Load(); s != nil {
		return s.at(now).Sub(now.Round(0))
	}
	return 0
}

// Spread is how far the clock of another master of the Cluster is from Redis's, at most.
func (c *Clock) Spread() time.Duration { return time.Duration(c.spread.Load()) }

// Steps is how often Redis's clock has jumped since this process began, and the last
// jump, nil if there was none.
func (c *Clock) Steps() (int64, *Step) { return c.steps.Load(), c.step.Load() }

// Steady reports whether Redis's clock has not jumped for some time, as far as is known.
func (c *Clock) Steady(since time.Duration) bool {
	last := c.step.Load()
	return last == nil || time.Since(last.seen) >= since
}

// Known reports whether the clock has learnt Redis's time.
func (c *Clock) Known() bool { return c.now.Load() != nil }

// Run learns until ctx ends. While Redis is away, the clock goes on by itself.
func (c *Clock) Run(ctx context.Context) error {
	tick := time.NewTicker(learnEvery)
	defer tick.Stop()
	for {
		_ = c.Learn(ctx) // the caller that needs Redis says that it is away
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Confirm makes sure that a step of Redis's clock a moment ago is known: call it before
// what can't be taken back is decided by the time. Many callers share a question. If
// Redis does not answer, the clock goes on as it was.
func (c *Clock) Confirm(ctx context.Context) { _ = c.Learn(ctx) }

// Learn asks Redis once, three times if it is the first time.
func (c *Clock) Learn(ctx context.Context) error {
	began := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.asked.Load(); at != nil && at.After(began) {
		return nil // another goroutine has asked meanwhile
	}
	ctx, cancel := context.WithTimeout(ctx, learnTime)
	defer cancel()
	node, err := nodeOf(ctx, c.rdb, c.key)
	if err != nil {
		return fmt.Errorf("learn Redis's time: %w", err)
	}
	rounds := 1
	if !c.Known() {
		rounds = firstly
	}
	for range rounds {
		s, err := ask(ctx, node)
		if err != nil {
			return fmt.Errorf("learn Redis's time: %w", err)
		}
		c.learn(s)
	}
	c.learnSpread(ctx)
	c.asked.Store(&began)
	c.tell()
	return nil
}

// learn takes a sample if it is better than what is known, or contradicts that.
func (c *Clock) learn(s *sample) {
	old := c.now.Load()
	if old == nil {
		c.now.Store(s)
		return
	}
	by, doubt := s.redis.Sub(old.at(s.local)), old.doubt(s.local)
	contradicts := by.Abs() > doubt+s.half
	if contradicts || s.half <= doubt {
		c.now.Store(s)
	}
	if contradicts && by.Abs() > stepAbove {
		c.step.Store(&Step{By: by, At: s.redis, seen: s.local})
		c.steps.Add(1)
		c.log.Warn("Redis's clock has jumped: leases and expiry go by the new time; look for NTP, a resumed machine, or a failover",
			zap.Duration("by", by.Round(time.Millisecond)), zap.Time("redis", s.redis))
	}
}

// learnSpread asks the other masters of a Cluster.
func (c *Clock) learnSpread(ctx context.Context) {
	cluster, ok := c.rdb.(*redis.ClusterClient)
	if !ok {
		return
	}
	var mu sync.Mutex
	var most time.Duration
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		s, err := ask(ctx, node)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if d := s.redis.Sub(c.now.Load().at(s.local)).Abs() - s.half; d > most {
			most = d
		}
		return nil
	})
	if err == nil {
		c.spread.Store(int64(most))
	}
}

// nodeOf is the node that has a key.
func nodeOf(ctx context.Context, rdb redis.UniversalClient, key string) (redis.Cmdable, error) {
	if cluster, ok := rdb.(*redis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, key)
	}
	return rdb, nil
}

func ask(ctx context.Context, node redis.Cmdable) (*sample, error) {
	began := time.Now()
	at, err := node.Time(ctx).Result()
	if err != nil {
		return nil, err
	}
	half := time.Since(began) / 2
	return &sample{redis: at.UTC(), local: began.Add(half), half: half}, nil
}

// Time asks the node that has a key for its time.
func Time(ctx context.Context, rdb redis.UniversalClient, key string) (time.Time, error) {
	node, err := nodeOf(ctx, rdb, key)
	if err == nil {
		var at time.Time
		if at, err = node.Time(ctx).Result(); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("read Redis's time: %w", err)
}

// levelOf is 0 while two clocks agree, 1 from WarnAbove on, 2 from UnreadyAbove on. It
// goes back a little later than it went up, so that a difference at the edge is told
// once.
func levelOf(difference time.Duration, before int) int {
	edge := func(limit time.Duration, level int) bool {
		if before >= level {
			limit = limit * 9 / 10
		}
		return difference > limit
	}
	switch {
	case edge(UnreadyAbove, 2):
		return 2
	case edge(WarnAbove, 1):
		return 1
	}
	return 0
}

// tell logs a change of the state, once.
func (c *Clock) tell() {
	difference := max(c.Offset().Abs(), c.Spread())
	level := levelOf(difference, c.level)
	if level == c.level {
		return
	}
	c.level = level
	fields := []zap.Field{zap.Duration("offset", c.Offset().Round(time.Millisecond))}
	if c.Spread() > 0 {
		fields = append(fields, zap.Duration("nodes_differ_by", c.Spread().Round(time.Millisecond)))
	}
	if level == 0 {
		c.log.Info("this machine's clock and Redis's agree again", fields...)
		return
	}
	c.log.Warn("this machine's clock and Redis's differ; Redis's decides; "+mend, fields...)
}

const mend = "synchronize both machines (chronyc tracking, timedatectl)"

// Check returns an error if the clocks are too far apart for this process to be ready. If
// Redis does not answer, what was learnt last counts.
func (c *Clock) Check(ctx context.Context) error {
	if at := c.asked.Load(); at == nil || time.Since(*at) > 2*learnEvery {
		_ = c.Learn(ctx)
	}
	if !c.Known() {
		return errors.New("Redis's time is not known yet: it has not answered TIME")
	}
	offset, spread := c.Offset(), c.Spread()
	switch {
	case offset < -UnreadyAbove:
		return fmt.Errorf("Redis's clock is %.1f s behind this machine's, at most %s is allowed: %s", -offset.Seconds(), UnreadyAbove, mend)
	case offset > UnreadyAbove:
		return fmt.Errorf("Redis's clock is %.1f s ahead of this machine's, at most %s is allowed: %s", offset.Seconds(), UnreadyAbove, mend)
	case spread > UnreadyAbove:
		return fmt.Errorf("the clocks of the Redis nodes differ by %.1f s, at most %s is allowed: synchronize them (chronyc tracking, timedatectl)", spread.Seconds(), UnreadyAbove)
	}
	return nil
}
