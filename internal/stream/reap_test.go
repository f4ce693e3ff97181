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

// candidates reads pushes as somebody who is about to remove them.
func (b *bundle) candidates(t testing.TB, ids ...string) []candidate {
	t.Helper()
	var all []candidate
	for _, id := range ids {
		r, err := b.log.Get(t.Context(), id)
		if err != nil && err != pushlog.ErrNotFound {
			t.Fatal(err)
		}
		all = append(all, candidate{place{int64(b.rdb.ZScore(t.Context(), b.keys.Of(id).Index(), id).Val()), id}, r})
	}
	return all
}

// reap runs the script once over candidates of one partition, and returns what it
// answers.
func (b *bundle) reap(t testing.TB, p pushlog.Partition, of ...candidate) string {
	t.Helper()
	c := reapCall(p, 0, noFlush)
	for _, one := range of {
		c.args = append(c.args, one.args()...)
	}
	answers, err := run(t.Context(), b.rdb, c)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(answers[0])
}

// What has ended goes, and nothing else; the second run, as after a lost reply, does
// nothing.
func TestReap(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	ended, open := b.everyState(t, "x")
	with := redistest.Dump(t, b.rdb)
	if got := b.reap(t, p, b.candidates(t, open...)...); got != fmt.Sprintf("[0 %d]", len(open)) {
		t.Errorf("of what has not ended: %s", got)
	}
	if now := redistest.Dump(t, b.rdb); !maps.Equal(with, now) {
		t.Errorf("what has not ended has changed:\n%s", diff(with, now))
	}
	gone := b.candidates(t, ended...)
	if got := b.reap(t, p, gone...); got != fmt.Sprintf("[%d 0]", len(ended)) {
		t.Errorf("of what has ended: %s", got)
	}
	once := redistest.Dump(t, b.rdb)
	if got := b.reap(t, p, gone...); got != "[0 0]" {
		t.Errorf("once more: %s", got)
	}
	if twice := redistest.Dump(t, b.rdb); !maps.Equal(once, twice) {
		t.Errorf("the second run changed the store:\n%s", diff(once, twice))
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

// Members of the index that lead nowhere leave it; what is not ours, or another than
// the caller has read, stays.
func TestReapOfOthers(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx, p := t.Context(), b.keys.Partition(0)
	b.everyState(t, "k")
	before := redistest.Dump(t, b.rdb)
	b.rdb.ZAdd(ctx, p.Index(), redis.Z{Score: 7, Member: "orphan"})
	b.rdb.ZAdd(ctx, p.Late(), redis.Z{Score: 7, Member: "orphan"})
	if got := b.reap(t, p, candidate{place: place{7, "orphan"}}, candidate{place: place{0, "nowhere"}}); got != "[0 0]" {
		t.Errorf("of what has no record: %s", got)
	}
	if now := redistest.Dump(t, b.rdb); !maps.Equal(before, now) {
		t.Errorf("the orphan:\n%s", diff(before, now))
	}
	b.rdb.Set(ctx, p.Record("text"), "x", 0)
	b.rdb.HSet(ctx, p.Record("other"), "a", "b")
	before = redistest.Dump(t, b.rdb)
	sent := b.candidates(t, "k-sent")[0]
	sent.record.AcceptedAt = "2020-01-01T00:00:00.000Z"
	if got := b.reap(t, p, candidate{place: place{0, "text"}}, candidate{place: place{0, "other"}}, sent, candidate{place: place{0, "k-failed"}}); got != "[0 4]" {
		t.Errorf("of others: %s", got)
	}
	if now := redistest.Dump(t, b.rdb); !maps.Equal(before, now) {
		t.Errorf("it has changed:\n%s", diff(before, now))
	}
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

// Chunks of which no push is left go, wherever they are; the others stay.
func TestDropChunks(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx, p, c := t.Context(), b.keys.Partition(0), b.consumer(t, "c", nil)
	const n = 350
	want := map[string]bool{}
	for i := range n {
		first := 1000 * (i + 1)
		b.rdb.HSet(ctx, p.Chunk(int64(i)), pushlog.ChunkFirst, first, pushlog.ChunkLast, first+500)
		b.rdb.ZAdd(ctx, p.Chunks(), redis.Z{Score: float64(first), Member: i})
		if i >= 230 && i%3 == 0 {
			b.rdb.ZAdd(ctx, p.Index(), redis.Z{Score: float64(first + []int{0, 250, 500}[i%9/3]), Member: fmt.Sprint(i)})
			want[p.Chunk(int64(i))] = true
		}
		b.rdb.ZAdd(ctx, p.Index(), redis.Z{Score: float64(first + 501 + i%498), Member: fmt.Sprint("between-", i)})
	}
	passes := 0
	for rank := int64(-1); rank != 0; passes++ {
		var err error
		if rank, err = c.dropChunks(ctx, p, max(rank, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if passes > 2 {
		t.Errorf("%d passes", passes)
	}
	for i := range n {
		key := p.Chunk(int64(i))
		_, err := b.rdb.ZScore(ctx, p.Chunks(), fmt.Sprint(i)).Result()
		if is := b.rdb.Exists(ctx, key).Val() == 1; is != want[key] || (err == nil) != want[key] {
			t.Errorf("%s: %v %v", key, is, err)
		}
	}
}
