package stream

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/logkeep"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// serving starts consumers with a short lease, and returns what stops them.
func (b *bundle) serving(t *testing.T, sender Sender, names ...string) (stop func()) {
	t.Helper()
	var stops []func()
	for _, name := range names {
		c := NewConsumer(b.rdb, b.srv.Client(t), b.keys, sender, ConsumerOptions{Name: name, Concurrency: 16, RetryMinDelay: time.Second, Lease: NewLease(2 * time.Second)})
		stops = append(stops, start(t, c))
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// ends waits until pushes have reached a state.
func (b *bundle) ends(t *testing.T, want push.Status, ids ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%v are %s", ids, want), func() bool {
		for _, id := range ids {
			if b.get(t, id).Status != want {
				return false
			}
		}
		return true
	})
}

func manyOf(prefix string, n int) (ids []string) {
	for i := range n {
		ids = append(ids, prefix+"-"+strconv.Itoa(i))
	}
	return ids
}

// When Redis's clock is set back, as by a failover to a replica with another one, sending
// goes on at once, a dead consumer's work is taken over, and retries are made in time.
func TestRedisClockSetBack(t *testing.T) {
	t.Parallel()
	b := setupOn(t, redistest.NewSteppable(t), 2)
	fcm := &counting{then: func(_ context.Context, id string, n int) push.Outcome {
		if strings.HasPrefix(id, "again") && n < 3 {
			return unavailable
		}
		return accepted
	}}
	// What a consumer had in hand when it was killed, and its heartbeat.
	dead := b.consumer(t, "dead", nil)
	if err := dead.beat(t.Context(), time.Now(), 0); err != nil {
		t.Fatal(err)
	}
	orphans := manyOf("orphan", 20)
	for _, id := range orphans {
		b.accept(t, job(id))
	}
	for _, p := range b.keys.All() {
		b.read(t, dead, p, 20)
	}
	stop := b.serving(t, fcm, "one", "two")
	before, again := manyOf("before", 50), manyOf("again", 5)
	for _, id := range append(before, again...) {
		b.accept(t, job(id))
	}
	b.ends(t, push.Sent, before...)
	b.ends(t, push.Retrying, again...)

	b.srv.SetClock(t, -10*time.Minute)
	after := manyOf("after", 50)
	for _, id := range after {
		j := job(id)
		j.TTL = 60
		b.accept(t, j)
	}
	b.ends(t, push.Sent, after...)
	b.ends(t, push.Sent, again...)
	b.ends(t, push.Sent, orphans...)
	eventually(t, "the dead one is seen to be lost", func() bool {
		workers, err := NewControl(b.rdb, b.keys).Workers(t.Context())
		return err == nil && slices.ContainsFunc(workers, func(w Worker) bool { return w.Name == "dead" && w.State == Lost })
	})
	stop()
	for _, id := range append(append(after, before...), orphans...) {
		if n := fcm.of(id); n != 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
	b.emptied(t)
	for i, id := range after {
		r, now := b.get(t, id), time.Now().Add(-10*time.Minute)
		if ends := parseStamp(r.ExpiresAt); ends.After(now.Add(time.Minute)) {
			t.Errorf("%s, of a ttl of 60 s, expires in %v", id, ends.Sub(now))
		}
		if last := b.get(t, before[i]).AcceptedAt; r.AcceptedAt < last {
			t.Errorf("%s was accepted at %s, after one at %s", id, r.AcceptedAt, last)
		}
	}
}

// When Redis's clock is set ahead, all leases have run out and all heartbeats are gone:
// what is in flight stays where it is, and is sent once.
func TestRedisClockSetAhead(t *testing.T) {
	t.Parallel()
	b := setupOn(t, redistest.NewSteppable(t), 1)
	open := make(chan struct{})
	fcm := &counting{then: func(_ context.Context, id string, _ int) push.Outcome {
		if strings.HasPrefix(id, "long") {
			<-open
		}
		return accepted
	}}
	stop := b.serving(t, fcm, "one", "two", "three")
	long := manyOf("long", 20)
	for _, id := range long {
		b.accept(t, job(id))
	}
	eventually(t, "all are in flight", func() bool { return fcm.total() == len(long) })
	b.srv.SetClock(t, 10*time.Minute)
	after := manyOf("after", 20)
	for _, id := range after {
		b.accept(t, job(id))
	}
	b.ends(t, push.Sent, after...)
	// The sweepers have had several turns since.
	p := b.keys.Partition(0)
	quiet := func() int64 {
		n, _ := b.rdb.HGet(t.Context(), sweepKey(p), "ends_ms").Int64()
		return n
	}
	for range 3 {
		last := quiet()
		eventually(t, "a turn", func() bool { return quiet() > last })
	}
	close(open)
	b.ends(t, push.Sent, long...)
	stop()
	for _, id := range append(long, after...) {
		if n := fcm.of(id); n != 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
	b.emptied(t)
}

// emptied looks whether nothing is left on a stream.
func (b *bundle) emptied(t *testing.T) {
	t.Helper()
	for _, p := range b.keys.All() {
		for _, lane := range []int{laneNormal, laneUrgent} {
			if n := b.rdb.XLen(t.Context(), laneKey(p, lane)).Val(); n != 0 {
				t.Errorf("%d entries are left on %s", n, laneKey(p, lane))
			}
		}
	}
}

// What is kept as a time in the future is over if it lies further ahead than it may last.
func TestTimesFurtherAheadThanTheyLastAreOver(t *testing.T) {
	t.Parallel()
	b := setupOn(t, redistest.NewSteppable(t), 1)
	p, ctx := b.keys.Partition(0), t.Context()
	one, two := b.consumer(t, "one", nil), b.consumer(t, "two", nil)
	// The clock is an hour ahead, and everything begins; then it is set back.
	b.srv.SetClock(t, time.Hour)
	turn := func(c *Consumer) bool {
		now, err := sweeper{c}.lock(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		return now > 0
	}
	duty := func(c *Consumer) bool {
		now, err := c.duty(ctx, flushingKey(p))
		if err != nil {
			t.Fatal(err)
		}
		return now > 0
	}
	turn(one)
	b.rdb.HSet(ctx, sweepKey(p), "quiet_ms", 0)
	if !turn(one) || turn(two) || !duty(one) || duty(two) {
		t.Fatal("turn and duty are not the first one's")
	}
	b.accept(t, job("a"))
	b.failAll(t, push.CodeThirdPartyAuth)
	b.srv.SetClock(t, 0)
	if !turn(two) {
		t.Error("nobody can sweep")
	}
	if !duty(two) {
		t.Error("nobody can flush")
	}
}

// While the clock is behind, a millisecond takes no more than some hundred pushes, so that
// the log is sealed, and all of them are found.
func TestSealingWhileTheClockIsBehind(t *testing.T) {
	t.Parallel()
	b := setupOn(t, redistest.NewSteppable(t), 1)
	p := b.keys.Partition(0)
	b.srv.SetClock(t, time.Hour)
	b.accept(t, job("first"))
	b.srv.SetClock(t, 0)
	const n = 600
	for i := range n / 50 {
		var jobs []push.Job
		for k := range 50 {
			jobs = append(jobs, job(fmt.Sprintf("p-%03d", i*50+k)))
		}
		b.accept(t, jobs...)
	}
	b.failAll(t, push.CodeThirdPartyAuth)
	s := logkeep.NewSealer(b.rdb, b.keys, logkeep.Options{ChunkRows: 100})
	if _, err := s.Seal(t.Context(), p, time.Time{}); err != nil {
		t.Fatal(err)
	}
	chunks := b.rdb.ZCard(t.Context(), p.Chunks()).Val()
	if chunks < 3 {
		t.Errorf("%d chunks of %d pushes", chunks, n)
	}
	b.accept(t, job("last"))
	sealed, _ := b.rdb.HGet(t.Context(), p.Sealed(), "until_ms").Int64()
	if at := b.rdb.ZScore(t.Context(), p.Index(), "last").Val(); int64(at) <= sealed {
		t.Errorf("the last one was accepted at %.0f, among what is sealed until %d", at, sealed)
	}
	page, err := b.log.List(t.Context(), pushlog.Query{Page: 1, Size: 10, Filter: pushlog.Filter{Exact: push.Job{PushGrpID: "G17"}}})
	if err != nil || page.Total != n+2 {
		t.Errorf("the log has %d: %v", page.Total, err)
	}
}

// wild are ids that somebody may give an entry by hand.
var wild = map[string]func(now time.Time) string{
	"the last possible":     func(time.Time) string { return "18446744073709551615-18446744073709551615" },
	"the one before":        func(time.Time) string { return "18446744073709551615-18446744073709551614" },
	"nanoseconds":           func(now time.Time) string { return strconv.FormatInt(now.UnixNano(), 10) + "-0" },
	"microseconds":          func(now time.Time) string { return strconv.FormatInt(now.UnixMicro(), 10) + "-5" },
	"tomorrow":              func(now time.Time) string { return strconv.FormatInt(now.Add(24*time.Hour).UnixMilli(), 10) + "-1" },
	"the last of this time": func(now time.Time) string { return strconv.FormatInt(now.UnixMilli(), 10) + "-18446744073709551615" },
	"half a second too late": func(now time.Time) string {
		return strconv.FormatInt(now.Add(500*time.Millisecond).UnixMilli(), 10) + "-0"
	},
}

// An entry with an id from the future becomes a push like any other, and its lane goes on:
// while consumers run, while all are paused, and while there are none.
func TestIDsFromTheFuture(t *testing.T) {
	t.Parallel()
	for name, id := range wild {
		for _, lane := range []int{laneNormal, laneUrgent} {
			t.Run(fmt.Sprintf("%s on lane %d", name, lane), func(t *testing.T) {
				t.Parallel()
				b := setup(t, 1)
				p, fcm := b.keys.Partition(0), &counting{}
				next := job("next")
				if lane == laneUrgent {
					next.Priority = push.Urgent
				}
				waiting := next
				waiting.ID = "waiting"
				b.accept(t, waiting) // it is on the lane before
				id := id(time.Now())
				b.xaddID(t, laneKey(p, lane), id, "id", "hand", "device_id", "token", "msg_title", "체결")
				b.xaddID(t, eventsKey(p), id, "changes", "")
				if got := b.accept(t, next); got[0] != Queued {
					t.Fatalf("a push is %s", got[0])
				}
				stop := b.serving(t, fcm, "one", "two")
				b.ends(t, push.Sent, "waiting", "next")
				eventually(t, "the entry by hand is sent", func() bool { return fcm.of("hand") == 1 })
				b.xaddID(t, laneKey(p, lane), "18446744073709551615-18446744073709551615", "nonsense", "x")
				more := next
				more.ID = "more"
				eventually(t, "another is accepted", func() bool {
					got, err := b.producer.Accept(t.Context(), []push.Job{more})
					return err == nil && (got[0] == Queued || got[0] == Repeated)
				})
				b.ends(t, push.Sent, "more")
				eventually(t, "the lane's newest id is of now", func() bool {
					info := b.rdb.XInfoStream(t.Context(), laneKey(p, lane)).Val()
					return !entryTime(info.LastGeneratedID).After(time.Now().Add(aheadAtMost))
				})
				stop()
				for _, id := range []string{"waiting", "next", "hand", "more"} {
					if n := fcm.of(id); n != 1 {
						t.Errorf("%s was sent %d times", id, n)
					}
				}
				b.emptied(t)
				if counts, err := b.log.Counts(t.Context()); err != nil || counts[push.Failed] != 1 { // the nonsense
					t.Errorf("%v, %v", counts, err)
				}
			})
		}
	}
}

func (b *bundle) xaddID(t *testing.T, stream, id string, values ...any) {
	t.Helper()
	if err := b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: stream, ID: id, Values: values}).Err(); err != nil {
		t.Fatal(err)
	}
}

// Straightening keeps what is pending, its owners and counts, and the groups of others; it
// waits for what is being sent, but not if the lane takes no more.
func TestStraighten(t *testing.T) {
	t.Parallel()
	for name, backlog := range map[string]int{"short": 3, "long": 1200} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			p, ctx := b.keys.Partition(0), t.Context()
			jobs := make([]push.Job, backlog)
			for i := range jobs {
				jobs[i] = job(fmt.Sprintf("p-%d", i))
			}
			b.accept(t, jobs...)
			if err := b.rdb.XGroupCreate(ctx, jobsKey(p), "theirs", "0").Err(); err != nil {
				t.Fatal(err)
			}
			owner := b.consumer(t, "owner", nil)
			got := b.read(t, owner, p, 2)
			pending := pendingOf(t, b, jobsKey(p))
			ns := strconv.FormatInt(time.Now().UnixNano(), 10)
			b.xaddID(t, jobsKey(p), ns+"-7", "device_id", "token", "msg_title", "a")
			b.accept(t, job("behind"))
			if r := b.get(t, "behind"); !strings.HasPrefix(b.rdb.HGet(ctx, p.Record("behind"), "entry").Val(), ns) {
				t.Fatalf("its entry is not behind: %+v", r)
			}
			want := entryUUID(p, entry{lane: laneNormal, id: ns + "-7"}, 0)
			s, err := fixIDs(ctx, b.rdb, p, laneNormal, nil)
			if err != nil || s.what != "moved" || s.n != 2 {
				t.Fatal(s, err)
			}
			if again, err := fixIDs(ctx, b.rdb, p, laneNormal, nil); err != nil || again.what != "straight" {
				t.Error("twice:", again, err)
			}
			after := pendingOf(t, b, jobsKey(p))
			if len(after) != len(pending) {
				t.Fatalf("pending %v, before %v", after, pending)
			}
			for i := range after {
				if after[i].ID != pending[i].ID || after[i].Consumer != pending[i].Consumer || after[i].RetryCount != pending[i].RetryCount || after[i].Idle < pending[i].Idle {
					t.Errorf("pending %v, before %v", after[i], pending[i])
				}
			}
			if groups := b.rdb.XInfoGroups(ctx, jobsKey(p)).Val(); len(groups) != 2 {
				t.Errorf("groups %v", groups)
			}
			var found string
			for _, m := range b.rdb.XRange(ctx, jobsKey(p), "-", "+").Val() {
				if m.Values["device_id"] != nil {
					found = fmt.Sprint(m.Values["id"])
				}
			}
			if found != want {
				t.Errorf("the job without an id has %q, its entry would have given it %q", found, want)
			}
			for _, d := range got {
				b.settle(t, owner, owner.policy.decide(d, accepted, time.Now(), true))
			}
			fcm := &counting{}
			stop := b.serving(t, fcm, "one")
			b.ends(t, push.Sent, "behind", jobs[backlog-1].ID, got[0].job.ID)
			eventually(t, "the lane is empty", func() bool { return b.rdb.XLen(ctx, jobsKey(p)).Val() == 0 })
			stop()
			if n := fcm.total(); n != backlog-len(got)+2 {
				t.Errorf("%d were sent", n)
			}
		})
	}
	t.Run("sending", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		p, ctx := b.keys.Partition(0), t.Context()
		b.xaddID(t, jobsKey(p), strconv.FormatInt(time.Now().UnixNano(), 10)+"-7", "nonsense", "x")
		b.accept(t, job("flying"))
		c := b.consumer(t, "c", nil)
		r := newReader(c, p)
		entries, err := r.read(ctx, 10)
		if err != nil || len(entries) != 2 {
			t.Fatal(entries, err)
		}
		var got []*delivery
		if err := c.open(ctx, p, entries[1:], func(d *delivery) { got = append(got, d) }); err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		if s, err := fixIDs(ctx, b.rdb, p, laneNormal, []string{entries[0].id}); err != nil || s.what != "busy" {
			t.Error("it does not wait for what is being sent:", s, err)
		}
		b.xaddID(t, jobsKey(p), "18446744073709551615-18446744073709551615", "nonsense", "y")
		if got := b.accept(t, job("next")); got[0] != Queued {
			t.Error("nothing is accepted any more:", got)
		}
		b.settle(t, c, c.policy.decide(got[0], accepted, time.Now(), true))
		if r := b.get(t, "flying"); r.Status != push.Sent {
			t.Errorf("what was being sent is %s", r.Status)
		}
	})
}

// The age of what waits is told by its record if its id lies in the future.
func TestAgeOfAnIDFromTheFuture(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.xaddID(t, jobsKey(p), strconv.FormatInt(time.Now().Add(5*time.Second).UnixMilli(), 10)+"-0", "x", "y") // not to be fixed
	b.accept(t, job("a"))
	b.rdb.XTrimMaxLen(t.Context(), jobsKey(p), 1)
	eventually(t, "it grows older", func() bool {
		normal, _, err := ReadBacklog(t.Context(), b.rdb, b.keys)
		return err == nil && normal.Oldest > 20*time.Millisecond && normal.Oldest < time.Minute
	})
}

// An outcome of an entry says nothing of another push whose entry has come to have its id,
// after the clock was set back.
func TestAnIDThatComesTwice(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.accept(t, job("a"))
	c := b.consumer(t, "c", nil)
	d := b.read(t, c, p, 1)[0]
	b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
	b.rdb.Del(t.Context(), jobsKey(p))
	if err := EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
		t.Fatal(err)
	}
	b.accept(t, job("b"))
	b.rdb.Del(t.Context(), jobsKey(p))
	if err := EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
		t.Fatal(err)
	}
	b.xaddID(t, jobsKey(p), d.entry, "id", "b")
	b.rdb.HSet(t.Context(), p.Record("b"), "entry", d.entry)
	for _, outcome := range []push.Outcome{accepted, unavailable} {
		b.settle(t, c, c.policy.decide(d, outcome, time.Now(), true))
		if n := b.rdb.XLen(t.Context(), jobsKey(p)).Val(); n != 1 {
			t.Fatalf("the entry of the other one is gone: %d", n)
		}
	}
}
