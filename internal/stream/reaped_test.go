package stream

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// kept is a dump without what a push leaves behind when it is gone: counters,
// events, dead tokens, and how far the streams were read.
func (b *bundle) kept(t testing.TB) map[string]string {
	t.Helper()
	dump := redistest.Dump(t, b.rdb)
	maps.DeleteFunc(dump, func(key, _ string) bool {
		return strings.Contains(key, ":minute:") || strings.Contains(key, ":hour:") || strings.HasSuffix(key, ":events") || strings.Contains(key, ":suppressed:")
	})
	for _, p := range b.keys.All() {
		for _, lane := range []int{laneNormal, laneUrgent} {
			stream := laneKey(p, lane)
			dump[stream] = fmt.Sprint(b.rdb.XRange(t.Context(), stream, "-", "+").Val(), pendingOf(t, b, stream))
		}
	}
	return dump
}

// everyState accepts pushes whose ids start with a name, and brings some into every
// state. It returns those that have ended, and the others.
func (b *bundle) everyState(t testing.TB, name string) (ended, open []string) {
	t.Helper()
	c, control, now := b.consumer(t, name, nil), NewControl(b.rdb, b.keys), time.Now()
	later := job(name + "-scheduled")
	later.DueAt = now.Add(time.Hour)
	taken := []string{"sent", "failed", "expired", "refused", "retried", "retrying", "waiting-cancelled", "redriven", "redriven-queued"}
	var jobs []push.Job
	for i, state := range taken {
		j := job(name + "-" + state)
		j.Csno, j.PushGrpID = []string{"", "1", "2"}[i%3], []string{"", "G"}[i%2]
		if i%2 == 0 {
			j.Priority = push.Urgent
		}
		jobs = append(jobs, j)
	}
	b.accept(t, append(jobs, later)...)
	end := func(d *delivery) {
		switch strings.TrimPrefix(d.job.ID, name+"-") {
		case "sent":
			b.settle(t, c, c.policy.decide(d, accepted, now, true))
		case "expired":
			b.settle(t, c, c.policy.expired(d, now))
		case "retried", "retrying", "waiting-cancelled":
			b.settle(t, c, c.policy.decide(d, unavailable, now, true))
		default:
			b.settle(t, c, c.policy.decide(d, push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404}, now, true))
		}
	}
	for _, p := range b.keys.All() {
		for _, d := range b.read(t, c, p, 100) {
			end(d)
		}
	}
	b.accept(t, job(name+"-in-hand"))
	for _, p := range b.keys.All() {
		b.read(t, c, p, 100)
	}
	b.accept(t, job(name+"-queued"), job(name+"-cancelled"))
	change := func(what func(context.Context, ...string) ([]Change, error), id string) {
		if got, err := what(t.Context(), id); err != nil || got[0] != ChangeQueued && got[0] != ChangeCancelled {
			t.Fatal(id, got, err)
		}
	}
	change(control.Cancel, name+"-cancelled")
	change(control.Cancel, name+"-waiting-cancelled")
	change(control.Redrive, name+"-redriven-queued")
	for _, s := range []string{"sent", "failed", "expired", "refused", "cancelled", "waiting-cancelled", "redriven"} {
		ended = append(ended, name+"-"+s)
	}
	for _, s := range []string{"scheduled", "retried", "retrying", "in-hand", "queued", "redriven-queued"} {
		open = append(open, name+"-"+s)
	}
	return ended, open
}

// An entry that nobody has read, of a push that was cancelled, must not become a
// failed push when its record is gone.
func TestReapOfCancelledPushes(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]bool{"unread": false, "read and not looked at": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			ctx, p, c := t.Context(), b.keys.Partition(0), b.consumer(t, "c", nil)
			urgent := job("b")
			urgent.Priority = push.Urgent
			b.accept(t, job("a"), urgent, job("c"))
			if got, err := NewControl(b.rdb, b.keys).Cancel(ctx, "a", "b"); err != nil || got[0] != ChangeCancelled || got[1] != ChangeCancelled {
				t.Fatal(got, err)
			}
			r := newReader(c, p)
			var entries []entry
			if read {
				entries, _ = r.read(ctx, 10)
			}
			if got := b.reap(t, p, b.candidates(t, "a", "b")...); got != "[2 0]" {
				t.Fatal(got)
			}
			if !read {
				entries, _ = r.read(ctx, 10)
			}
			var got []string
			if err := c.open(ctx, p, entries, func(d *delivery) { got = append(got, d.job.ID) }); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(got) != "[c]" {
				t.Errorf("delivered %v", got)
			}
			if n := b.rdb.ZCard(ctx, p.Index()).Val(); n != 1 {
				t.Errorf("%d records", n)
			}
			if entries := b.rdb.XRange(ctx, jobsKey(p), "-", "+").Val(); len(entries) != 1 || b.rdb.XLen(ctx, urgentKey(p)).Val() != 0 || len(pendingOf(t, b, jobsKey(p))) != 1 {
				t.Errorf("entries %v", entries)
			}
		})
	}
}

// A push that was cancelled on the stream, redriven, and has ended: the entry of
// before may be in the hand of somebody who is about to look at the record.
func TestReapOfARedrivenPush(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx, p, control := t.Context(), b.keys.Partition(0), NewControl(b.rdb, b.keys)
	slow, quick := b.consumer(t, "slow", nil), b.consumer(t, "quick", nil)
	b.accept(t, job("a"))
	if _, err := control.Cancel(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Millisecond) // its second entry is of another millisecond
	if _, err := control.Redrive(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	first, err := newReader(slow, p).read(ctx, 1)
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	for _, d := range b.read(t, quick, p, 1) {
		b.settle(t, quick, quick.policy.decide(d, accepted, time.Now(), true))
	}
	if b.get(t, "a").Status != push.Sent {
		t.Fatal("not sent")
	}
	if got := b.reap(t, p, b.candidates(t, "a")...); got != "[0 1]" {
		t.Errorf("with the entry of before on the stream: %s", got)
	}
	if err := slow.open(ctx, p, first, func(d *delivery) { t.Errorf("%s was delivered", d.job.ID) }); err != nil {
		t.Fatal(err)
	}
	b.accept(t, job("younger"))
	if got := b.reap(t, p, b.candidates(t, "a")...); got != "[1 0]" {
		t.Errorf("without: %s", got)
	}
	if n := b.rdb.ZCard(ctx, p.Index()).Val(); n != 1 {
		t.Errorf("%d records", n)
	}
}

// An outcome that comes after the record has gone makes no new one.
func TestLateOutcomeOfAReapedPush(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p, zombie, c := b.keys.Partition(0), b.consumer(t, "zombie", nil), b.consumer(t, "c", nil)
	b.accept(t, job("a"), job("b"))
	late := b.read(t, zombie, p, 10)
	b.age(t, p, nil)
	for _, d := range b.sweep(t, c, p) {
		b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
	}
	if got := b.reap(t, p, b.candidates(t, "a", "b")...); got != "[2 0]" {
		t.Fatal(got)
	}
	before := redistest.Dump(t, b.rdb)
	b.settle(t, zombie, zombie.policy.decide(late[0], accepted, time.Now(), true), zombie.policy.decide(late[1], unavailable, time.Now(), true))
	if now := redistest.Dump(t, b.rdb); !maps.Equal(before, now) {
		t.Errorf("it has changed:\n%s", diff(before, now))
	}
}

// When all has ended and is gone, the store is what it was before.
func TestReapLeavesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p, c := b.keys.Partition(0), b.consumer(t, "c", nil)
	settle := func(deliveries []*delivery) {
		for _, d := range deliveries {
			b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
		}
	}
	b.accept(t, job("k"))
	settle(b.read(t, c, p, 1))
	before := b.kept(t)

	ended, open := b.everyState(t, "x")
	b.rdb.ZAdd(t.Context(), p.Late(), redis.Z{Score: 1, Member: "x-sent"}, redis.Z{Score: 2, Member: "x-failed"})
	b.age(t, p, nil)
	settle(b.sweep(t, c, p))
	if _, err := promote(t.Context(), b.rdb, b.keys, time.Now().Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	settle(b.read(t, c, p, 100))
	all := append(ended, open...)
	if got := b.reap(t, p, b.candidates(t, all...)...); got != fmt.Sprintf("[%d 0]", len(all)) {
		t.Fatal(got)
	}
	if after := b.kept(t); !maps.Equal(before, after) {
		t.Errorf("left behind:\n%s", diff(before, after))
	}
}

// seed writes pushes as accept and settle leave them, each a millisecond after the
// other, and returns when the first was accepted. status says how each has come.
func (b *bundle) seed(t testing.TB, name string, n int, status func(i int) push.Status) time.Time {
	t.Helper()
	ctx, start := t.Context(), time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	for from := 0; from < n; from += 1000 {
		pipe := b.rdb.Pipeline()
		for i := from; i < min(n, from+1000); i++ {
			id, at := fmt.Sprintf("%s-%06d", name, i), start.Add(time.Duration(i)*time.Millisecond)
			p, s, z := b.keys.Of(id), status(i), redis.Z{Score: float64(at.UnixMilli()), Member: id}
			pipe.HSet(ctx, p.Record(id), pushlog.FieldStatus, string(s), pushlog.FieldAcceptedAt, stamp(at),
				push.FieldDeviceID, "token-"+id, push.FieldCsno, "1")
			pipe.ZAdd(ctx, p.Index(), z)
			pipe.ZAdd(ctx, p.ValueIndex(push.FieldCsno, "1"), z)
			pipe.ZAdd(ctx, p.ValueIndex(push.FieldDeviceID, "token-"+id), z)
			if s != push.Sent {
				pipe.ZAdd(ctx, p.StatusIndex(s), z)
			}
		}
		if _, err := pipe.Exec(ctx); err != nil {
			t.Fatal(err)
		}
	}
	return start
}

func always(s push.Status) func(int) push.Status { return func(int) push.Status { return s } }

// ids are all pushes of the log, oldest first, one partition after the other. It
// checks that there is a record for each, and no other.
func (b *bundle) ids(t testing.TB) []string {
	t.Helper()
	var ids []string
	records := 0
	for _, p := range b.keys.All() {
		ids = append(ids, b.rdb.ZRange(t.Context(), p.Index(), 0, -1).Val()...)
	}
	for iter := b.rdb.Scan(t.Context(), 0, b.keys.Prefix+":{*}:record:*", 1000).Iterator(); iter.Next(t.Context()); records++ {
	}
	pipe := b.rdb.Pipeline()
	var found []*redis.IntCmd
	for _, id := range ids {
		found = append(found, pipe.Exists(t.Context(), b.keys.Of(id).Record(id)))
	}
	if _, err := pipe.Exec(t.Context()); err != nil && len(ids) > 0 {
		t.Fatal(err)
	}
	for i, id := range ids {
		if found[i].Val() == 0 {
			t.Errorf("%s has no record", id)
		}
	}
	if records != len(ids) {
		t.Errorf("%d records, %d in the index", records, len(ids))
	}
	return ids
}
