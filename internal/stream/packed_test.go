package stream

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/logkeep"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// anHourOn is a time before which all was sent that was sent until now.
func anHourOn() time.Time { return time.Now().Add(time.Hour) }

// seal seals everything that there is, in chunks of some rows.
func (b *bundle) seal(t testing.TB, rows int) {
	t.Helper()
	time.Sleep(2 * time.Millisecond) // the last millisecond is over
	for ; rows > 0; rows /= 2 {
		s := logkeep.NewSealer(b.rdb, b.keys, logkeep.Options{ChunkRows: rows})
		for _, p := range b.keys.All() {
			if _, err := s.Seal(t.Context(), p, anHourOn()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// pack seals and packs everything that was sent.
func (b *bundle) pack(t testing.TB) (packed int) {
	t.Helper()
	b.seal(t, 100)
	k := logkeep.NewPacker(b.rdb, b.keys)
	for _, p := range b.keys.All() {
		n, err := k.Pass(t.Context(), p, anHourOn())
		if err != nil {
			t.Fatal(err)
		}
		packed += n
	}
	return packed
}

// send has pushes accepted and sent.
func (b *bundle) send(t testing.TB, c *Consumer, jobs ...push.Job) {
	t.Helper()
	b.accept(t, jobs...)
	for _, p := range b.keys.All() {
		for _, d := range b.read(t, c, p, len(jobs)) {
			b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
		}
	}
}

// several are n jobs.
func several(name string, n int) (jobs []push.Job) {
	for i := range n {
		j := job(fmt.Sprintf("%s-%03d", name, i))
		j.Data = map[string]string{"n": fmt.Sprint(i)}
		j.DeviceID = fmt.Sprintf("token:%d", i%7)
		jobs = append(jobs, j)
	}
	return jobs
}

// candidates reads pushes as a process that is about to remove them.
func (b *bundle) candidates(t testing.TB, ids ...string) []logkeep.Candidate {
	t.Helper()
	var all []logkeep.Candidate
	for _, id := range ids {
		r, err := b.log.Get(t.Context(), id)
		if err != nil && err != pushlog.ErrNotFound {
			t.Fatal(err)
		}
		all = append(all, logkeep.Candidate{Cursor: pushlog.Cursor{MS: int64(b.rdb.ZScore(t.Context(), b.keys.Of(id).Index(), id).Val()), ID: id}, Record: r})
	}
	return all
}

// reap removes pushes from the log, and says how many it removed and left.
func (b *bundle) reap(t testing.TB, p pushlog.Partition, of ...logkeep.Candidate) string {
	t.Helper()
	r, err := logkeep.Reap(t.Context(), b.rdb, p, 0, of)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("[%d %d]", r.Removed, r.Left)
}

// reapNow removes pushes.
func (b *bundle) reapNow(t testing.TB, p pushlog.Partition, ids ...string) {
	t.Helper()
	if got, want := b.reap(t, p, b.candidates(t, ids...)...), fmt.Sprintf("[%d 0]", len(ids)); got != want {
		t.Fatalf("removed and left: %s, want %s", got, want)
	}
}

// Whatever is done to a packed push, it is answered as one that was sent, and nothing
// changes.
func TestPackedAnswers(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c, p, control, now := b.consumer(t, "a", nil), b.keys.Partition(0), NewControl(b.rdb, b.keys), time.Now()
	e := entry{lane: laneNormal, id: "1-1", values: map[string]any{"what": "is this"}}
	rejected := entryUUID(p, e, 0)
	b.send(t, c, append(several("sent", 20), job("known"), job(rejected))...)
	b.pack(t)
	before := redistest.Dump(t, b.rdb)
	check := func(what string) {
		t.Helper()
		after := redistest.Dump(t, b.rdb)
		for _, dump := range []map[string]string{before, after} {
			delete(dump, jobsKey(p)) // its counts of what was read
		}
		if !maps.Equal(before, after) {
			t.Errorf("%s:\n%s", what, diff(before, after))
		}
		if n, pending := b.rdb.XLen(t.Context(), jobsKey(p)).Val(), len(pendingOf(t, b, jobsKey(p))); n+int64(pending) > 0 {
			t.Errorf("%s: %d entries, %d of them pending", what, n, pending)
		}
	}
	add := func(values ...string) string {
		t.Helper()
		return b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: jobsKey(p), Values: values}).Val()
	}

	other := job("known")
	other.MsgTitle = "another"
	if got := b.accept(t, job("known"), several("sent", 4)[3], other, job("known")); !slices.Equal(got, []Answer{Repeated, Repeated, Conflict, Repeated}) {
		t.Errorf("accepted: %v", got)
	}
	check("accept")
	if got, err := control.Cancel(t.Context(), "known"); err != nil || got[0] != Change(push.Sent) {
		t.Errorf("cancelled: %v, %v", got, err)
	}
	check("cancel")
	if got, err := control.Redrive(t.Context(), "known"); err != nil || got[0] != Change(push.Sent) {
		t.Errorf("redriven: %v, %v", got, err)
	}
	check("redrive")
	if got, err := control.SendNow(t.Context(), "known"); err != nil || got[0] != Change(push.Sent) {
		t.Errorf("sent at once: %v, %v", got, err)
	}
	check("move")
	add("id", "known")
	if got := b.read(t, c, p, 5); len(got) != 0 {
		t.Errorf("delivered: %+v", got)
	}
	check("an entry that names it")
	add("id", "known", "csno", "10023451", "push_grp_id", "G17", "device_id", "token-known", "msg_title", "체결")
	if got := b.read(t, c, p, 5); len(got) != 0 {
		t.Errorf("delivered: %+v", got)
	}
	check("an entry that carries it")
	b.rdb.ZAdd(t.Context(), dueKey(p), redis.Z{Score: 1, Member: "known"})
	if n, err := promote(t.Context(), b.rdb, b.keys, now); n != 1 || err != nil {
		t.Errorf("promoted %d, %v", n, err)
	}
	check("promote")
	if err := c.reject(t.Context(), p, e, push.CodeInvalidJob, "no idea"); err != nil {
		t.Error(err)
	}
	check("reject")

	// An entry of it that five consumers have held is no poison.
	id := add("id", "known")
	r := newReader(b.consumer(t, "dead", nil), p)
	if _, err := r.read(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	b.rdb.Do(t.Context(), "XCLAIM", jobsKey(p), Group, "dead", 0, id, "IDLE", 60_000, "RETRYCOUNT", maxDeliveries, "JUSTID")
	if got := b.sweep(t, c, p); len(got) != 0 {
		t.Errorf("delivered: %+v", got)
	}
	check("lapse")

	// An outcome for an entry that is in hand: as of what was sent, it goes.
	id = add("id", "known")
	if _, err := newReader(c, p).read(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	d := &delivery{partition: p, lane: laneNormal, entry: id, job: job("known"), acceptedAt: now}
	b.settle(t, c, c.policy.decide(d, accepted, now, true))
	check("settle")
	id = add("id", "known")
	if _, err := newReader(c, p).read(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	d.entry = id
	b.settle(t, c, c.policy.decide(d, unavailable, now, true))
	check("retry")

	// A record that was removed by hand, where nothing is packed, is not known.
	b.accept(t, job("newer"))
	b.rdb.Del(t.Context(), p.Record("newer"))
	for _, change := range []func(context.Context, ...string) ([]Change, error){control.Cancel, control.Redrive, control.SendNow} {
		if got, err := change(t.Context(), "newer", "nobody"); err != nil || got[0] != ChangeMissing || got[1] != ChangeMissing {
			t.Errorf("what has no record: %v, %v", got, err)
		}
	}
	if got := b.accept(t, job("newer")); got[0] != Queued {
		t.Errorf("what has no record was accepted: %v", got)
	}
}

// The answer of a consumer that had lost a push which is packed by now is noted, once;
// and what was settled before the record was packed is no such answer.
func TestLateAnswerForPacked(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c, zombie, p, now := b.consumer(t, "a", nil), b.consumer(t, "zombie", nil), b.keys.Partition(0), time.Now()
	b.accept(t, several("x", 3)...)
	lost := b.read(t, zombie, p, 3)
	b.age(t, p, nil)
	mine := b.sweep(t, c, p)
	var answers []settlement
	for _, d := range mine {
		answers = append(answers, c.policy.decide(d, accepted, now, true))
	}
	b.settle(t, c, answers...)
	first := zombie.policy.decide(lost[0], unavailable, now, true)
	b.settle(t, zombie, first) // before it is packed
	b.pack(t)
	before := b.hash(t, lost[1].job.ID)

	b.settle(t, c, answers...) // the reply was lost, long ago
	for id := range map[string]bool{lost[0].job.ID: true, lost[1].job.ID: true, lost[2].job.ID: true} {
		if r := b.get(t, id); len(r.Late) != map[bool]int{true: 1, false: 0}[id == lost[0].job.ID] {
			t.Errorf("%s: late answers are %q", id, r.Late)
		}
	}
	late := zombie.policy.decide(lost[1], unavailable, now, true)
	other := zombie.policy.decide(lost[2], accepted, now, true)
	for range 2 {
		b.settle(t, zombie, late, other)
	}
	if r := b.get(t, lost[1].job.ID); len(r.Late) != 1 || !strings.Contains(r.Late[0], " zombie 503 ") || r.Status != push.Sent {
		t.Errorf("%+v", r)
	}
	if r := b.get(t, lost[2].job.ID); len(r.Late) != 1 || !strings.Contains(r.Late[0], " zombie 200 ") {
		t.Errorf("%+v", r)
	}
	notes := b.rdb.HGet(t.Context(), p.Chunk(1), "late "+lost[1].job.ID).Val()
	if n := strings.Count(notes, "zombie"); n != 2 { // the field's name, and the line
		t.Errorf("noted %d times: %q", n, notes)
	}
	third := b.consumer(t, "third", nil)
	b.settle(t, third, third.policy.decide(lost[1], unavailable, now, true))
	noted := b.get(t, lost[1].job.ID).Late
	if len(noted) != 2 {
		t.Fatalf("late answers are %q", noted)
	}
	before["late.zombie"], before["late.third"] = noted[1], noted[0]
	if now := b.hash(t, lost[1].job.ID); !maps.Equal(now, before) {
		t.Errorf("%v, want %v", now, before)
	}
	b.reapNow(t, p, lost[1].job.ID)
	if is := b.rdb.HExists(t.Context(), p.Chunk(1), "late "+lost[1].job.ID).Val(); is {
		t.Error("the note of what has gone is left")
	}
	b.checkPacked(t, p)
}

// What was redriven, and may have been cancelled before, is packed once its lane has no
// entries from before that: else one of these would be taken for a mistake, when the
// record is gone.
func TestPackingRedriven(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c, p, control := b.consumer(t, "a", nil), b.keys.Partition(0), NewControl(b.rdb, b.keys)
	b.accept(t, job("old"), job("again"))
	old := b.read(t, c, p, 1) // it stays in hand
	if _, err := control.Cancel(t.Context(), "again"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Millisecond)
	if _, err := control.Redrive(t.Context(), "again"); err != nil {
		t.Fatal(err)
	}
	for _, d := range b.read(t, c, p, 5) {
		b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
	}
	if r := b.get(t, "again"); r.Status != push.Sent {
		t.Fatalf("%+v", r)
	}
	if n := b.pack(t); n != 0 {
		t.Errorf("packed %d while an older entry is there", n)
	}
	b.settle(t, c, c.policy.decide(old[0], accepted, time.Now(), true))
	if n := b.pack(t); n == 0 || b.get(t, "again").Redrives == nil {
		t.Errorf("packed %d", n)
	}
}
