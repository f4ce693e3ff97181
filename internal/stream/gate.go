package stream

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/loop"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

const (
	permitBatch = 1000        // most permits fetched at once
	permitLife  = time.Second // how long they may be used
	askEvery    = 500 * time.Millisecond
	askTimeout  = 5 * time.Second
)

// gate is what every push passes on its way to FCM. It lets through what FCM
// allows the whole project, by permits out of a bucket in Redis that all
// consumers share; and nothing but single probes while the project is held, or while
// the circuit breaker of this worker is open.
type gate struct {
	rdb     redis.UniversalClient
	keys    pushlog.Keys
	project string
	name    string // of the consumer
	limit   int    // pushes a minute, 0 none
	rampUp  time.Duration
	log     *zap.Logger
	trouble *trouble
	breaker *breaker
	changed func()        // the hold or the breaker did
	side    func() string // of the consumer, in the evidence

	held atomic.Pointer[Hold]

	quota quotaRun
	waits ownWaits

	weighing sync.Mutex // one weighs at a time
	weighed  time.Time  // when it last did

	mu      sync.Mutex
	permits int
	good    time.Time // until when
	want    int       // at the next fetch
	fetched time.Time
	asking  bool
	news    chan struct{} // closed when a worker has asked
}

func newGate(rdb redis.UniversalClient, keys pushlog.Keys, o *ConsumerOptions, log *zap.Logger, t *trouble) *gate {
	return &gate{rdb: rdb, keys: keys, project: o.Project, name: o.Name, limit: o.Rate, rampUp: o.RampUp,
		breaker: &breaker{first: cmp.Or(o.RetryMinDelay, 10*time.Second)}, changed: func() {}, side: func() string { return sideClosed },
		log: log, trouble: t, want: 1, news: make(chan struct{})}
}

// permit lets one push through to FCM. It is used up by Report or Spend, or goes back by
// Release; after that, and as the zero value, Release does nothing.
type permit struct {
	gate  *gate
	probe bool // it tries whether FCM answers again
}

// Release gives a permit back that was not used: the next push may have it.
func (p *permit) Release() {
	g := p.gate
	if g == nil {
		return
	}
	p.gate = nil
	if p.probe {
		g.breaker.giveBack()
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.permits++
}

// Spend uses the permit up for a try that says nothing about FCM.
func (p *permit) Spend() {
	if p.probe {
		p.Release()
	}
	p.gate = nil
}

// Report tells the gate the outcome of the push, and says what is to become of it.
func (p *permit) Report(ctx context.Context, d *delivery, o push.Outcome) ruling {
	g := p.gate
	p.gate = nil
	return g.report(ctx, p.probe, d, o)
}

// errTooLate says that a push can't be sent any more.
var errTooLate = errors.New("expired at the gate")

// try takes a permit if there is one.
func (g *gate) try() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.permits == 0 || g.held.Load() != nil || time.Now().After(g.good) || g.breaker.isOpen() {
		return false
	}
	g.permits--
	return true
}

// enter waits for a permit, until ctx ends or the push expires (zero: never).
func (g *gate) enter(ctx context.Context, expiresAt time.Time) (permit, error) {
	var expiry <-chan time.Time
	for {
		if err := ctx.Err(); err != nil {
			return permit{}, err
		}
		if g.try() {
			return permit{gate: g}, nil
		}
		g.mu.Lock()
		ask, news := !g.asking, g.news
		g.asking = true
		g.mu.Unlock()
		if ask {
			probe, wait := g.ask(ctx)
			if probe {
				g.tell()
				return permit{g, true}, nil
			}
			if wait > 0 && ctx.Err() == nil {
				g.rest(ctx, wait, expiresAt)
			}
			g.tell()
		}
		if !expiresAt.IsZero() && !time.Now().Before(expiresAt) {
			return permit{}, errTooLate
		}
		if ask {
			continue
		}
		if expiry == nil && !expiresAt.IsZero() {
			timer := time.NewTimer(time.Until(expiresAt))
			defer timer.Stop()
			expiry = timer.C
		}
		select {
		case <-news:
		case <-expiry:
		case <-ctx.Done():
		}
	}
}

// rest waits before the next question, and not beyond the life of the push that
// asks.
func (g *gate) rest(ctx context.Context, wait time.Duration, expiresAt time.Time) {
	if !expiresAt.IsZero() {
		wait = min(wait, time.Until(expiresAt))
	}
	loop.Sleep(ctx, wait)
}

// tell wakes the waiting workers.
func (g *gate) tell() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asking = false
	close(g.news)
	g.news = make(chan struct{})
}

var permitsScript = library.Load("take_permits", redisscript.Writes, redisscript.Names{Keys: "hold rate", Args: "wanted limit ramp_up_ms"})

// ask fetches permits, or a probe. Without either, it says how long to wait.
func (g *gate) ask(ctx context.Context) (probe bool, wait time.Duration) {
	if h := g.held.Load(); h != nil && h.onEvidence() || g.breaker.isOpen() {
		if probe, wait = g.breaker.probe(time.Now()); probe {
			g.log.Info("probing FCM with one push")
		}
		return probe, min(wait, askEvery)
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	want := g.next()
	began := time.Now()
	result, err := permitsScript.Run(ctx, g.rdb, []string{holdKey(g.keys, g.project), rateKey(g.keys, g.project)},
		want, g.limit, g.rampUp.Milliseconds())
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			g.trouble.note("asking for permits", err)
		}
		return false, askEvery
	}
	answer, _ := result.([]any)
	if len(answer) != 3 {
		g.trouble.note("asking for permits", errors.New("unexpected answer"))
		return false, askEvery
	}
	granted, _ := answer[0].(int64)
	ms, _ := answer[1].(int64)
	switch answer[2] {
	case "held":
		if g.held.Load() == nil {
			g.look(ctx)
			if h := g.held.Load(); h != nil && h.onEvidence() {
				return false, 0 // it may probe
			}
		}
		return false, min(time.Duration(ms)*time.Millisecond, askEvery)
	case "ended":
		g.log.Info("hold has ended by its time")
	}
	g.see(nil)
	g.mu.Lock()
	g.permits, g.good, g.fetched = int(granted), began.Add(permitLife), began
	g.mu.Unlock()
	return false, min(time.Duration(ms)*time.Millisecond, askEvery)
}

// next is how many permits to fetch: twice as many as last time if those were
// soon used up, fewer if not, so that an idle consumer takes none from a busy
// one.
func (g *gate) next() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if since := time.Since(g.fetched); since < permitLife/5 {
		g.want = min(2*g.want, permitBatch)
	} else {
		g.want = max(g.want/2, 1)
	}
	return g.want
}

// look reads the hold.
func (g *gate) look(ctx context.Context) {
	h, err := readHold(ctx, g.rdb, g.keys, g.project)
	if err != nil {
		g.trouble.note("looking for a hold", err)
		return
	}
	g.see(h)
}

// see notes what is known of the hold.
func (g *gate) see(h *Hold) {
	before := g.held.Swap(h)
	switch {
	case before == nil && h != nil:
		g.log.Warn("sending is held", zap.String("reason", string(h.Reason)), zap.String("code", string(h.Code)), zap.String("detail", h.Detail),
			zap.String("until", h.Until), zap.String("probe_at", h.ProbeAt), zap.Strings("workers", h.Workers), zap.String("mend", h.Mend))
		g.changed()
	case before != nil && h == nil:
		g.log.Info("sending goes on", zap.String("reason", string(before.Reason)))
		g.breaker.probeNow(time.Now())
		g.changed()
	}
}

// Held is the hold as this consumer knows it, nil if there is none.
func (g *gate) Held() *Hold { return g.held.Load() }

// alone reports whether this worker's circuit breaker is open and others do the work: the
// project is not held on evidence. Nor does it read while FCM answers, but accepts nothing:
// what it had in flight would be in the way of urgent pushes, which the prober takes first.
func (g *gate) alone() bool {
	c := g.breaker.circuit()
	return c != nil && (!g.heldOnEvidence() || c.Reason.answers())
}

func (g *gate) heldOnEvidence() bool {
	h := g.held.Load()
	return h != nil && h.onEvidence()
}

// report is Report of a permit.
func (g *gate) report(ctx context.Context, probe bool, d *delivery, o push.Outcome) ruling {
	before := g.held.Load()
	seen := o
	if d.listed && o.Code == push.CodeUnregistered && before == nil && !probe {
		seen.Code = push.CodeInvalidArgument // known before: many that are redriven are no wave
	}
	r, what := g.breaker.judge(probe, d.tokenHash(), seen, before, time.Now())
	switch what {
	case opens:
		c := g.breaker.circuit()
		if c == nil {
			break // another answer has closed it already
		}
		g.log.Warn("circuit breaker opened: this worker does not reach FCM", zap.String("reason", string(c.Reason)), zap.String("code", string(c.Code)),
			zap.String("detail", c.Detail), zap.Int("tokens", c.Tokens), zap.String("mend", c.Mend))
	case closes:
		g.log.Info("circuit breaker closed: this worker reaches FCM again")
	}
	onEvidence := before != nil && before.onEvidence()
	if what != unchanged || probe || onEvidence && signOf(o.Code) == alive {
		g.weighNow(ctx, probe || what == closes)
		g.changed()
	}
	if wait := tokenWait(o); wait > 0 {
		g.waits.add(d.tokenHash(), time.Now().Add(wait))
	}
	switch {
	case o.Code == push.CodeQuotaExceeded:
		g.limited(ctx, d.tokenHash(), o)
		r.handOver = false
	case o.Code == push.CodeAccepted:
		g.quota.accepted()
	case o.Code == push.CodeNoAnswer:
		r.handOver = false // FCM may have it: that stands in the record
	}
	if h := g.held.Load(); h != nil && h.onEvidence() {
		r.handOver = false // no worker gets through: it waits
	} else if signOf(o.Code) == refusing && o.HTTPStatus != 0 && !r.handOver {
		r.refusals = refusalsOf(d, g.breaker.lastAnswer())
	}
	return r
}
