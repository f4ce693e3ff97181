package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"pushstream/internal/push"
)

// gates returns the gates of two consumers that send to the same project.
func gates(t *testing.T, o ConsumerOptions) (b *bundle, one, two *gate) {
	t.Helper()
	b = setup(t, 1)
	of := func(name string) *gate {
		o := o
		o.Name = name
		return NewConsumer(b.rdb, b.rdb, b.keys, nil, o).gate
	}
	return b, of("one"), of("two")
}

// tries lets a push through if it may go within a moment.
func tries(t *testing.T, g *gate) (permit, bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	p, err := g.enter(ctx, time.Time{})
	return p, err == nil
}

// All consumers together get what the project may send: the bucket holds one
// second's worth, and fills again with time.
func TestRateIsShared(t *testing.T) {
	t.Parallel()
	_, one, two := gates(t, ConsumerOptions{Rate: 6000, RampUp: time.Minute})
	began := time.Now()
	var passed atomic.Int64
	var all sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for i := range 40 {
		all.Go(func() {
			g := one
			if i%2 == 0 {
				g = two
			}
			for {
				if _, err := g.enter(ctx, time.Time{}); err != nil {
					return
				}
				passed.Add(1)
			}
		})
	}
	eventually(t, "250 to pass", func() bool { return passed.Load() >= 250 })
	cancel()
	all.Wait()
	// 100 at once, then 100 a second; permits in hand were paid for.
	if most := 100 + int64(time.Since(began).Seconds()*100) + 1; passed.Load() > most {
		t.Errorf("%d passed in %v, at most %d may", passed.Load(), time.Since(began), most)
	}
}

func TestNoRate(t *testing.T) {
	t.Parallel()
	_, g, _ := gates(t, ConsumerOptions{})
	for range 5000 {
		if _, err := g.enter(t.Context(), time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
}

// toToken is a delivery to a token.
func toToken(token string) *delivery { return &delivery{job: push.Job{ID: token, DeviceID: token}} }

// refusedByOAuth is what a worker gets whose service account is no good: it steps back at
// once.
var refusedByOAuth = push.Outcome{Code: push.CodeCredential, Detail: "token endpoint answered 401: invalid_grant"}

// FCM's 429 for the project holds everybody, for as long as FCM said, and is nobody's
// attempt; then sending begins slowly.
func TestQuotaHolds(t *testing.T) {
	t.Parallel()
	b, one, two := gates(t, ConsumerOptions{Rate: 600_000, RampUp: time.Minute})
	limit := func(g *gate, after time.Duration) {
		g.report(t.Context(), false, toToken("a"), push.Outcome{Code: push.CodeQuotaExceeded, HTTPStatus: 429, Scope: push.ScopeProject, RetryAfter: after})
	}
	limit(one, 700*time.Millisecond)
	for _, g := range []*gate{one, two} {
		if _, ok := tries(t, g); ok {
			t.Errorf("%s lets a push through", g.name)
		}
		if h := g.Held(); h == nil || h.Reason != HoldQuota || h.By != "one" || h.Until == "" {
			t.Errorf("%s: hold %+v", g.name, h)
		}
	}
	// A shorter wait does not shorten it, a longer one prolongs it.
	limit(two, time.Millisecond)
	until := one.Held().Until
	if h, err := readHold(t.Context(), b.rdb, b.keys, "default"); err != nil || h.Until != until {
		t.Errorf("hold %+v, %v, want until %s", h, err, until)
	}
	limit(two, time.Second)
	if two.Held().Until <= until {
		t.Errorf("until %s, before that %s", two.Held().Until, until)
	}
	if _, err := one.enter(t.Context(), time.Time{}); err != nil || one.Held() != nil {
		t.Errorf("it does not end: %v, %+v", err, one.Held())
	}
	if b.rdb.Exists(t.Context(), holdKey(b.keys, "default")).Val() != 0 {
		t.Error("its key is left")
	}
	began, passed := time.Now(), 1
	for _, ok := tries(t, one); ok && passed < 1000; _, ok = tries(t, one) {
		passed++
	}
	// From a hundredth to the whole in a minute: 10,000 / 60 / 2 × t², and one
	// second's worth at once.
	s := time.Since(began).Seconds() + 0.1
	if most := 100 + 100*s + 83.4*s*s + permitBatch; float64(passed) > most {
		t.Errorf("%d passed in %.1f s after a hold, at most %.0f may", passed, s, most)
	}
}

func TestQuotaWithoutRetryAfter(t *testing.T) {
	t.Parallel()
	_, g, _ := gates(t, ConsumerOptions{})
	g.report(t.Context(), false, toToken("a"), push.Outcome{Code: push.CodeQuotaExceeded, Scope: push.ScopeProject})
	if left := time.Until(parseStamp(g.Held().Until)); left < 50*time.Second || left > time.Minute {
		t.Errorf("held for %v, FCM's documentation says a minute", left)
	}
}

// A 429 that does not say whose quota is used up holds the project only if several device
// tokens get it, and no worker has anything accepted meanwhile.
func TestQuotaOnEvidence(t *testing.T) {
	t.Parallel()
	limited := push.Outcome{Code: push.CodeQuotaExceeded, HTTPStatus: 429, RetryAfter: time.Minute}
	ofDevice := limited
	ofDevice.Scope = push.ScopeDevice
	for name, c := range map[string]struct {
		tokens []string
		answer push.Outcome
		other  bool // the other worker has a push accepted meanwhile
		own    bool // this worker has
		want   bool
	}{
		"three tokens":                    {tokens: []string{"a", "b", "c"}, answer: limited, want: true},
		"one token, often":                {tokens: []string{"a", "a", "a", "a", "a"}, answer: limited},
		"three devices, each by its own":  {tokens: []string{"a", "b", "c"}, answer: ofDevice},
		"the other worker gets through":   {tokens: []string{"a", "b", "c"}, answer: limited, other: true},
		"this worker gets through itself": {tokens: []string{"a", "b", "c"}, answer: limited, own: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, one, two := gates(t, ConsumerOptions{})
			for _, token := range c.tokens {
				one.report(t.Context(), false, toToken(token), c.answer)
			}
			if one.Held() != nil {
				t.Fatal("held before the other worker had time to speak")
			}
			if c.other {
				two.report(t.Context(), false, toToken("x"), accepted)
				if err := two.weighSome(t.Context(), sideClosed); err != nil {
					t.Fatal(err)
				}
			}
			if c.own {
				one.report(t.Context(), false, toToken("x"), accepted)
			}
			one.quota.mu.Lock()
			one.quota.since = one.quota.since.Add(-quotaSettle)
			one.quota.mu.Unlock()
			if c.other { // it was accepted after the first 429
				one.quota.mu.Lock()
				one.quota.since = time.Now().Add(-time.Hour)
				one.quota.mu.Unlock()
			}
			one.holdIfAllLimited(t.Context())
			if held := one.Held() != nil; held != c.want {
				t.Errorf("held: %v, %+v", held, one.Held())
			}
		})
	}
}

// A future that Redis's clock has left behind delays nothing for longer than its own
// length.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	future := func(d time.Duration) int64 { return time.Now().Add(d).UnixMilli() }
	t.Run("rate", func(t *testing.T) {
		t.Parallel()
		b, g, _ := gates(t, ConsumerOptions{Rate: 6000, RampUp: 200 * time.Millisecond})
		b.rdb.HSet(t.Context(), rateKey(b.keys, "default"), "tat", future(10*time.Minute)*1000, "ramp_from", future(10*time.Minute)*1000)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for range 150 {
			if _, err := g.enter(ctx, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("quota", func(t *testing.T) {
		t.Parallel()
		b, g, _ := gates(t, ConsumerOptions{})
		g.report(t.Context(), false, toToken("a"), push.Outcome{Code: push.CodeQuotaExceeded, Scope: push.ScopeProject, RetryAfter: 500 * time.Millisecond})
		b.rdb.HSet(t.Context(), holdKey(b.keys, "default"), "until_ms", future(10*time.Minute))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if _, err := g.enter(ctx, time.Time{}); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("evidence", func(t *testing.T) {
		t.Parallel()
		b, g, two := gates(t, ConsumerOptions{RetryMinDelay: time.Millisecond})
		g.report(t.Context(), false, toToken("a"), refusedByOAuth)
		if g.Held() == nil {
			t.Fatal("not held")
		}
		later := future(10 * time.Minute)
		b.rdb.HSet(t.Context(), holdKey(b.keys, "default"), "since_ms", later, "probe_at_ms", later)
		b.rdb.HSet(t.Context(), evidenceKey(b.keys, "default"), "lifted_ms", later, "answered_ms", later, "accepted_ms", later, "believed_ms", later,
			"worker:gone", fmt.Sprintf(`{"seen":%d,"state":"closed"}`, later))
		eventually(t, "an answer to end it", func() bool {
			p, err := two.enter(t.Context(), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			two.report(t.Context(), p.probe, toToken("b"), accepted)
			return two.Held() == nil && !p.probe
		})
		seen := b.rdb.HGet(t.Context(), evidenceKey(b.keys, "default"), "worker:gone").Val()
		if strings.Contains(seen, fmt.Sprint(later)) {
			t.Errorf("a worker will be taken to live for ten minutes: %s", seen)
		}
	})
}

// What FCM says to a push that was in flight when the hold began ends it; so does a probe
// of a worker that has not stepped back, which is let out at once.
func TestFirstAnswerEndsHold(t *testing.T) {
	t.Parallel()
	b, one, two := gates(t, ConsumerOptions{RetryMinDelay: time.Hour})
	one.report(t.Context(), false, toToken("a"), refusedByOAuth)
	two.look(t.Context())
	if one.Held() == nil || two.Held() == nil {
		t.Fatal("not held")
	}
	if _, ok := tries(t, one); ok {
		t.Error("the worker that stepped back probes before its time")
	}
	time.Sleep(2 * time.Millisecond) // times are kept in milliseconds
	two.report(t.Context(), false, toToken("b"), push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404})
	if h, err := readHold(t.Context(), b.rdb, b.keys, "default"); err != nil || h != nil || two.Held() != nil {
		t.Errorf("still held: %+v, %v", h, err)
	}
	one.look(t.Context())
	p, ok := tries(t, one)
	if !ok || !p.probe {
		t.Error("the worker that stepped back does not try afresh when the hold has ended")
	}
}

// A push that waits while sending is held still expires in time.
func TestExpiresAtTheGate(t *testing.T) {
	t.Parallel()
	_, g, _ := gates(t, ConsumerOptions{})
	g.report(t.Context(), false, toToken("a"), refusedByOAuth)
	errs := make(chan error)
	for range 3 { // the first asks Redis, the others wait for it
		go func() {
			_, err := g.enter(t.Context(), time.Now().Add(20*time.Millisecond))
			errs <- err
		}()
	}
	for range 3 {
		if err := <-errs; !errors.Is(err, errTooLate) {
			t.Errorf("%v", err)
		}
	}
}

// While FCM is away nothing is lost, few attempts are spent, and one push at a
// time looks whether it is back. Metrics and /readyz show the hold.
func TestOutageEndToEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	var away atomic.Bool
	away.Store(true)
	var atOnce, most atomic.Int64
	fcm := &counting{then: func(context.Context, string, int) push.Outcome {
		if n := atOnce.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer atOnce.Add(-1)
		time.Sleep(time.Millisecond)
		if away.Load() {
			return unavailable
		}
		return accepted
	}}
	reg := prometheus.NewPedanticRegistry()
	c, stop := b.running(t, fcm, ConsumerOptions{Concurrency: 16, RetryMinDelay: 50 * time.Millisecond, Registerer: reg})
	jobs := many("j", 300)
	b.accept(t, jobs...)
	eventually(t, "an outage", func() bool { return c.Held() != nil })
	if err := testutil.GatherAndCompare(reg, strings.NewReader(`
		# HELP pushstream_held 1 while all sending to the project is held, by the reason.
		# TYPE pushstream_held gauge
		pushstream_held{reason="credential"} 0
		pushstream_held{reason="mismatch"} 0
		pushstream_held{reason="outage"} 1
		pushstream_held{reason="permission"} 0
		pushstream_held{reason="quota"} 0
		pushstream_held{reason="unregistered"} 0
	`), "pushstream_held"); err != nil {
		t.Error(err)
	}
	eventually(t, "what was in flight to end", func() bool { return atOnce.Load() == 0 && c.Held() != nil })
	before := fcm.total()
	most.Store(0)
	eventually(t, "three probes", func() bool { return fcm.total() >= before+3 })
	if most.Load() != 1 {
		t.Errorf("%d pushes probe at the same time", most.Load())
	}
	probing := b.rdb.HGet(t.Context(), holdKey(b.keys, "default"), "reason").Val()
	away.Store(false)
	eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
	stop()
	if probing != string(HoldOutage) || c.Held() != nil {
		t.Errorf("reason %q, held now: %v", probing, c.Held())
	}
	attempts := 0
	for _, j := range jobs {
		r := b.get(t, j.ID)
		if r.Status != push.Sent {
			t.Fatalf("%+v", r)
		}
		attempts += r.Attempts
	}
	// Twenty until the outage is known, and what was in flight then.
	if spent := attempts - len(jobs); spent > silentTries+16 {
		t.Errorf("the outage cost %d attempts", spent)
	}
}
