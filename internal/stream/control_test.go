package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// worker is a worker by its instance's name.
func (b *bundle) worker(t testing.TB, name string) Worker {
	t.Helper()
	workers, err := NewControl(b.rdb, b.keys).Workers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range workers {
		if w.Name == name {
			return w
		}
	}
	return Worker{}
}

// A paused consumer starts nothing, hands back what it has not started, and
// stays paused over a restart; the others go on.
func TestPauseOne(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	control := NewControl(b.rdb, b.keys)
	begun, release := make(chan string, 100), make(chan struct{})
	blocking := senderFunc(func(_ context.Context, j *push.Job) push.Outcome {
		begun <- j.ID
		<-release
		return accepted
	})
	_, stop := b.running(t, blocking, ConsumerOptions{Instance: "consumer-1", Concurrency: 2})
	b.accept(t, job("a"), job("b"), job("c"))
	inFlight := []string{<-begun, <-begun}
	if err := control.Pause(t.Context(), "consumer-1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it to be paused", func() bool { return b.worker(t, "consumer-1").State == Paused })
	// The third push was waiting for a worker, or unread: others may have it.
	quick := &counting{}
	_, stopOther := b.running(t, quick, ConsumerOptions{Instance: "consumer-2"})
	eventually(t, "the other one to send", func() bool { return quick.total() == 1 })
	close(release)
	eventually(t, "what was in flight to finish", func() bool {
		return b.get(t, inFlight[0]).Status == push.Sent && b.get(t, inFlight[1]).Status == push.Sent
	})
	if w := b.worker(t, "consumer-1"); w.Desired != Paused || w.State != Paused {
		t.Errorf("%+v", w)
	}
	if w := b.worker(t, "consumer-2"); w.Desired != Running || w.State != Running {
		t.Errorf("%+v", w)
	}
	stop()
	if w := b.worker(t, "consumer-1"); w.State != Lost || w.Desired != Paused {
		t.Errorf("paused, and none runs: %+v", w)
	}
	stopOther()

	sender := &counting{}
	_, stop = b.running(t, sender, ConsumerOptions{Instance: "consumer-1"})
	b.accept(t, job("d"))
	eventually(t, "it to be there, paused", func() bool { return b.worker(t, "consumer-1").State == Paused })
	if sender.total() != 0 || b.get(t, "d").Status != push.Queued {
		t.Errorf("it sent %d though it is paused", sender.total())
	}
	if err := control.Resume(t.Context(), "consumer-1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it to go on", func() bool { return b.terminal(t) })
	stop()
	if n := b.rdb.Exists(t.Context(), controlKey(b.keys)).Val(); n != 0 {
		t.Error("the control hash is left")
	}
	if err := control.Pause(t.Context(), "nobody-knows"); !errors.Is(err, ErrNoWorker) {
		t.Errorf("a worker that there is not: %v", err)
	}
}

// All pause and resume together; going on, they begin slowly. A name of one
// process that was paused is forgotten when the process has stopped.
func TestPauseAll(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	control := NewControl(b.rdb, b.keys)
	fcm := &counting{}
	var stops []func()
	for n := range 3 {
		_, stop := b.running(t, fcm, ConsumerOptions{Name: fmt.Sprint("c", n), RampUp: time.Minute})
		stops = append(stops, stop)
	}
	all := func(s State) bool {
		workers, err := control.Workers(t.Context())
		return err == nil && len(workers) == 3 && !slices.ContainsFunc(workers, func(w Worker) bool { return w.State != s })
	}
	eventually(t, "all to run", func() bool { return all(Running) })
	if err := control.Pause(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all to be paused", func() bool { return all(Paused) })
	if is, err := control.PausedAll(t.Context()); !is || err != nil {
		t.Errorf("%v, %v", is, err)
	}
	b.accept(t, many("j", 30)...)
	if err := control.Pause(t.Context(), "c1"); err != nil {
		t.Fatal(err)
	}
	if fcm.total() != 0 {
		t.Errorf("%d sent", fcm.total())
	}
	if err := control.Resume(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
	if b.rdb.HGet(t.Context(), rateKey(b.keys, "default"), "ramp_from").Val() == "" {
		t.Error("they go on at once")
	}
	if w := b.worker(t, "c1"); w.State != Paused {
		t.Errorf("%+v", w)
	}
	for _, stop := range stops {
		stop()
	}
	b.nothingLeft(t)
	if n := b.rdb.Exists(t.Context(), controlKey(b.keys)).Val(); n != 0 {
		t.Error("a process that is gone is still to be paused")
	}
}

func TestLostWorker(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.accept(t, job("a"), job("b"))
	c := b.consumer(t, "c", nil)
	b.read(t, c, b.keys.Partition(0), 10)
	if err := c.beat(t.Context(), time.Now(), 1.5); err != nil {
		t.Fatal(err)
	}
	if w := b.worker(t, "c"); w.State != Running || w.Pending != 2 || w.InFlight != 2 || w.Rate != 1.5 || w.PID == 0 {
		t.Errorf("%+v", w)
	}
	b.rdb.PExpire(t.Context(), workerKey(b.keys, "c"), workerTTL-lostAfter)
	if w := b.worker(t, "c"); w.State != Lost || w.Silent < 10 {
		t.Errorf("%+v", w)
	}
	b.rdb.Del(t.Context(), workerKey(b.keys, "c"), workersKey(b.keys))
	if w := b.worker(t, "c"); w.State != Lost || w.Pending != 2 {
		t.Errorf("what has work in hand must be seen: %+v", w)
	}
}

// failAll makes pushes fail with an error code.
func (b *bundle) failAll(t *testing.T, code push.Code) {
	t.Helper()
	c := b.consumer(t, "failing", nil)
	for _, p := range b.keys.All() {
		for _, d := range b.read(t, c, p, 1000) {
			b.settle(t, c, c.policy.decide(d, push.Outcome{Code: code, HTTPStatus: 404, Detail: "no"}, time.Now(), true))
		}
	}
}

func TestRedrive(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	control := NewControl(b.rdb, b.keys)
	j := job("a")
	j.TTL = 600
	b.accept(t, j)
	b.failAll(t, push.CodeThirdPartyAuth)
	got, err := control.Redrive(t.Context(), "a", "nothing")
	if err != nil || !slices.Equal(got, []Change{ChangeQueued, ChangeMissing}) {
		t.Fatal(got, err)
	}
	r := b.get(t, "a")
	if r.Status != push.Queued || r.FCMSendYN != "" || r.FCMSendTime != "" || r.Result != "" || r.ErrorCode != "" || len(r.Tries) != 1 {
		t.Errorf("record %+v", r)
	}
	if len(r.Redrives) != 1 || !strings.Contains(r.Redrives[0], " was failed THIRD_PARTY_AUTH_ERROR after 1 attempts") {
		t.Errorf("redrives %q", r.Redrives)
	}
	if left := time.Until(parseStamp(r.ExpiresAt)); left < 9*time.Minute || left > 10*time.Minute {
		t.Errorf("it expires in %v, its ttl is 10 minutes", left)
	}
	// It has as many tries as at first, with numbers of their own.
	c := b.consumer(t, "c", nil)
	d := b.read(t, c, b.keys.Partition(0), 5)[0]
	s := c.policy.decide(d, unavailable, time.Now(), true)
	if wait := s.due.Sub(s.at); wait != 10*time.Second || s.try != 2 || s.newUntil.IsZero() {
		t.Errorf("after the first try of its second life: %v, try %d", wait, s.try)
	}
	b.settle(t, c, s)
	if r := b.get(t, "a"); len(r.Tries) != 2 || r.Attempts != 2 || r.Deliveries != 2 {
		t.Errorf("record %+v", r)
	}
	if got, err := control.Redrive(t.Context(), "a"); err != nil || got[0] != Change(push.Retrying) {
		t.Errorf("a push that has not ended: %v, %v", got, err)
	}
}

// One operation redrives once, even if the client asks again after the push has
// failed once more.
func TestRedriveTwice(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.accept(t, job("a"))
	for range 2 {
		b.failAll(t, push.CodeThirdPartyAuth)
		answers, err := run(t.Context(), b.rdb, call{redriveScript, []string{jobsKey(p), urgentKey(p), eventsKey(p), p.Index()},
			[]any{p.Base, eventsCap, push.DefaultTTL, "the same operation", "a"}})
		if err != nil || fmt.Sprint(answers) != "[[queued]]" {
			t.Fatal(answers, err)
		}
	}
	if r := b.get(t, "a"); r.Status != push.Failed || len(r.Redrives) != 1 || len(r.Tries) != 2 {
		t.Errorf("record %+v", r)
	}
}

// What never was a job can't be sent, however often it is redriven.
func TestRedriveOfAnUnreadableEntry(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c := b.consumer(t, "c", nil)
	if err := c.reject(t.Context(), b.keys.Partition(0), entry{lane: laneNormal, id: "1-1"}, push.CodeInvalidJob, "no idea"); err != nil {
		t.Fatal(err)
	}
	page, err := b.log.List(t.Context(), pushlog.Query{Page: 1, Size: 1})
	if err != nil || len(page.Records) != 1 {
		t.Fatal(page, err)
	}
	if got, err := NewControl(b.rdb, b.keys).Redrive(t.Context(), page.Records[0].ID); err != nil || got[0] != ChangeUnsendable {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	control, c := NewControl(b.rdb, b.keys), b.consumer(t, "c", nil)
	later := job("later")
	later.DueAt = time.Now().Add(time.Hour)
	b.accept(t, job("sent"), job("hand"), job("back"), job("waits"), job("unread"), later)
	d := b.read(t, c, p, 4)
	b.settle(t, c, c.policy.decide(d[0], accepted, time.Now(), true), settlement{delivery: d[2], release: true}, c.policy.decide(d[3], unavailable, time.Now(), true))
	ids := []string{"sent", "hand", "back", "waits", "unread", "later", "nothing"}
	want := []Change{Change(push.Sent), ChangeInFlight, ChangeCancelled, ChangeCancelled, ChangeCancelled, ChangeCancelled, ChangeMissing}
	if got, err := control.Cancel(t.Context(), ids...); err != nil || !slices.Equal(got, want) {
		t.Fatalf("%v, %v; want %v", got, err, want)
	}
	if r := b.get(t, "unread"); r.Status != push.Cancelled || r.FCMSendYN != "N" || r.FCMSendTime == "" || r.Attempts != 0 {
		t.Errorf("record %+v", r)
	}
	if got := b.read(t, c, p, 10); len(got) != 0 {
		t.Errorf("a cancelled push was delivered: %+v", got[0])
	}
	if n := b.rdb.XLen(t.Context(), jobsKey(p)).Val(); n != 1 {
		t.Errorf("%d entries, want that of the push in hand", n)
	}
	if n := b.rdb.ZCard(t.Context(), dueKey(p)).Val(); n != 0 {
		t.Errorf("%d are still due", n)
	}
}

// What a read that had begun before a pause brings is handed back, also if its
// token is dead: while everyone is paused no push ends.
func TestPauseHandsBackDeadTokens(t *testing.T) {
	b := setup(t, 1)
	b.accept(t, job("a"))
	c := b.consumer(t, "c", senderFunc(func(context.Context, *push.Job) push.Outcome { panic("sent") }))
	d := b.read(t, c, b.keys.Of("a"), 1)[0]
	d.suppressed = "FCM said so"
	c.intake.set(false)
	if s := c.deliver(t.Context(), d); !s.release || s.status != "" {
		t.Errorf("paused: %+v", s)
	}
	c.intake.set(true)
	if s := c.deliver(t.Context(), d); s.release || s.code != push.CodeSuppressed {
		t.Errorf("running: %+v", s)
	}
}
