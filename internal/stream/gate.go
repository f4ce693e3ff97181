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

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	permitBatch = 1000        // most permits fetched at once
	permitLife  = time.Second // how long they may be used
	askEvery    = 500 * time.Millisecond
	askTimeout  = 5 * time.Second
	probeTime   = 20 * time.Second // until another probe, if its consumer died: a send may take 15 s
	longestWait = 3                // first waits between two probes: a push in half a minute hurts nobody
	outageAfter = 20               // tries in a row without a word from FCM
)

// gate is what every push passes on its way to FCM. It lets through what FCM
// allows the whole project, by permits out of a bucket in Redis that all
// consumers share; and nothing while the project is held, but single probes.
type gate struct {
	rdb     redis.UniversalClient
	keys    pushlog.Keys
	project string
	name    string // of the consumer
	limit   int    // pushes a minute, 0 none
	rampUp  time.Duration
	firstly time.Duration // wait before the first probe
	log     *zap.Logger
	trouble *trouble

	held   atomic.Pointer[Hold]
	silent atomic.Int64 // tries in a row that FCM did not answer

	mu      sync.Mutex
	spare   pass // a probe that was not used
	permits int
	good    time.Time // until when
	want    int       // at the next fetch
	fetched time.Time
	asking  bool
	news    chan struct{} // closed when somebody has asked
}

func newGate(rdb redis.UniversalClient, keys pushlog.Keys, o *ConsumerOptions, log *zap.Logger, t *trouble) *gate {
	return &gate{rdb: rdb, keys: keys, project: o.Project, name: o.Name, limit: o.Rate, rampUp: o.RampUp,
		firstly: cmp.Or(o.RetryMinDelay, 10*time.Second), log: log, trouble: t, want: 1, news: make(chan struct{})}
}

// pass is what the gate gives a push.
type pass struct {
	probe bool   // it tries whether FCM is back: the answer ends the hold, or prolongs it
	hold  string // since when there is the hold that it probes
}

// errTooLate says that a push can't be sent any more.
var errTooLate = errors.New("expired at the gate")

// try takes a permit if there is one.
func (g *gate) try() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.permits == 0 || g.held.Load() != nil || time.Now().After(g.good) {
		return false
	}
	g.permits--
	return true
}

// enter waits for a permit, until ctx ends or the push expires (zero: never).
func (g *gate) enter(ctx context.Context, expiresAt time.Time) (pass, error) {
	var expiry <-chan time.Time
	for {
		if err := ctx.Err(); err != nil {
			return pass{}, err
		}
		if g.try() {
			return pass{}, nil
		}
		g.mu.Lock()
		if p := g.spare; p.probe {
			g.spare = pass{}
			if h := g.held.Load(); h != nil && h.Since == p.hold {
				g.mu.Unlock()
				return p, nil
			}
		}
		ask, news := !g.asking, g.news
		g.asking = true
		g.mu.Unlock()
		if ask {
			probe, wait := g.ask(ctx)
			if probe {
				g.tell()
				return g.probe(ctx), nil
			}
			if wait > 0 && ctx.Err() == nil {
				g.rest(ctx, wait, expiresAt)
			}
			g.tell()
		}
		if !expiresAt.IsZero() && !time.Now().Before(expiresAt) {
			return pass{}, errTooLate
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
	sleep(ctx, wait)
}

// tell wakes those who wait.
func (g *gate) tell() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asking = false
	close(g.news)
	g.news = make(chan struct{})
}

// ask fetches permits. Without any, it says how long to wait.
func (g *gate) ask(ctx context.Context) (probe bool, wait time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	want := g.next()
	began := time.Now()
	answers, err := run(ctx, g.rdb, call{allowScript,
		[]string{holdKey(g.keys, g.project), rateKey(g.keys, g.project)},
		[]any{want, g.limit, g.rampUp.Milliseconds(), probeTime.Milliseconds()}})
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			g.trouble.note("asking for permits", err)
		}
		return false, askEvery
	}
	answer, _ := answers[0].([]any)
	if len(answer) != 3 {
		g.trouble.note("asking for permits", errors.New("unexpected answer"))
		return false, askEvery
	}
	granted, _ := answer[0].(int64)
	ms, _ := answer[1].(int64)
	switch answer[2] {
	case "probe":
		g.log.Info("probing FCM with one push")
		return true, 0
	case "held":
		if g.held.Load() == nil {
			if h, err := readHold(ctx, g.rdb, g.keys, g.project); err == nil {
				g.see(h)
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

// giveBack returns a permit that was not used: the next push may have it.
func (g *gate) giveBack(p pass) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p.probe {
		g.spare = p
	} else {
		g.permits++
	}
}

// probe is the pass of a probe, which ends the hold that there is, and no later
// one.
func (g *gate) probe(ctx context.Context) pass {
	if h, err := readHold(ctx, g.rdb, g.keys, g.project); err == nil {
		g.see(h)
	}
	p := pass{probe: true}
	if h := g.held.Load(); h != nil {
		p.hold = h.Since
	}
	return p
}

// see notes what is known of the hold.
func (g *gate) see(h *Hold) {
	before := g.held.Swap(h)
	switch {
	case before == nil && h != nil:
		g.log.Warn("sending is held", zap.String("reason", string(h.Reason)), zap.String("code", string(h.Code)), zap.String("detail", h.Detail),
			zap.String("until", h.Until), zap.String("probe_at", h.ProbeAt), zap.String("mend", h.Mend))
	case before != nil && h == nil:
		g.silent.Store(0) // what one consumer's probe has shown holds for all
		g.log.Info("sending goes on", zap.String("reason", string(before.Reason)))
	}
}

// Held is the hold as this consumer knows it, nil if there is none.
func (g *gate) Held() *Hold { return g.held.Load() }

// report tells the gate what came of a push that it let through. It returns
// whether the try counts as one of the push's own: not if FCM's trouble was
// known.
func (g *gate) report(ctx context.Context, p pass, o push.Outcome) (counts bool) {
	switch signOf(o.Code) {
	case alive:
		g.silent.Store(0)
		if p.probe {
			g.end(ctx, p)
		}
	case absent:
		known := p.probe || g.held.Load() != nil
		if g.silent.Add(1) >= outageAfter && !known || p.probe {
			g.raise(ctx, p, o)
		}
		return !known
	case refusing:
		g.raise(ctx, p, o)
		return false
	}
	return true
}

// raise holds the project, for all consumers.
func (g *gate) raise(ctx context.Context, p pass, o push.Outcome) {
	reason := reasonOf(o.Code)
	wait := g.firstly
	if reason == HoldQuota {
		wait = quotaWait(o)
	}
	if h := g.held.Load(); h != nil && !p.probe && h.Reason == reason && reason != HoldQuota {
		return // known; the others in flight say the same
	}
	probe := 0
	if p.probe {
		probe = 1
	}
	g.write(ctx, p, "holding", func(ctx context.Context) error {
		_, err := run(ctx, g.rdb, call{holdScript, []string{holdKey(g.keys, g.project)},
			[]any{string(reason), string(o.Code), o.Detail, g.name, wait.Milliseconds(), longestWait * g.firstly.Milliseconds(), probe}})
		if err != nil {
			return err
		}
		h, err := readHold(ctx, g.rdb, g.keys, g.project)
		if err == nil {
			g.see(h)
		}
		return err
	})
}

// end lifts the hold after a probe came through.
func (g *gate) end(ctx context.Context, p pass) {
	g.write(ctx, p, "ending the hold", func(ctx context.Context) error {
		_, err := lift(ctx, g.rdb, g.keys, g.project, g.rampUp, p.hold)
		if err != nil {
			return err
		}
		h, err := readHold(ctx, g.rdb, g.keys, g.project) // another may have begun
		if err == nil {
			g.see(h)
		}
		return err
	})
}

// write writes what an answer means for all. A probe's is written down whatever
// it takes, since everybody waits for it; of others the next says the same.
func (g *gate) write(ctx context.Context, p pass, what string, f func(context.Context) error) {
	for failures := 0; ; failures++ {
		limited, cancel := context.WithTimeout(ctx, askTimeout)
		err := f(limited)
		cancel()
		if err == nil {
			return
		}
		g.trouble.note(what, err)
		if !p.probe || !backoff(ctx, failures) {
			return
		}
	}
}
