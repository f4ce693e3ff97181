package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// XAUTOCLAIM that always starts at 0-0 looks at so many entries and no further:
// young ones hide old ones for ever. The sweep comes round, however many there
// are.
func TestSweepComesRound(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	busy, dead, c := b.consumer(t, "busy", nil), b.consumer(t, "dead", nil), b.consumer(t, "c", nil)
	var jobs []push.Job
	for n := range 2*sweepStep + 50 {
		jobs = append(jobs, job(fmt.Sprintf("j%04d", n)))
	}
	b.accept(t, jobs...)
	want := 0
	for range 5 { // the dead one's are between and behind those of the busy one
		for range 2 {
			b.read(t, busy, p, 100)
		}
		want += len(b.read(t, dead, p, 10))
	}
	b.age(t, p, func(e redis.XPendingExt) bool { return e.Consumer == "dead" })
	got := b.sweep(t, c, p)
	if len(got) != want || want != 50 {
		t.Errorf("took over %d of %d", len(got), want)
	}
	for _, d := range got {
		if d.deliveries != 2 {
			t.Errorf("%s: delivery %d", d.job.ID, d.deliveries)
		}
	}
	if again := b.sweep(t, c, p); len(again) != 0 {
		t.Errorf("took over its own: %d", len(again))
	}
}

// The record says who was silent and who took over, and so do the events.
func TestTakeOverIsNoted(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.accept(t, job("a"))
	b.read(t, b.consumer(t, "dead", nil), p, 1)
	b.age(t, p, nil)
	c := b.consumer(t, "c", nil)
	d := b.sweep(t, c, p)[0]
	r := b.get(t, "a")
	if len(r.Takeovers) != 1 || !strings.HasSuffix(r.Takeovers[0], " dead silent for 60.0s, noticed by c") {
		t.Errorf("take-overs %q", r.Takeovers)
	}
	b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
	if r := b.get(t, "a"); r.Deliveries != 2 || r.Attempts != 1 || r.Status != push.Sent || len(r.Takeovers) != 1 {
		t.Errorf("record %+v", r)
	}
	if !b.announced("lapsed", "a dead") {
		t.Error("no event")
	}
}

// When the group is destroyed, Redis's count of deliveries begins anew; what the
// record says of those before stays.
func TestNotesOutliveTheGroup(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.accept(t, job("a"))
	c := b.consumer(t, "c", nil)
	for n := range 23 {
		b.rdb.XGroupDestroy(t.Context(), jobsKey(p), Group)
		if err := EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
			t.Fatal(err)
		}
		b.read(t, b.consumer(t, fmt.Sprint("dead-", n), nil), p, 1)
		b.age(t, p, nil)
		if err := (sweeper{c}).sweep(t.Context(), p, time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	r := b.get(t, "a")
	if len(r.Takeovers) != 20 || !strings.Contains(r.Takeovers[0], " dead-3 ") || !strings.Contains(r.Takeovers[19], " dead-22 ") {
		t.Errorf("take-overs %q", r.Takeovers)
	}
}

// announced reports whether the events of partition 0 have a field with a text.
func (b *bundle) announced(field, text string) bool {
	for _, e := range b.rdb.XRange(context.Background(), "push:{0}:events", "-", "+").Val() {
		if e.Values[field] == text {
			return true
		}
	}
	return false
}

// What five consumers in a row have not answered for is not given to a sixth.
func TestPoison(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.accept(t, job("a"))
	b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: jobsKey(p), Values: []string{"id", "hand", "device_id", "t", "msg_title", "x"}})
	// Whoever reads the whole job dies before it is accepted.
	victim := b.consumer(t, "victim-1", nil)
	if n := len(pendingAfterRead(t, b, victim)); n != 2 {
		t.Fatalf("%d pending", n)
	}
	for n := 2; n <= maxDeliveries; n++ {
		b.age(t, p, nil)
		b.claimOnly(t, fmt.Sprint("victim-", n))
	}
	if r := b.get(t, "a"); r.Status != push.Queued {
		t.Fatalf("after %d deliveries it is %s", maxDeliveries, r.Status)
	}
	b.age(t, p, nil)
	if got := b.sweep(t, b.consumer(t, "c", nil), p); len(got) != 0 {
		t.Fatalf("given to one more: %+v", got)
	}
	r := b.get(t, "a")
	if r.Status != push.Failed || r.ErrorCode != push.CodePoison || r.Attempts != 0 || r.Deliveries != maxDeliveries || len(r.Takeovers) != maxDeliveries ||
		r.FCMSendYN != "N" || !strings.Contains(r.Result, "5 times without an answer") {
		t.Errorf("record %+v", r)
	}
	if n := b.rdb.XLen(t.Context(), jobsKey(p)).Val(); n != 0 {
		t.Errorf("%d entries are left", n)
	}
	page, err := b.log.List(t.Context(), pushlog.Query{Page: 1, Size: 10, Filter: pushlog.Filter{Statuses: []push.Status{push.Failed}}})
	if err != nil || page.Total != 2 {
		t.Fatalf("%d failed, %v", page.Total, err)
	}
	for _, r := range page.Records {
		if r.ErrorCode != push.CodePoison {
			t.Errorf("record %+v", r)
		}
	}
}

// A push that kills its consumer does not take others with it: what two have not
// answered for is in hand alone of its kind.
func TestSuspectsComeOneByOne(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.accept(t, many("j", 60)...)
	b.read(t, b.consumer(t, "dead-1", nil), p, 50)
	b.age(t, p, nil)
	b.sweep(t, b.consumer(t, "dead-2", nil), p)
	b.accept(t, job("fresh"))
	b.read(t, b.consumer(t, "dead-3", nil), p, 1) // one that was lost once only
	b.age(t, p, nil)
	c := b.consumer(t, "c", nil)
	got := b.sweep(t, c, p)
	suspects := 0
	for _, d := range got {
		if d.handed > suspectAfter {
			suspects++
		}
	}
	if suspects != 1 || len(got) < 2 {
		t.Fatalf("%d in hand, %d of them suspects", len(got), suspects)
	}
	if more := b.reclaim(t, c); len(more) != 0 {
		t.Errorf("%d more", len(more))
	}
	for n := 0; n < 60 && suspects > 0; n++ { // as they are settled, the others follow
		for _, d := range got {
			b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
		}
		if got = b.reclaim(t, c); len(got) == 0 {
			break
		}
	}
	if counts, err := b.log.Counts(t.Context()); err != nil || counts[push.Failed] != 0 || counts[push.Sent] < 50 {
		t.Errorf("%v, %v", counts, err)
	}
}

// pendingAfterRead reads everything for c without opening it.
func pendingAfterRead(t *testing.T, b *bundle, c *Consumer) []redis.XPendingExt {
	t.Helper()
	if _, err := newReader(c, b.keys.Partition(0)).read(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	return pendingOf(t, b, "push:{0}:jobs")
}

// claimOnly has somebody claim everything who then dies: the scripts alone.
func (b *bundle) claimOnly(t *testing.T, name string) {
	t.Helper()
	p := b.keys.Partition(0)
	c := b.consumer(t, name, nil)
	if err := (sweeper{c}).sweep(t.Context(), p, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	args := []any{Group, name, unassigned}
	for _, e := range pendingOf(t, b, jobsKey(p)) {
		args = append(args, laneNormal, e.ID)
	}
	if _, err := run(t.Context(), b.rdb, call{claimScript, []string{jobsKey(p), urgentKey(p)}, args}); err != nil {
		t.Fatal(err)
	}
}

// An entry that somebody deleted while it was pending leaves the pending list,
// and is reported.
func TestDeletedWhilePending(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.accept(t, job("a"), job("b"))
	d := b.read(t, b.consumer(t, "dead", nil), p, 2)
	b.age(t, p, nil)
	b.rdb.XDel(t.Context(), jobsKey(p), d[0].entry)
	got := b.sweep(t, b.consumer(t, "c", nil), p)
	if len(got) != 1 || got[0].job.ID != "b" {
		t.Errorf("took over %+v", got)
	}
	if pending := pendingOf(t, b, jobsKey(p)); len(pending) != 1 || pending[0].ID != d[1].entry {
		t.Errorf("pending %+v", pending)
	}
	if !b.announced("deleted", jobsKey(p)+" "+d[0].entry) {
		t.Error("no event")
	}
}

// What was handed back comes before what is unread: a backlog does not delay it.
func TestHandedBackComesFirst(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	a, c := b.consumer(t, "a", nil), b.consumer(t, "c", nil)
	b.accept(t, many("j", 300)...)
	mine := b.read(t, a, p, 50)
	if n, err := release(t.Context(), b.rdb, p, "a", nil); int(n) != len(mine) || err != nil {
		t.Fatal(n, err)
	}
	got := b.reclaim(t, c)
	if len(got) != len(mine) {
		t.Errorf("claimed %d of %d", len(got), len(mine))
	}
	for _, d := range got {
		if rec := b.get(t, d.job.ID); d.deliveries != 1 || len(rec.Takeovers) != 0 {
			t.Errorf("%s: delivery %d, %+v", d.job.ID, d.deliveries, rec)
		}
	}
	if normal, urgent, err := ReadBacklog(t.Context(), b.rdb, b.keys); err != nil || int(normal.Pending+urgent.Pending) != len(mine) {
		t.Errorf("backlog %+v %+v, %v", normal, urgent, err)
	}
}

// A lease that was renewed after the sweeper had looked is left alone: the script
// looks once more.
func TestLapseLooksAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.accept(t, job("a"))
	d := b.read(t, b.consumer(t, "owner", nil), p, 1)[0]
	s := sweeper{b.consumer(t, "c", nil)}
	if err := s.expire(t.Context(), p, []entry{{lane: d.lane, id: d.entry}}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := pendingOf(t, b, jobsKey(p))[0].Consumer; got != "owner" {
		t.Errorf("%s has it", got)
	}
	if r := b.get(t, "a"); len(r.Takeovers) != 0 {
		t.Errorf("take-overs %q", r.Takeovers)
	}
}

// Of several consumers one at a time sweeps; none is a leader that the others
// would miss.
func TestTurns(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	one, two := sweeper{b.consumer(t, "one", nil)}, sweeper{b.consumer(t, "two", nil)}
	p, q := b.keys.Partition(0), b.keys.Partition(1)
	check := func(s sweeper, p pushlog.Partition, want bool) {
		t.Helper()
		if now, err := s.lock(t.Context(), p); now > 0 != want || err != nil {
			t.Errorf("%s: %v, %v", s.c.Name(), now, err)
		}
	}
	for _, part := range []pushlog.Partition{p, q} {
		check(one, part, false) // nobody was here before: what is pending may be anybody's
		b.rdb.HSet(t.Context(), sweepKey(part), "quiet_ms", 0)
	}
	check(one, p, true)
	check(two, p, false)
	check(one, p, false)
	check(two, q, true)
	if ttl := b.rdb.PTTL(t.Context(), sweepKey(p)).Val(); ttl <= 0 {
		t.Errorf("TTL %v", ttl)
	}
	b.rdb.HSet(t.Context(), sweepKey(p), "ends_ms", nowMS()-1) // with or without the one who had it
	check(two, p, true)
}

// After Redis was away all leases have run out, and nobody is to blame: nothing
// is taken over until their owners had time to renew them.
func TestQuietAfterAnOutage(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.accept(t, job("a"))
	b.read(t, b.consumer(t, "owner", nil), p, 1)
	b.age(t, p, nil)
	s := sweeper{b.consumer(t, "c", nil)}
	check := func(when, want string) {
		t.Helper()
		if err := s.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := pendingOf(t, b, jobsKey(p))[0].Consumer; got != want {
			t.Errorf("%s %s has it, want %s", when, got, want)
		}
	}
	lease := s.c.lease.length.Milliseconds()
	b.rdb.HSet(t.Context(), sweepKey(p), "asked_ms", nowMS()-lease, "quiet_ms", 0)
	check("when nobody could ask for a lease,", "owner")
	check("a moment later", "owner")
	b.rdb.HSet(t.Context(), sweepKey(p), "quiet_ms", nowMS()-1)
	check("when the owner had its time,", unassigned)
}

// Back-pressure holds for what is taken over, too; and what nobody has room for
// is not left with the dead.
func TestClaimsOnlyWhatItHasRoomFor(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.accept(t, many("j", 100)...)
	b.read(t, b.consumer(t, "dead", nil), p, 100)
	b.age(t, p, nil)
	c := NewConsumer(b.rdb, b.rdb, b.keys, nil, ConsumerOptions{Name: "c", Concurrency: 7})
	if err := (sweeper{c}).sweep(t.Context(), p, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		for n := 1; n > 0; {
			var err error
			if n, err = c.reclaim(ctx); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	eventually(t, "its places to be taken", func() bool { return len(c.jobs) == 8 })
	owners := map[string]int{}
	for _, lane := range []int{laneNormal, laneUrgent} {
		for _, e := range pendingOf(t, b, laneKey(p, lane)) {
			owners[e.Consumer]++
		}
	}
	if owners["c"] != 8 || owners[unassigned] != 92 {
		t.Errorf("pending: %v, with 8 places", owners)
	}
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestDeadConsumersVanish(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	p := b.keys.Partition(0)
	c, busy, dead, alive := b.consumer(t, "c", nil), b.consumer(t, "dead-busy", nil), b.consumer(t, "dead-idle", nil), b.consumer(t, "alive", nil)
	b.accept(t, many("j", 40)...)
	for _, one := range []*Consumer{busy, dead, alive, c} {
		b.read(t, one, p, 3)
		if err := one.beat(t.Context(), time.Now(), 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, lane := range []string{jobsKey(p), urgentKey(p)} {
		for _, e := range pendingOf(t, b, lane) {
			if e.Consumer == "dead-idle" {
				b.rdb.XAck(t.Context(), lane, Group, e.ID)
			}
		}
	}
	members := func() string {
		var names []string
		for _, m := range b.rdb.XInfoConsumers(t.Context(), jobsKey(p), Group).Val() {
			names = append(names, m.Name)
		}
		return strings.Join(names, " ")
	}
	check := func(want string) {
		t.Helper()
		if err := c.removeDead(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if got := members(); got != want {
			t.Errorf("members %q, want %q", got, want)
		}
	}
	check("alive c dead-busy dead-idle") // all were heard of a moment ago
	b.rdb.PExpire(t.Context(), workerKey(b.keys, "dead-idle"), workerTTL-lostAfter)
	b.rdb.Del(t.Context(), workerKey(b.keys, "dead-busy"))
	check("alive c dead-busy") // what has something pending stays
	b.age(t, p, func(e redis.XPendingExt) bool { return e.Consumer == "dead-busy" })
	if got := b.sweep(t, c, p); len(got) == 0 {
		t.Fatal("nothing was taken over")
	}
	check("alive c")
	names := b.rdb.ZRange(t.Context(), workersKey(b.keys), 0, -1).Val()
	if strings.Join(names, " ") != "alive c dead-idle" && len(names) != 3 { // seen as lost for a minute
		t.Errorf("workers %v", names)
	}
}

// One consumer dies with work in hand, another comes and goes: nothing is lost,
// nobody's name is left.
func TestScaleUpAndDown(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	fcm := &counting{then: func(context.Context, string, int) push.Outcome {
		time.Sleep(5 * time.Millisecond)
		return accepted
	}}
	_, stop := b.running(t, fcm, ConsumerOptions{Name: "first", Concurrency: 4})
	jobs := many("j", 2000)
	b.accept(t, jobs[:1000]...)
	var stops []func()
	for n := range 7 {
		_, s := b.running(t, fcm, ConsumerOptions{Name: fmt.Sprint("more-", n), Concurrency: 4})
		stops = append(stops, s)
	}
	b.accept(t, jobs[1000:]...)
	for n, s := range stops {
		eventually(t, "work goes on", func() bool { return fcm.total() > 150*n })
		s()
	}
	eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
	stop()
	for _, j := range jobs {
		if r := b.get(t, j.ID); r.Status != push.Sent || fcm.of(j.ID) != 1 || r.Deliveries != 1 {
			t.Fatalf("%s: sent %d times, record %+v", j.ID, fcm.of(j.ID), r)
		}
	}
	b.nothingLeft(t)
	for key := range redistest.Dump(t, b.rdb) {
		if strings.HasPrefix(key, "push:worker") {
			t.Errorf("%s is left", key)
		}
	}
}
