package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"pushstream/internal/loop"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
)

const (
	// partTimeout is how long a stop waits for Redis, to write down what came of the
	// last tries, and then to leave.
	partTimeout = 5 * time.Second
	openTimeout = 10 * time.Second // for what was read to be consulted
)

// Defaults of ConsumerOptions that others need.
const (
	DefaultRate   = 600_000     // pushes a minute: FCM's quota of a project
	DefaultRampUp = time.Minute // FCM's advice
)

// Sender sends one push, with one request to FCM, and says what came of it. expiresAt is
// by this machine's clock. A
// Sender that is told to stop before the request was written answers
// push.CodeStopped.
type Sender interface {
	Send(ctx context.Context, job *push.Job, expiresAt time.Time) push.Outcome
}

// ConsumerOptions are the knobs of a Consumer; the zero value is usable.
type ConsumerOptions struct {
	Name          string            // new for each process; see NewName
	Instance      string            // what it is paused by, the same after a restart; Name if empty
	Simulator     bool              // it is not FCM that the sender sends to
	Project       string            // FCM project: hold and rate are its; "default" if empty
	Lease         *Lease            // NewLease(0) if nil
	Rate          int               // pushes a minute to the project, by all consumers together; 0: no limit
	RampUp        time.Duration     // from nothing to Rate after a hold or a pause of all; 0: at once
	Concurrency   int               // pushes in flight; 256
	RetryMinDelay time.Duration     // after the first try that failed; 10 s, FCM's advice
	StopTimeout   time.Duration     // for what is in flight at a stop; 20 s, more than one send may take
	Zone          *time.Location    // of sndn_rsev_hour in entries added by hand; UTC
	Clock         *redisclock.Clock // Redis's; the consumer runs it; made if nil
	Version       string            // for the heartbeat
	OpsAddr       string            // for the heartbeat
	Logger        *zap.Logger
	Registerer    prometheus.Registerer // nil: no metrics
}

// Consumer is one member of the consumer group: it reads, sends and settles.
type Consumer struct {
	inFlight
	rdb      redis.UniversalClient
	blocking redis.UniversalClient
	keys     pushlog.Keys
	accepts  store
	sender   Sender
	opt      ConsumerOptions
	log      *zap.Logger
	metrics  *consumerMetrics
	policy   policy
	lease    *Lease
	clock    *redisclock.Clock
	gate     *gate
	intake   *intake // closed while it is paused, or its circuit breaker is open
	unpaused *intake // closed while it is paused
	slots    *slots
	jobs     chan *delivery  // read, not started; never full, since slots limit it
	settled  chan settlement // finished, not written

	started   time.Time
	sent      atomic.Int64
	draining  atomic.Bool
	paused    atomic.Bool
	pausedAll bool          // of the watcher
	adjusting sync.Mutex    // of intake and unpaused
	abandoned atomic.Int64  // pushes let go of: they may still be pending for this consumer
	beatNow   chan struct{} // the state has changed: don't wait with the heartbeat
	trouble   *trouble
	joined    chan struct{} // closed once it has joined the group
}

// NewConsumer returns a consumer. Its blocking reads use the client blocking,
// everything else rdb; the caller closes both.
func NewConsumer(rdb, blocking redis.UniversalClient, keys pushlog.Keys, sender Sender, o ConsumerOptions) *Consumer {
	o.Name = cmp.Or(o.Name, NewName(o.Instance))
	o.Instance = cmp.Or(o.Instance, o.Name)
	o.Project = cmp.Or(o.Project, "default")
	o.Concurrency = cmp.Or(o.Concurrency, 256)
	o.StopTimeout = cmp.Or(o.StopTimeout, 20*time.Second)
	o.Zone = cmp.Or(o.Zone, time.UTC)
	o.Logger = cmp.Or(o.Logger, zap.NewNop())
	o.Lease = cmp.Or(o.Lease, NewLease(0))
	o.Clock = cmp.Or(o.Clock, NewClock(rdb, keys, o.Logger))
	// A reader needs two places, one for each lane, even while it waits.
	places := o.Concurrency + 2*keys.Partitions - 1
	c := &Consumer{
		inFlight: inFlight{in: map[string]*delivery{}},
		rdb:      rdb, blocking: blocking, keys: keys, sender: sender, opt: o,
		accepts:  store{rdb, keys, pushlog.New(rdb, keys)},
		log:      o.Logger.Named("stream").With(zap.String("consumer", o.Name)),
		policy:   newPolicy(o.Name, o.RetryMinDelay),
		lease:    o.Lease,
		clock:    o.Clock,
		intake:   newIntake(),
		unpaused: newIntake(),
		slots:    newSlots(places),
		jobs:     make(chan *delivery, places),
		settled:  make(chan settlement, places),
		beatNow:  make(chan struct{}, 1),
		joined:   make(chan struct{}),
	}
	c.trouble = &trouble{log: c.log, clock: c.clock}
	c.gate = newGate(rdb, keys, &c.opt, c.log, c.trouble)
	c.gate.changed, c.gate.side = c.adjust, c.side
	c.metrics = newConsumerMetrics(o.Registerer, c)
	return c
}

// Name is the consumer's name in the group.
func (c *Consumer) Name() string { return c.opt.Name }

// Joined is closed once the consumer has joined the group: the store then has its number
// of partitions, and its project.
func (c *Consumer) Joined() <-chan struct{} { return c.joined }

// NoteError logs what goes wrong with Redis beside the consumer, at most one line a second,
// and shows it as the worker's last error.
func (c *Consumer) NoteError(doing string, err error) { c.trouble.note(doing, err) }

// Held is why no consumer sends to the project, nil if it is not held.
func (c *Consumer) Held() error {
	if h := c.gate.Held(); h != nil {
		return h
	}
	return nil
}

// SteppedBack is why this consumer does not get through to FCM while the project is not
// held; nil if it does.
func (c *Consumer) SteppedBack() error {
	if circuit := c.gate.breaker.circuit(); circuit != nil && !c.gate.heldOnEvidence() {
		return circuit
	}
	return nil
}

// Run consumes until ctx ends, then stops cleanly: it reads no more, releases
// at once what was not started, without an attempt spent, lets what is in flight
// finish, and takes its name out of the group. It returns nil after a stop that
// left nothing behind.
//
// Redis being away is waited out, at the start and later. ErrPartitions and ErrProject
// are the only other errors that a start can give. It also stops, with ErrProject, when
// the store is set to another project.
func (c *Consumer) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c.intake.start(ctx)
	c.unpaused.start(ctx)
	if err := c.join(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // asked to stop before Redis was there
		}
		return err
	}
	close(c.joined)
	// Work in flight outlives ctx, but not for ever; what came of it is written
	// down even if it was interrupted.
	work, interrupt := context.WithCancel(context.WithoutCancel(ctx))
	defer interrupt()
	write, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	stopWatch := context.AfterFunc(ctx, func() {
		c.draining.Store(true)
		c.log.Info("stopping", zap.Int("in_hand", c.InFlight()))
		time.AfterFunc(c.opt.StopTimeout, interrupt)
		time.AfterFunc(c.opt.StopTimeout+partTimeout, giveUp)
	})
	defer stopWatch()

	var until, background, readers, workers, settlers errgroup.Group // none of their goroutines returns an error
	beats, stopBeats := context.WithCancel(context.WithoutCancel(ctx))
	background.Go(func() error { return c.clock.Run(beats) })
	background.Go(func() error { c.heartbeat(beats); return nil })
	background.Go(func() error { c.keeper(beats); return nil })
	until.Go(func() error { c.watcher(ctx, stop); return nil })
	until.Go(func() error { c.promoter(ctx); return nil })
	until.Go(func() error { sweeper{c}.run(ctx); return nil })
	until.Go(func() error { newFlusher(c).run(ctx); return nil })
	readers.Go(func() error { c.reclaimer(ctx); return nil })
	for _, p := range c.keys.All() {
		readers.Go(func() error { newReader(c, p).run(ctx); return nil })
	}
	for range c.opt.Concurrency {
		workers.Go(func() error { c.worker(work); return nil })
	}
	workers.Go(func() error { c.prober(ctx, work); return nil })
	settlers.Go(func() error { c.settler(write); return nil })
	c.log.Info("consuming", zap.Int("concurrency", c.opt.Concurrency), zap.Int("partitions", c.keys.Partitions), zap.Duration("lease", c.lease.length))

	<-ctx.Done()
	c.returnWaiting()
	_ = until.Wait() // the watcher opens no intake any more, and sends nothing to settled
	_ = readers.Wait()
	close(c.jobs)
	c.returnWaiting() // all workers may be busy
	c.returnUnknown(context.WithoutCancel(ctx))
	_ = workers.Wait()
	close(c.settled)
	_ = settlers.Wait()
	stopBeats()
	_ = background.Wait()
	err := c.part(context.WithoutCancel(ctx))
	if cause := context.Cause(ctx); errors.Is(cause, ErrProject) {
		err = errors.Join(cause, err)
	}
	return err
}

// join creates the groups, registers the worker, and learns whether it is to
// pause; it waits for Redis.
func (c *Consumer) join(ctx context.Context) error {
	for failures := 0; ; failures++ {
		err := EnsureGroups(ctx, c.rdb, c.keys)
		if errors.Is(err, ErrPartitions) {
			return err
		}
		if err == nil {
			err = c.watch(ctx)
		}
		if errors.Is(err, ErrProject) {
			return err
		}
		if err == nil { // from now on it is known, and leaves as it should
			limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
			if err = c.clock.Learn(limited); err == nil {
				c.started = c.clock.Now()
				err = c.beat(limited, c.started, 0)
			}
			cancel()
		}
		if err == nil {
			return nil
		}
		c.trouble.note("waiting for Redis", err)
		if !loop.Backoff(ctx, failures) {
			return ctx.Err()
		}
	}
}

// returnUnknown releases what is pending for this consumer without its
// knowledge, because the answer to a read was lost. If that fails, part does it.
func (c *Consumer) returnUnknown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	for _, p := range c.keys.All() {
		_, err := release(ctx, c.rdb, p, c.opt.Name, func(lane int, entry string) bool {
			return c.holds(handle(p, lane, entry))
		})
		if err != nil {
			c.trouble.note("releasing", err)
			return
		}
	}
}

// part releases what is still pending for this consumer, and leaves the groups.
func (c *Consumer) part(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	var released int64
	for _, p := range c.keys.All() {
		n, err := release(ctx, c.rdb, p, c.opt.Name, nil)
		released += n
		for _, name := range []string{c.opt.Name, unassigned} { // the latter only if all was claimed
			if err == nil {
				_, err = leave(ctx, c.rdb, p, name)
			}
		}
		if err != nil {
			return fmt.Errorf("stop: in-flight pushes stay pending for %s: %w", c.opt.Name, err)
		}
	}
	if err := c.forget(ctx, c.opt.Name); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	c.log.Info("stopped", zap.Int64("handed_back", released), zap.Int64("sent", c.sent.Load()))
	return nil
}

// worker sends one push after the other.
func (c *Consumer) worker(work context.Context) {
	for d := range c.jobs {
		s := c.deliver(work, d)
		c.finish(d)
		c.settled <- s
		c.slots.give(1)
	}
}

// deliver makes one try, if there is still time for it. After a stop, or while the consumer
// is paused or its circuit breaker is open, the delivery is released; one that another
// consumer has by now is abandoned.
func (c *Consumer) deliver(work context.Context, d *delivery) settlement {
	defer d.permit.Release() // if it was not used
	open := c.intake.context()
	if d.suppressed != "" {
		if open.Err() != nil && !d.permit.probe { // paused, or stopping
			return settlement{delivery: d, release: true}
		}
		return c.policy.suppressed(d, c.clock.Now())
	}
	err := c.enter(work, open, d)
	if err == nil {
		left := max(d.waits-time.Since(d.takenAt), c.gate.waits.left(d.tokenHash(), time.Now()))
		if s, ok := c.policy.postpone(d, left, c.clock.Now()); ok {
			s.decided = time.Now()
			c.metrics.postponed.Inc()
			return s
		}
		if c.expired(work, d) {
			err = errTooLate
		}
	}
	now := c.clock.Now()
	ctx, done := c.begin(work, d, c.lease)
	if ctx == nil { // lost, or not fresh
		return settlement{delivery: d, abandon: true}
	}
	defer done()
	switch {
	case errors.Is(err, errTooLate):
		return c.policy.expired(d, now)
	case err != nil: // paused, circuit breaker open, or stopping
		return settlement{delivery: d, release: true}
	}
	s := c.send(ctx, work, d, now)
	s.decided = time.Now()
	return s
}

// send makes the try that a permit allows; ctx is of the request, work of what follows.
func (c *Consumer) send(ctx, work context.Context, d *delivery, now time.Time) settlement {
	c.metrics.queued.Observe(entryAge(d.entry, now).Seconds())
	o := c.sender.Send(ctx, &d.job, c.clock.Local(d.expiresAt))
	c.metrics.tries.WithLabelValues(string(o.Code)).Inc()
	if o.Code == push.CodeAccepted {
		c.sent.Add(1)
	}
	r := ruling{counts: true}
	if ctx.Err() != nil || !c.lease.Valid() { // interrupted by this consumer
		d.permit.Spend()
	} else {
		r = d.permit.Report(work, d, o)
	}
	s := c.policy.settle(d, o, now, r)
	if ce := c.log.Check(zap.DebugLevel, "tried"); ce != nil {
		ce.Write(zap.String("id", d.job.ID), zap.String("entry", d.entry), zap.Int("attempt", d.attempts+1),
			zap.String("code", string(o.Code)), zap.Duration("took", o.Took), zap.String("status", string(s.status)), zap.Bool("handed_over", s.release))
	}
	return s
}

// enter gives a delivery a permit, unless it has one. The wait, if there is one, ends when
// the push is lost, or expires: errTooLate.
func (c *Consumer) enter(work, open context.Context, d *delivery) (err error) {
	if d.permit.probe {
		return nil
	}
	for {
		if open.Err() == nil && c.gate.try() {
			d.permit = permit{gate: c.gate}
			return nil
		}
		ctx, done := c.await(open, d)
		d.permit, err = c.gate.enter(ctx, c.clock.Local(d.expiresAt))
		done()
		if !errors.Is(err, errTooLate) || c.expired(work, d) {
			return err
		} // else Redis's clock was set meanwhile
	}
}

// expired reports whether a push has lived its ttl by Redis's clock. It is asked once
// more before that is the end of the push.
func (c *Consumer) expired(ctx context.Context, d *delivery) bool {
	past := func() bool { return !d.expiresAt.IsZero() && !c.clock.Now().Before(d.expiresAt) }
	if !past() {
		return false
	}
	c.clock.Confirm(ctx)
	return past()
}

// trouble logs what goes wrong with Redis, at most one line a second, however
// many goroutines meet it.
type trouble struct {
	log   *zap.Logger
	clock *redisclock.Clock // nil: this machine's
	mu    sync.Mutex
	last  time.Time
	text  string // newest error, for the heartbeat
}

func (t *trouble) note(what string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if t.clock != nil {
		now = t.clock.Now()
	}
	t.text = stamp(now) + " " + what + ": " + err.Error()
	if time.Since(t.last) >= time.Second {
		t.last = time.Now()
		t.log.Warn(what, zap.Error(err))
	}
}

// noting returns what loop.Every calls for a pass that failed.
func (t *trouble) noting(what string) func(error) {
	return func(err error) { t.note(what, err) }
}

func (t *trouble) newest() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text
}
