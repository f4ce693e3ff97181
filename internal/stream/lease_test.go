package stream

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// A lease that is renewed looks young to Redis, and is no delivery.
func TestRenew(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	c := b.consumer(t, "a", nil)
	urgent := job("urgent")
	urgent.Priority = push.Urgent
	b.accept(t, job("a"), job("b"), job("c"), urgent)
	for _, p := range b.keys.All() {
		for _, d := range b.read(t, c, p, 10) {
			d.leasedAt = time.Now().Add(-c.lease.length)
		}
		b.age(t, p, nil)
	}
	if lost, err := c.renew(t.Context()); lost != 0 || err != nil {
		t.Fatal(lost, err)
	}
	for _, p := range b.keys.All() {
		for _, lane := range []int{laneNormal, laneUrgent} {
			for _, e := range pendingOf(t, b, laneKey(p, lane)) {
				if e.Idle > 30*time.Second || e.RetryCount != 1 || e.Consumer != "a" {
					t.Errorf("%+v", e)
				}
			}
		}
		if got := b.sweep(t, b.consumer(t, "b", nil), p); len(got) != 0 {
			t.Errorf("taken over in spite of it: %d", len(got))
		}
	}
	if due := c.due(time.Now().Add(-c.lease.length / 2)); len(due) != 0 {
		t.Errorf("still due: %d", len(due))
	}
	if !c.lease.Valid() {
		t.Error("the lease as a whole is not renewed")
	}
}

// What another consumer has, or nobody any more, is lost: its request ends, its
// answer is a note in the record, and nobody takes it back by renewing.
func TestLost(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	a, other := b.consumer(t, "a", nil), b.consumer(t, "b", nil)
	b.accept(t, job("taken"), job("deleted"), job("kept"))
	mine := b.read(t, a, p, 10)
	old := time.Now().Add(-a.lease.length / 2) // to be renewed, and fresh enough to be started
	a.lease.renew(old)
	var requests []context.Context
	for _, d := range mine {
		d.leasedAt = old
		ctx, done := a.begin(t.Context(), d, a.lease)
		defer done()
		requests = append(requests, ctx)
	}
	b.age(t, p, func(e redis.XPendingExt) bool { return e.ID == mine[0].entry })
	if got := b.sweep(t, other, p); len(got) != 1 || got[0].job.ID != "taken" {
		t.Fatalf("taken over: %+v", got)
	}
	b.rdb.XDel(t.Context(), jobsKey(p), mine[1].entry)
	for range 2 { // the second time it is known
		if _, err := a.renew(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := testutil.ToFloat64(a.metrics.lost); n != 2 {
		t.Errorf("%v lost, want 2", n)
	}
	for i, want := range []bool{true, true, false} {
		if ended := requests[i].Err() != nil; ended != want {
			t.Errorf("the request of %s has ended: %v", mine[i].job.ID, ended)
		}
	}
	owners := map[string]string{}
	for _, e := range pendingOf(t, b, jobsKey(p)) {
		owners[e.ID] = e.Consumer
	}
	if len(owners) != 2 || owners[mine[0].entry] != "b" || owners[mine[2].entry] != "a" {
		t.Errorf("pending: %v", owners)
	}
	b.settle(t, a, a.policy.decide(mine[0], accepted, time.Now(), true))
	if r := b.get(t, "taken"); r.Status != push.Queued || len(r.Late) != 1 || len(r.Takeovers) != 1 {
		t.Errorf("record %+v", r)
	}
}

// A consumer that was stopped for longer than its lease starts nothing that it
// had in hand before: it lets go of it, and finds what is still its own.
func TestStaleIsNotStarted(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	fcm := &counting{}
	c := b.consumer(t, "a", fcm)
	b.accept(t, job("a"))
	d := b.read(t, c, b.keys.Partition(0), 1)[0]
	d.leasedAt = time.Now().Add(-c.lease.length)
	s := c.deliver(t.Context(), d)
	if !s.abandon || fcm.total() != 0 {
		t.Fatalf("%+v after %d requests", s, fcm.total())
	}
	b.settle(t, c, s)
	r := newReader(c, b.keys.Partition(0))
	r.lookForOwn()
	own, err := r.read(t.Context(), 10)
	if err != nil || len(own) != 1 {
		t.Fatalf("found %v, %v", own, err)
	}
	if err := c.open(t.Context(), r.partition, own, func(found *delivery) { d = found }); err != nil {
		t.Fatal(err)
	}
	if s := c.deliver(t.Context(), d); s.status != push.Sent || s.deliveries != 1 {
		t.Errorf("%+v", s)
	}
}

// What a consumer lets go of because its lease was not fresh is found again at once, not
// when the readers next look by themselves: the sweeper takes nothing from itself.
func TestAbandonedIsFoundAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c := b.consumer(t, "a", &counting{})
	b.accept(t, job("a"))
	d := b.read(t, c, b.keys.Partition(0), 1)[0]
	d.leasedAt = time.Now().Add(-c.lease.length)
	r := newReader(c, b.keys.Partition(0))
	r.looked = time.Now().Add(time.Hour) // by itself it does not look
	background(t, func(ctx context.Context) error { r.run(ctx); return nil })
	background(t, func(ctx context.Context) error {
		context.AfterFunc(ctx, func() { close(c.settled) })
		c.settler(ctx)
		return nil
	})
	c.settled <- c.deliver(t.Context(), d)
	eventually(t, "it is found", func() bool { return len(c.jobs) == 1 })
	if s := c.deliver(t.Context(), <-c.jobs); s.status != push.Sent || s.deliveries != 1 {
		t.Errorf("%+v", s)
	}
}

// As long as the lease is not valid, as just after Redis refused writes, nothing is read
// or claimed: it could not be started.
func TestNothingIsReadWithoutALease(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c := b.consumer(t, "a", &counting{})
	other := b.consumer(t, "b", nil)
	b.accept(t, job("handed back"))
	b.settle(t, other, settlement{delivery: b.read(t, other, b.keys.Partition(0), 1)[0], release: true})
	b.accept(t, job("new"))
	c.lease.renew(time.Now().Add(-c.lease.length))
	background(t, func(ctx context.Context) error { newReader(c, b.keys.Partition(0)).run(ctx); return nil })
	background(t, func(ctx context.Context) error { c.reclaimer(ctx); return nil })
	begun := time.Now()
	eventually(t, "a look of both to pass", func() bool { return len(c.jobs) > 0 || time.Since(begun) > 2*reclaimEvery })
	renewed := time.Now()
	c.lease.renew(renewed)
	for range 2 {
		if d := <-c.jobs; d.leasedAt.Before(renewed) {
			t.Errorf("%s was taken without a lease", d.job.ID)
		}
	}
}

// A read never waits so long that what it brings is not fresh any more.
func TestWhatABlockedReadBringsIsFresh(t *testing.T) {
	t.Parallel()
	for _, length := range []time.Duration{time.Second, 2 * time.Second, 10 * time.Second, 10 * time.Minute} {
		l := NewLease(length)
		began := time.Now().Add(-min(readBlock, l.blocked()))
		l.renew(time.Now())
		if !l.fresh(began, time.Now()) {
			t.Errorf("a lease of %v: what was read after %v is not fresh", length, min(readBlock, l.blocked()))
		}
	}
}

func TestFence(t *testing.T) {
	t.Parallel()
	l := NewLease(time.Minute)
	if !l.Valid() {
		t.Error("a new one is not valid")
	}
	now := time.Now()
	l.renew(now.Add(-40 * time.Second))
	if l.Valid() {
		t.Error("valid 40 seconds after it was renewed")
	}
	l.renew(now.Add(-10 * time.Second))
	if !l.Valid() {
		t.Error("not valid ten seconds after it was renewed")
	}
	for _, c := range []struct {
		leased time.Duration // ago
		want   bool
	}{{0, true}, {20 * time.Second, true}, {26 * time.Second, false}, {46 * time.Second, false}} {
		if got := l.fresh(now.Add(-c.leased), now); got != c.want {
			t.Errorf("leased %v ago, renewed 10s ago: fresh is %v", c.leased, got)
		}
	}
	c := setup(t, 1).consumer(t, "a", nil)
	c.lease = l
	l.renew(now.Add(-40 * time.Second))
	if ctx, _ := c.begin(t.Context(), &delivery{leasedAt: time.Now()}, l); ctx != nil {
		t.Error("a push begins though the consumer has not been heard of")
	}
}

// For as long as a push is in hand, however slow FCM is, nobody takes it over.
func TestSlowSendKeepsItsLease(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	release := make(chan struct{})
	fcm := &counting{then: func(context.Context, string, int) push.Outcome {
		<-release
		return accepted
	}}
	b.accept(t, many("j", 20)...)
	_, stopA := b.running(t, fcm, ConsumerOptions{Name: "a", Lease: NewLease(time.Second)})
	eventually(t, "all are being sent", func() bool { return fcm.total() == 20 })
	other, stopB := b.running(t, fcm, ConsumerOptions{Name: "b", Lease: NewLease(time.Second)})
	// Three leases long somebody takes a turn, and finds nothing.
	begun := time.Now()
	eventually(t, "three leases to pass", func() bool { return time.Since(begun) > 3*time.Second })
	close(release)
	eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
	stopA()
	stopB()
	if fcm.total() != 20 || testutil.ToFloat64(other.metrics.claimed) != 0 {
		t.Errorf("%d sends, %v taken over", fcm.total(), testutil.ToFloat64(other.metrics.claimed))
	}
	b.nothingLeft(t)
}
