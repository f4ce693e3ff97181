package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// partTimeout is how long a stop waits for Redis, to write down what came of the
// last tries, and then to leave.
const partTimeout = 5 * time.Second

// Sender sends one push, with one request to FCM, and says what came of it. A
// Sender that is told to stop before the request was written answers
// push.CodeStopped.
type Sender interface {
	Send(ctx context.Context, job *push.Job, expiresAt time.Time) push.Outcome
}

// ConsumerOptions are the knobs of a Consumer; the zero value is usable.
type ConsumerOptions struct {
	Name          string         // new for each process; see NewName
	Concurrency   int            // pushes in flight; 256
	RetryMinDelay time.Duration  // after the first try that failed; 10 s, FCM's advice
	StopTimeout   time.Duration  // for what is in flight at a stop; 20 s, more than one send may take
	Zone          *time.Location // of sndn_rsev_hour in entries added by hand; UTC
	Version       string         // for the heartbeat
	OpsAddr       string         // for the heartbeat
	Logger        *zap.Logger
	Registerer    prometheus.Registerer // nil: no metrics
}

// Consumer is one member of the consumer group: it reads, sends and settles.
type Consumer struct {
	rdb      redis.UniversalClient
	blocking redis.UniversalClient
	keys     pushlog.Keys
	sender   Sender
	opt      ConsumerOptions
	log      *zap.Logger
	metrics  *consumerMetrics
	policy   policy
	slots    *slots
	jobs     chan *delivery  // read, not started; never full, since slots limit it
	settled  chan settlement // finished, not written

	mu     sync.Mutex
	inHand map[string]bool // lane key and entry of everything between take and settle

	started  time.Time
	sent     atomic.Int64
	draining atomic.Bool
	trouble  *trouble
}

// NewConsumer returns a consumer. Its blocking reads use the client blocking,
// everything else rdb; the caller closes both.
func NewConsumer(rdb, blocking redis.UniversalClient, keys pushlog.Keys, sender Sender, o ConsumerOptions) *Consumer {
	o.Name = cmp.Or(o.Name, NewName())
	o.Concurrency = cmp.Or(o.Concurrency, 256)
	o.StopTimeout = cmp.Or(o.StopTimeout, 20*time.Second)
	o.Zone = cmp.Or(o.Zone, time.UTC)
	o.Logger = cmp.Or(o.Logger, zap.NewNop())
	// A reader needs two places, one for each lane, even while it waits.
	places := o.Concurrency + 2*keys.Partitions - 1
	c := &Consumer{
		rdb: rdb, blocking: blocking, keys: keys, sender: sender, opt: o,
		log:     o.Logger.Named("stream").With(zap.String("consumer", o.Name)),
		policy:  newPolicy(o.Name, o.RetryMinDelay),
		slots:   newSlots(places),
		jobs:    make(chan *delivery, places),
		settled: make(chan settlement, places),
		inHand:  map[string]bool{},
		started: time.Now(),
	}
	c.metrics = newConsumerMetrics(o.Registerer, c)
	c.trouble = &trouble{log: c.log}
	return c
}

// Name is the consumer's name in the group.
func (c *Consumer) Name() string { return c.opt.Name }

// Run consumes until ctx ends, then stops cleanly: it reads no more, lets what
// is in flight finish, hands the rest back without an attempt spent, and takes
// its name out of the group. It returns nil after a stop that left nothing
// behind.
//
// Redis being away is waited out, at the start and later. ErrPartitions is the
// only other error that a start can give.
func (c *Consumer) Run(ctx context.Context) error {
	if err := c.join(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // asked to stop before Redis was there
		}
		return err
	}
	// Work in flight outlives ctx, but not for ever; what came of it is written
	// down even if it was interrupted.
	work, interrupt := context.WithCancel(context.WithoutCancel(ctx))
	defer interrupt()
	write, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	stopWatch := context.AfterFunc(ctx, func() {
		c.draining.Store(true)
		c.log.Info("stopping", zap.Int("in_hand", c.InHand()))
		time.AfterFunc(c.opt.StopTimeout, interrupt)
		time.AfterFunc(c.opt.StopTimeout+partTimeout, giveUp)
	})
	defer stopWatch()

	var background, readers, workers, settlers errgroup.Group
	beats, stopBeats := context.WithCancel(context.WithoutCancel(ctx))
	background.Go(func() error { c.heartbeat(beats); return nil })
	background.Go(func() error { c.promoter(ctx); return nil })
	for _, p := range c.keys.All() {
		readers.Go(func() error { newReader(c, p).run(ctx); return nil })
	}
	for range c.opt.Concurrency {
		workers.Go(func() error { c.worker(ctx, work); return nil })
	}
	settlers.Go(func() error { c.settler(write); return nil })
	c.log.Info("consuming", zap.Int("concurrency", c.opt.Concurrency), zap.Int("partitions", c.keys.Partitions))

	_ = readers.Wait() // none of these goroutines returns an error
	close(c.jobs)
	_ = workers.Wait()
	close(c.settled)
	_ = settlers.Wait()
	stopBeats()
	_ = background.Wait()
	return c.part(context.WithoutCancel(ctx))
}

// join creates the groups and registers the worker; it waits for Redis.
func (c *Consumer) join(ctx context.Context) error {
	for failures := 0; ; failures++ {
		err := EnsureGroups(ctx, c.rdb, c.keys)
		if err == nil || errors.Is(err, ErrPartitions) {
			return err
		}
		c.trouble.note("waiting for Redis", err)
		if !backoff(ctx, failures) {
			return ctx.Err()
		}
	}
}

// part hands back what is still pending for this consumer, and leaves.
func (c *Consumer) part(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	var released int64
	for _, p := range c.keys.All() {
		n, err := release(ctx, c.rdb, p, c.opt.Name)
		released += n
		if err == nil {
			_, err = leave(ctx, c.rdb, p, c.opt.Name)
		}
		if err != nil {
			return fmt.Errorf("stop: what was in hand stays pending for %s: %w", c.opt.Name, err)
		}
	}
	if err := c.unregister(ctx); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	c.log.Info("stopped", zap.Int64("handed_back", released), zap.Int64("sent", c.sent.Load()))
	return nil
}

// worker sends one push after the other. After a stop it hands back what was
// read and not started.
func (c *Consumer) worker(stop, work context.Context) {
	for d := range c.jobs {
		c.settled <- c.deliver(stop, work, d)
		c.slots.give(1)
	}
}

// deliver makes one try, if there is still time for it.
func (c *Consumer) deliver(stop, work context.Context, d *delivery) settlement {
	now := time.Now()
	switch {
	case stop.Err() != nil:
		return settlement{delivery: d, release: true}
	case !d.expiresAt.IsZero() && !now.Before(d.expiresAt):
		return c.policy.expired(d, now)
	}
	c.metrics.queued.Observe(now.Sub(entryTime(d.entry)).Seconds())
	o := c.sender.Send(work, &d.job, d.expiresAt)
	c.metrics.tries.WithLabelValues(string(o.Code)).Inc()
	if o.Code == push.CodeAccepted {
		c.sent.Add(1)
	}
	s := c.policy.decide(d, o, now)
	if ce := c.log.Check(zap.DebugLevel, "tried"); ce != nil {
		ce.Write(zap.String("id", d.job.ID), zap.String("entry", d.entry), zap.Int("attempt", d.attempts+1),
			zap.String("code", string(o.Code)), zap.Duration("took", o.Took), zap.String("status", string(s.status)))
	}
	return s
}

// InHand is the number of pushes between take and settle.
func (c *Consumer) InHand() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.inHand)
}

// hold notes that an entry is in hand; it reports false if it was already.
func (c *Consumer) hold(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inHand[key] {
		return false
	}
	c.inHand[key] = true
	return true
}

func (c *Consumer) holds(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inHand[key]
}

func (c *Consumer) drop(batch []settlement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range batch {
		delete(c.inHand, s.handle())
	}
}

// handle names an entry in hand.
func (d *delivery) handle() string { return laneKey(d.partition, d.lane) + " " + d.entry }

// backoff waits after the nth failure in a row: 50 ms doubling to 2 s, half of
// it by chance, so that many processes don't come back at once. It reports
// false if ctx ended.
func backoff(ctx context.Context, failures int) bool {
	d := min(50*time.Millisecond<<min(failures, 10), 2*time.Second)
	d = d/2 + rand.N(d/2+1)
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// trouble logs what goes wrong with Redis, at most one line a second, however
// many goroutines meet it.
type trouble struct {
	log  *zap.Logger
	mu   sync.Mutex
	last time.Time
	text string // newest error, for the heartbeat
}

func (t *trouble) note(what string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = stamp(time.Now()) + " " + what + ": " + err.Error()
	if time.Since(t.last) >= time.Second {
		t.last = time.Now()
		t.log.Warn(what, zap.Error(err))
	}
}

func (t *trouble) newest() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text
}
