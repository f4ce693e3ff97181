package stream

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pushstream/internal/push"
)

// wayOut is a played way to FCM of one worker: sick while it has an answer of its own.
type wayOut struct {
	counting
	sick atomic.Pointer[push.Outcome]
}

func newWayOut(o *push.Outcome) *wayOut {
	w := &wayOut{}
	w.sick.Store(o)
	w.then = func(context.Context, string, int) push.Outcome {
		time.Sleep(time.Millisecond)
		if o := w.sick.Load(); o != nil {
			return *o
		}
		return accepted
	}
	return w
}

// What keeps a worker from FCM.
var (
	noEgress   = &push.Outcome{Code: push.CodeNotSent, Detail: "connection refused"}
	fcmAway    = &push.Outcome{Code: push.CodeUnavailable, HTTPStatus: 503}
	badKey     = &push.Outcome{Code: push.CodeCredential, HTTPStatus: 401, Detail: "invalid authentication credentials"}
	noToken    = &push.Outcome{Code: push.CodeCredential, Detail: "token endpoint answered 401: invalid_grant"}
	apiOff     = &push.Outcome{Code: push.CodePermission, HTTPStatus: 403, Detail: "API disabled"}
	foreign    = &push.Outcome{Code: push.CodeSenderIDMismatch, HTTPStatus: 403, Detail: "SenderId mismatch"}
	allDead    = &push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404, Detail: "not found"}
	portalPage = &push.Outcome{Code: push.CodeBadAnswer, HTTPStatus: 200}
)

// A worker that does not get through steps back: it hands its work over, and the other
// sends everything, while the project is not held. Once it gets through again it works
// again.
func TestWorkerStepsBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sick   *push.Outcome
		reason Reason
		lost   int // pushes that are the evidence
	}{
		"no egress":                 {noEgress, HoldOutage, 0},
		"a proxy that answers 503":  {fcmAway, HoldOutage, 0},
		"a captive portal":          {portalPage, HoldOutage, 0},
		"a bad key":                 {badKey, HoldCredential, 0},
		"a refusing token endpoint": {noToken, HoldCredential, 0},
		"a missing right":           {apiOff, HoldPermission, 0},
		"another project":           {foreign, HoldMismatch, foreignTries - 1},
		"a wave of dead tokens":     {allDead, HoldUnregistered, waveTries - 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			bad, good := newWayOut(c.sick), newWayOut(nil)
			o := ConsumerOptions{Concurrency: 16, RetryMinDelay: 300 * time.Millisecond}
			o.Name = "sick"
			sick, _ := b.running(t, bad, o)
			jobs := many("j", 300)
			b.accept(t, jobs[:100]...)
			eventually(t, "the sick one to have begun", func() bool { return bad.total() > 0 })
			o.Name = "well"
			well, _ := b.running(t, good, o)
			b.accept(t, jobs[100:]...)
			eventually(t, "it to step back alone", func() bool { return sick.SteppedBack() != nil })
			if circuit := sick.gate.breaker.circuit(); circuit == nil || circuit.Reason != c.reason || circuit.Tokens == 0 || circuit.Mend == "" {
				t.Errorf("%+v", circuit)
			}
			eventually(t, "every push to be terminal", func() bool { return b.terminal(t) })
			if h := well.gate.Held(); h != nil {
				t.Errorf("the project is held: %+v", h)
			}
			failed := 0
			for _, j := range jobs {
				switch r := b.get(t, j.ID); r.Status {
				case push.Sent:
				case push.Failed:
					failed++
				default:
					t.Errorf("%+v", r)
				}
			}
			if failed > c.lost {
				t.Errorf("%d pushes failed, %d at most are the evidence", failed, c.lost)
			}
			if n := b.rdb.ZCard(t.Context(), suppressedKey(b.keys, "default")).Val(); n != 0 {
				t.Errorf("%d tokens are suppressed", n)
			}
			workers, err := NewControl(b.rdb, b.keys).Workers(t.Context())
			if err != nil || !slices.ContainsFunc(workers, func(w Worker) bool {
				return w.Name == "sick" && w.State == CircuitOpen && w.Circuit != nil && w.Circuit.Reason == c.reason && w.Circuit.Since != ""
			}) {
				t.Errorf("%+v, %v", workers, err)
			}

			bad.sick.Store(nil)
			n := 0
			eventually(t, "it to get through again", func() bool {
				b.accept(t, job(fmt.Sprintf("later-%d", n)))
				n++
				return sick.SteppedBack() == nil && sick.state() == Running
			})
		})
	}
}

// When no worker gets through, the project is held: ready, with the evidence, until the
// first answer.
func TestNobodyGetsThrough(t *testing.T) {
	t.Parallel()
	for name, sick := range map[string]*push.Outcome{"no egress": noEgress, "FCM is away": fcmAway, "bad keys": badKey, "API off": apiOff, "wrong project": foreign, "all unregistered": allDead} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			ways := []*wayOut{newWayOut(sick), newWayOut(sick)}
			var consumers []*Consumer
			for i, w := range ways {
				c, _ := b.running(t, w, ConsumerOptions{Name: fmt.Sprintf("c%d", i), Concurrency: 8, RetryMinDelay: 100 * time.Millisecond})
				consumers = append(consumers, c)
			}
			jobs := many("j", 300)
			b.accept(t, jobs...)
			eventually(t, "the project to be held by both", func() bool {
				h, err := readHold(t.Context(), b.rdb, b.keys, "default")
				return err == nil && h != nil && len(h.Workers) == 2
			})
			h, err := readHold(t.Context(), b.rdb, b.keys, "default")
			if err != nil || !slices.Equal(h.Workers, []string{"c0", "c1"}) && !slices.Equal(h.Workers, []string{"c1", "c0"}) || h.Tokens < 2 || h.FailingSince == "" || h.ProbeAt == "" {
				t.Errorf("%+v, %v", h, err)
			}
			eventually(t, "both to know", func() bool { return consumers[0].Held() != nil && consumers[1].Held() != nil })
			for _, c := range consumers {
				if err := c.SteppedBack(); err != nil {
					t.Errorf("not ready while everybody is held: %v", err)
				}
			}
			ways[1].sick.Store(nil) // the other one stays sick
			eventually(t, "every push to be terminal", func() bool { return b.terminal(t) })
			eventually(t, "the hold to end", func() bool { return consumers[1].Held() == nil })
			if n := b.rdb.ZCard(t.Context(), suppressedKey(b.keys, "default")).Val(); n != 0 {
				t.Errorf("%d tokens are suppressed", n)
			}
			sent := 0
			for _, j := range jobs {
				if b.get(t, j.ID).Status == push.Sent {
					sent++
				}
			}
			most := map[*push.Outcome]int{allDead: 2 * (waveTries - 1), foreign: 2 * (foreignTries - 1)}[sick]
			if lost := len(jobs) - sent; lost > most {
				t.Errorf("%d pushes failed, %d at most are the evidence", lost, most)
			}
		})
	}
}

// A worker that has stepped back and is the last one left holds the project and goes on
// probing: its work is not stranded.
func TestLastWorkerHolds(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	bad := newWayOut(noEgress)
	o := ConsumerOptions{Concurrency: 8, RetryMinDelay: 100 * time.Millisecond}
	o.Name = "well"
	well, stopWell := b.running(t, newWayOut(nil), o)
	o.Name = "sick"
	sick, _ := b.running(t, bad, o)
	n := 0
	eventually(t, "it to step back", func() bool {
		b.accept(t, many(fmt.Sprintf("a%d-", n), 10)...)
		n++
		return sick.SteppedBack() != nil
	})
	if well.Held() != nil {
		t.Error("held")
	}
	stopWell()
	b.accept(t, many("b", 20)...)
	eventually(t, "the last one to hold", func() bool { return sick.Held() != nil && sick.SteppedBack() == nil })
	if err := NewControl(b.rdb, b.keys).Pause(t.Context(), "sick"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it to pause", func() bool { return sick.state() == Paused })
	if err := NewControl(b.rdb, b.keys).Resume(t.Context(), "sick"); err != nil {
		t.Fatal(err)
	}
	bad.sick.Store(nil)
	eventually(t, "every push to be terminal", func() bool { return b.terminal(t) })
	eventually(t, "the hold to end", func() bool { return sick.Held() == nil && sick.state() == Running })
}

// A worker that stops while it has stepped back, or while the project is held, leaves
// nothing behind.
func TestStopWhileSteppedBack(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	o := ConsumerOptions{Concurrency: 8, RetryMinDelay: 50 * time.Millisecond}
	o.Name = "well"
	_, stopWell := b.running(t, newWayOut(nil), o)
	o.Name = "sick"
	sick, stopSick := b.running(t, newWayOut(noEgress), o)
	n := 0
	eventually(t, "it to step back", func() bool {
		b.accept(t, many(fmt.Sprintf("a%d-", n), 10)...)
		n++
		return sick.SteppedBack() != nil
	})
	stopSick()
	o.Name = "third"
	third, stopThird := b.running(t, newWayOut(noEgress), o)
	stopWell()
	b.accept(t, many("b", 50)...)
	eventually(t, "a hold", func() bool { return third.Held() != nil })
	stopThird()
	if members := b.rdb.HGetAll(t.Context(), evidenceKey(b.keys, "default")).Val(); members["worker:sick"] != "" || members["worker:third"] != "" || members["worker:well"] != "" {
		t.Errorf("%v", members)
	}
	o.Name = "fourth"
	fourth, _ := b.running(t, newWayOut(nil), o)
	eventually(t, "every push to be terminal", func() bool { return b.terminal(t) })
	if fourth.Held() != nil {
		t.Error("held")
	}
}

// A campaign to a stale list ends in a hold. An urgent push that comes meanwhile is the next
// probe: its acceptance ends the hold, and then FCM is believed.
func TestStaleListHoldsUrgentOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	fcm := &counting{then: func(_ context.Context, id string, _ int) push.Outcome {
		if id == "urgent" {
			return accepted
		}
		return *allDead
	}}
	var consumers []*Consumer
	for _, name := range []string{"one", "two"} {
		c, _ := b.running(t, fcm, ConsumerOptions{Name: name, Concurrency: 8, RetryMinDelay: 200 * time.Millisecond})
		consumers = append(consumers, c)
	}
	stale := many("stale", 400)
	for i := range stale {
		stale[i].Priority = push.Normal
	}
	b.accept(t, stale...)
	eventually(t, "a hold", func() bool { h := consumers[0].gate.Held(); return h != nil && h.Reason == HoldUnregistered })
	urgent := job("urgent")
	urgent.Priority = push.Urgent
	b.accept(t, urgent)
	eventually(t, "the urgent push to be sent", func() bool { return b.get(t, "urgent").Status == push.Sent })
	eventually(t, "the rest to end", func() bool { return b.terminal(t) })
	if h, err := readHold(t.Context(), b.rdb, b.keys, "default"); err != nil || h != nil {
		t.Errorf("held again: %+v, %v", h, err)
	}
}

// Whoever ends a hold for UNREGISTERED by hand knows better: the list is dead.
func TestEndedByHandIsBelieved(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	fcm := &counting{then: func(context.Context, string, int) push.Outcome { return *allDead }}
	c, _ := b.running(t, fcm, ConsumerOptions{Concurrency: 8, RetryMinDelay: 500 * time.Millisecond})
	b.accept(t, many("stale", 120)...)
	eventually(t, "a hold", func() bool { return c.gate.Held() != nil })
	if ended, err := NewControl(b.rdb, b.keys).EndHold(t.Context(), "default"); err != nil || !ended {
		t.Fatal(ended, err)
	}
	eventually(t, "all to fail", func() bool { counts, err := b.log.Counts(t.Context()); return err == nil && counts[push.Failed] == 120 })
	if c.Held() != nil || c.SteppedBack() != nil {
		t.Error(c.Held(), c.SteppedBack())
	}
}
