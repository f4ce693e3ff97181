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
func tries(t *testing.T, g *gate) (pass, bool) {
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

// A 429 holds everybody, for as long as FCM said, and is nobody's attempt; then
// sending begins slowly.
func TestQuotaHolds(t *testing.T) {
	t.Parallel()
	b, one, two := gates(t, ConsumerOptions{Rate: 600_000, RampUp: time.Minute})
	if counts := one.report(t.Context(), pass{}, push.Outcome{Code: push.CodeQuotaExceeded, RetryAfter: 700 * time.Millisecond}); counts {
		t.Error("it counts as an attempt")
	}
	for _, g := range []*gate{one, two} {
		if _, ok := tries(t, g); ok {
			t.Errorf("%s lets a push through", g.name)
		}
		if h := g.Held(); h == nil || h.Reason != HoldQuota || h.By != "one" || h.Until == "" {
			t.Errorf("%s: hold %+v", g.name, h)
		}
	}
	// A shorter wait does not shorten it, a longer one prolongs it.
	two.report(t.Context(), pass{}, push.Outcome{Code: push.CodeQuotaExceeded, RetryAfter: time.Millisecond})
	until := one.Held().Until
	if h, err := readHold(t.Context(), b.rdb, b.keys, "default"); err != nil || h.Until != until {
		t.Errorf("hold %+v, %v, want until %s", h, err, until)
	}
	two.report(t.Context(), pass{}, push.Outcome{Code: push.CodeQuotaExceeded, RetryAfter: time.Second})
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
	g.report(t.Context(), pass{}, push.Outcome{Code: push.CodeQuotaExceeded})
	if left := time.Until(parseStamp(g.Held().Until)); left < 50*time.Second || left > time.Minute {
		t.Errorf("held for %v, FCM's documentation says a minute", left)
	}
}

// Twenty tries in a row without a word from FCM are an outage. Then single
// pushes probe, and the first answer ends it.
func TestOutage(t *testing.T) {
	t.Parallel()
	b, one, two := gates(t, ConsumerOptions{RetryMinDelay: 100 * time.Millisecond})
	for range outageAfter - 1 {
		if !one.report(t.Context(), pass{}, unavailable) {
			t.Fatal("a failure before the outage is known does not count")
		}
	}
	one.report(t.Context(), pass{}, push.Outcome{Code: push.CodeUnregistered}) // FCM lives
	for n := range outageAfter {
		if one.Held() != nil {
			t.Fatalf("held after %d", n)
		}
		one.report(t.Context(), pass{}, unavailable)
	}
	if h := one.Held(); h == nil || h.Reason != HoldOutage || h.Code != push.CodeUnavailable || h.ProbeAt == "" {
		t.Fatalf("hold %+v", h)
	}
	if one.report(t.Context(), pass{}, unavailable) {
		t.Error("what was in flight counts")
	}
	since := one.Held().Since
	for _, want := range []time.Duration{200 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond} {
		p, err := two.enter(t.Context(), time.Time{})
		if err != nil || !p.probe {
			t.Fatalf("%+v, %v", p, err)
		}
		if _, ok := tries(t, one); ok {
			t.Error("two probes at the same time")
		}
		if two.report(t.Context(), p, push.Outcome{Code: push.CodeNotSent}) {
			t.Error("a probe counts")
		}
		if every := b.rdb.HGet(t.Context(), holdKey(b.keys, "default"), "every_ms").Val(); every != fmt.Sprint(want.Milliseconds()) {
			t.Errorf("the next probe comes after %s ms, want %v", every, want)
		}
		if h := two.Held(); h.Since != since || h.Code != push.CodeNotSent {
			t.Errorf("hold %+v", h)
		}
	}
	p, err := one.enter(t.Context(), time.Time{})
	if err != nil || !p.probe {
		t.Fatalf("%+v, %v", p, err)
	}
	one.report(t.Context(), p, accepted)
	for _, g := range []*gate{one, two} {
		if p, err := g.enter(t.Context(), time.Time{}); err != nil || p.probe || g.Held() != nil {
			t.Errorf("%s: %+v, %v, held %+v", g.name, p, err, g.Held())
		}
	}
}

// A probe ends the hold that it probed, and no later one; one that was not used is
// not spent on a later hold either.
func TestProbeIsForItsHold(t *testing.T) {
	t.Parallel()
	b, one, two := gates(t, ConsumerOptions{RetryMinDelay: time.Millisecond})
	one.raise(t.Context(), pass{}, push.Outcome{Code: push.CodePermission})
	p, err := one.enter(t.Context(), time.Time{})
	if err != nil || !p.probe || p.hold == "" {
		t.Fatalf("%+v, %v", p, err)
	}
	one.giveBack(p)
	if again, err := one.enter(t.Context(), time.Time{}); err != nil || again != p {
		t.Fatalf("what was given back: %+v, %v", again, err)
	}
	one.giveBack(p)
	two.end(t.Context(), p)          // another one's probe came through
	time.Sleep(2 * time.Millisecond) // a hold is known by its millisecond
	two.raise(t.Context(), pass{}, push.Outcome{Code: push.CodeQuotaExceeded, RetryAfter: time.Hour})
	one.see(two.Held())
	if p, ok := tries(t, one); ok {
		t.Errorf("a probe of an earlier hold is let out: %+v", p)
	}
	one.report(t.Context(), p, accepted) // it was in flight all the time
	if h, err := readHold(t.Context(), b.rdb, b.keys, "default"); err != nil || h == nil || one.Held() == nil {
		t.Errorf("it ended the quota's hold: %+v, %v", h, err)
	}
}

// After a hold a single failure is no outage, however many there were before.
func TestOutageIsForgotten(t *testing.T) {
	t.Parallel()
	_, one, two := gates(t, ConsumerOptions{RetryMinDelay: time.Millisecond})
	for range 3 * outageAfter {
		one.report(t.Context(), pass{}, unavailable)
	}
	p, err := two.enter(t.Context(), time.Time{})
	if err != nil || !p.probe {
		t.Fatalf("%+v, %v", p, err)
	}
	two.report(t.Context(), p, accepted)
	if _, err := one.enter(t.Context(), time.Time{}); err != nil || one.Held() != nil {
		t.Fatal(err, one.Held())
	}
	one.report(t.Context(), pass{}, unavailable)
	if one.Held() != nil {
		t.Errorf("held by a single failure: %+v", one.Held())
	}
}

// A broken credential, or a missing right, holds at once and says what to mend.
func TestMend(t *testing.T) {
	t.Parallel()
	for code, words := range map[push.Code]string{push.CodeCredential: "GOOGLE_APPLICATION_CREDENTIALS", push.CodePermission: "enable the Firebase Cloud Messaging API"} {
		_, g, _ := gates(t, ConsumerOptions{})
		if g.report(t.Context(), pass{}, push.Outcome{Code: code, Detail: "why"}) {
			t.Errorf("%s counts", code)
		}
		h := g.Held()
		if h == nil || !strings.Contains(h.Mend, words) || !strings.Contains(h.Error(), words) || !strings.Contains(h.Error(), "why") {
			t.Errorf("%s: %+v", code, h)
		}
	}
}

// An outage gives way to a reason that somebody must mend; no reason gives way
// to an outage.
func TestReasonsGiveWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first, then, want push.Code
	}{
		{push.CodeUnavailable, push.CodeCredential, push.CodeCredential},
		{push.CodeQuotaExceeded, push.CodePermission, push.CodePermission},
		{push.CodeCredential, push.CodeUnavailable, push.CodeCredential},
		{push.CodeQuotaExceeded, push.CodeUnavailable, push.CodeQuotaExceeded},
		{push.CodeUnavailable, push.CodeQuotaExceeded, push.CodeUnavailable},
	} {
		b, g, _ := gates(t, ConsumerOptions{})
		g.raise(t.Context(), pass{}, push.Outcome{Code: c.first})
		g.raise(t.Context(), pass{}, push.Outcome{Code: c.then})
		if h, err := readHold(t.Context(), b.rdb, b.keys, "default"); err != nil || h == nil || h.Code != c.want {
			t.Errorf("%s, then %s: %+v, %v", c.first, c.then, h, err)
		}
	}
}

// A push that waits while sending is held still expires in time.
func TestExpiresAtTheGate(t *testing.T) {
	t.Parallel()
	_, g, _ := gates(t, ConsumerOptions{})
	g.raise(t.Context(), pass{}, push.Outcome{Code: push.CodePermission})
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

// A consumer that has nothing to send asks for no probe, which others wait for.
func TestIdleTakesNoProbe(t *testing.T) {
	t.Parallel()
	b, one, _ := gates(t, ConsumerOptions{RetryMinDelay: time.Millisecond})
	_, stop := b.running(t, &counting{}, ConsumerOptions{Name: "idle"})
	one.raise(t.Context(), pass{}, push.Outcome{Code: push.CodePermission})
	eventually(t, "the idle one to know of the hold", func() bool {
		return b.rdb.HGet(t.Context(), holdKey(b.keys, "default"), "probe_at_ms").Val() <= fmt.Sprint(nowMS())
	})
	p, err := one.enter(t.Context(), time.Time{})
	if err != nil || !p.probe {
		t.Errorf("%+v, %v", p, err)
	}
	stop()
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
		pushstream_held{reason="outage"} 1
		pushstream_held{reason="permission"} 0
		pushstream_held{reason="quota"} 0
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
	if spent := attempts - len(jobs); spent > outageAfter+16 {
		t.Errorf("the outage cost %d attempts", spent)
	}
}
