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
	"golang.org/x/sync/errgroup"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// anHourOn is a time before which all was sent that was sent until now.
func anHourOn() time.Time { return time.Now().Add(time.Hour) }

// seal seals everything that there is, in chunks of some rows.
func (b *bundle) seal(t testing.TB, c *Consumer, rows int) {
	t.Helper()
	time.Sleep(2 * time.Millisecond) // the last millisecond is over
	s := newSealer(c)
	for _, p := range b.keys.All() {
		for s.rows = rows; s.rows > 0; s.rows /= 2 {
			for more := true; more; {
				var err error
				if more, err = s.sealNext(t.Context(), p, anHourOn()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// pack seals and packs everything that was sent.
func (b *bundle) pack(t testing.TB, c *Consumer) (packed int) {
	t.Helper()
	b.seal(t, c, 100)
	k := newPacker(c)
	for _, p := range b.keys.All() {
		n, err := k.pass(t.Context(), p, anHourOn())
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

// What was sent, and was so long ago, is packed, and stays what it was; other records
// keep their hashes.
func TestPacking(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 3} {
		b := setup(t, partitions)
		c := b.consumer(t, "a", nil)
		b.send(t, c, several("sent", 350)...)
		ended, open := b.everyState(t, "k")
		before := map[int]map[string]map[string]string{}
		for _, p := range b.keys.All() {
			before[p.Number] = b.snapshotOf(t, p)
		}
		b.seal(t, c, 100)
		k := newPacker(c)
		for _, p := range b.keys.All() {
			if n, err := k.pass(t.Context(), p, time.Now().Add(-packAge)); n != 0 || err != nil {
				t.Fatalf("packed %d that were sent just now, %v", n, err)
			}
		}
		total := b.pack(t, c)
		packed := map[string]bool{}
		for _, p := range b.keys.All() {
			b.checkPacked(t, p)
			for _, id := range b.packed(t, p) {
				packed[id] = true
			}
			if now := b.snapshotOf(t, p); !maps.EqualFunc(now, before[p.Number], maps.Equal) {
				t.Errorf("partition %d: the records are others now", p.Number)
			}
		}
		for _, id := range slices.Concat(ended, open) {
			if packed[id] != strings.HasSuffix(id, "-sent") {
				t.Errorf("%s is packed: %v", id, packed[id])
			}
		}
		if total != len(packed) || total < 350 {
			t.Errorf("packed %d, %d have no hash", total, len(packed))
		}
		if again := b.pack(t, c); again != 0 {
			t.Errorf("packed %d a second time", again)
		}
		for _, p := range b.keys.All() { // nor is any chunk looked into again
			if looked, found, err := k.packable(t.Context(), p, 0, anHourOn()); looked == 0 || len(found) != 0 || err != nil {
				t.Errorf("of %d chunks these are packable: %v, %v", looked, found, err)
			}
		}
	}
}

// A chunk waits until all its pushes were accepted long ago, whenever they were sent.
func TestPackableChunks(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c, p := b.consumer(t, "a", nil), b.keys.Partition(0)
	b.send(t, c, job("a"))
	time.Sleep(2 * time.Millisecond)
	b.send(t, c, job("b"))
	b.seal(t, c, 2)
	for _, id := range []string{"a", "b"} {
		b.rdb.HSet(t.Context(), p.Record(id), "fcm_send_time", "2020-01-01T00:00:00.000Z")
	}
	last := time.UnixMilli(int64(b.rdb.ZScore(t.Context(), p.Index(), "b").Val()))
	k := newPacker(c)
	for _, tc := range []struct {
		before time.Time
		want   int
	}{{last, 0}, {last.Add(time.Millisecond), 2}} {
		if n, err := k.pass(t.Context(), p, tc.before); n != tc.want || err != nil {
			t.Errorf("before %v: packed %d, want %d, %v", tc.before.Sub(last), n, tc.want, err)
		}
	}
}

// What was accepted long ago and sent just now is not packed; nor what is late, before
// it is folded.
func TestPackedWhenSentLongAgo(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c, p := b.consumer(t, "a", nil), b.keys.Partition(0)
	reserved := job("reserved")
	reserved.DueAt = time.Now().Add(time.Hour)
	b.accept(t, reserved)
	b.send(t, c, several("sent", 5)...)
	if n := b.pack(t, c); n != 5 {
		t.Fatalf("packed %d, want 5", n)
	}
	chunkEnd := time.Now()
	time.Sleep(2 * time.Millisecond)
	if _, err := promote(t.Context(), b.rdb, b.keys, time.Now().Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, d := range b.read(t, c, p, 5) {
		b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
	}
	k := newPacker(c)
	if n, err := k.pass(t.Context(), p, anHourOn()); n != 0 || err != nil {
		t.Errorf("packed %d that are late, %v", n, err)
	}
	if err := newSealer(c).fold(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if n, err := k.pass(t.Context(), p, chunkEnd); n != 0 || err != nil {
		t.Errorf("packed %d that were sent later, %v", n, err)
	}
	if n, err := k.pass(t.Context(), p, anHourOn()); n != 1 || err != nil {
		t.Errorf("packed %d, want 1, %v", n, err)
	}
	b.checkPacked(t, p)
	if r := b.get(t, "reserved"); r.Status != push.Sent || r.Deliveries != 1 {
		t.Errorf("%+v", r)
	}
}

// A log that was sealed before there were groups is packed as well.
func TestPackingOldChunks(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c, p := b.consumer(t, "a", nil), b.keys.Partition(0)
	b.send(t, c, several("sent", 90)...)
	b.seal(t, c, 100)
	for _, n := range b.rdb.ZRange(t.Context(), p.Chunks(), 0, -1).Val() {
		key := p.Base + ":chunk:" + n
		for _, field := range b.rdb.HKeys(t.Context(), key).Val() {
			if field == pushlog.ChunkHeads || strings.HasPrefix(field, "device_id.") {
				b.rdb.HDel(t.Context(), key, field)
			}
		}
	}
	before := b.snapshotOf(t, p)
	if n := b.pack(t, c); n != 90 {
		t.Errorf("packed %d", n)
	}
	b.checkPacked(t, p)
	if !maps.EqualFunc(b.snapshotOf(t, p), before, maps.Equal) {
		t.Error("the records are others now")
	}
}

// Nobody who asks while records are packed misses one.
func TestReadingBesidePacking(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	c := b.consumer(t, "a", nil)
	jobs := several("sent", 900)
	b.send(t, c, jobs...)
	var ids []string
	for _, j := range jobs {
		ids = append(ids, j.ID)
	}
	ctx, stop := context.WithCancel(t.Context())
	var readers errgroup.Group
	for range 2 {
		readers.Go(func() error {
			for ctx.Err() == nil {
				page, err := b.log.List(t.Context(), pushlog.Query{Filter: pushlog.Filter{Exact: push.Job{DeviceID: "token:3"}}, Page: 1, Size: 1000})
				if err != nil || len(page.Records) != 129 {
					return fmt.Errorf("a page of %d, %w", len(page.Records), err)
				}
				for _, id := range ids[:50] {
					if r, err := b.log.Get(t.Context(), id); err != nil || r.Status != push.Sent {
						return fmt.Errorf("%s: %v %w", id, r.Status, err)
					}
				}
			}
			return nil
		})
	}
	b.seal(t, c, 100)
	for again := range 3 {
		if n := b.pack(t, c); again > 0 && n != 0 {
			t.Errorf("packed %d again", n)
		}
	}
	stop()
	if err := readers.Wait(); err != nil {
		t.Error(err)
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
	b.pack(t, c)
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
	b.pack(t, c)
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

// reapNow removes pushes.
func (b *bundle) reapNow(t testing.TB, p pushlog.Partition, ids ...string) {
	t.Helper()
	if got, want := b.reap(t, p, b.candidates(t, ids...)...), fmt.Sprintf("[%d 0]", len(ids)); got != want {
		t.Fatalf("removed and left: %s, want %s", got, want)
	}
}

// A packed push that leaves the log leaves all indexes; its row leaves its group when that
// is written anew, and the last ones take their groups along.
func TestReapOfPacked(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c, p := b.consumer(t, "a", nil), b.keys.Partition(0)
	b.accept(t, job("stays")) // so that the chunk does
	empty := redistest.Dump(t, b.rdb)
	jobs := several("sent", 40)
	for i := range jobs {
		jobs[i].Csno, jobs[i].PushGrpID = fmt.Sprint(i%5), fmt.Sprintf("G%d", i%3)
		jobs[i].MsgContents = fmt.Sprintf("secret of %d", i)
	}
	b.accept(t, jobs...)
	for _, d := range b.read(t, c, p, 100) {
		if d.job.ID != "stays" {
			b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
		}
	}
	b.pack(t, c)
	all := b.candidates(t, b.packed(t, p)...)
	if len(all) != 40 {
		t.Fatalf("%d are packed", len(all))
	}

	// What is not the push that the caller has read stays, and so does what is to be kept.
	stored := redistest.Dump(t, b.rdb)
	other, nothing, kept := all[0], all[1], reapCall(p, 41, noFlush)
	other.record.AcceptedAt = "2020-01-01T00:00:00.000Z"
	nothing.record, nothing.ms = pushlog.Record{}, 7
	if got := b.reap(t, p, other, nothing); got != "[0 2]" {
		t.Errorf("others: %s", got)
	}
	kept.args = append(kept.args, all[0].args()...)
	if answers, err := run(t.Context(), b.rdb, kept); err != nil || fmt.Sprint(answers[0]) != "[0 1]" {
		t.Errorf("kept: %v, %v", answers, err)
	}
	if now := redistest.Dump(t, b.rdb); !maps.Equal(stored, now) {
		t.Errorf("it has changed:\n%s", diff(stored, now))
	}

	// A member of the index that has no record, among what is packed, leaves it.
	b.rdb.ZAdd(t.Context(), p.Index(), redis.Z{Score: float64(all[0].ms), Member: "orphan"})
	if got := b.reap(t, p, candidate{place: place{all[0].ms, "orphan"}}); got != "[0 0]" {
		t.Errorf("of what has no record: %s", got)
	}
	if now := redistest.Dump(t, b.rdb); !maps.Equal(stored, now) {
		t.Errorf("the orphan:\n%s", diff(stored, now))
	}

	for range 2 { // the second finds nothing
		b.reap(t, p, all[:25]...)
		b.checkPacked(t, p)
	}
	if got := b.rdb.HMGet(t.Context(), p.Chunk(1), pushlog.ChunkPacked, pushlog.ChunkGone).Val(); fmt.Sprint(got) != "[15 25]" {
		t.Errorf("packed and gone: %v", got)
	}
	for _, one := range all[:25] {
		if _, err := b.log.Get(t.Context(), one.id); err != pushlog.ErrNotFound {
			t.Errorf("%s: %v", one.id, err)
		}
	}
	k := newPacker(c)
	rows := func() (ids []string) {
		chunk := b.rdb.HGetAll(t.Context(), p.Chunk(1)).Val()
		for field, group := range chunk {
			if n, ok := strings.CutPrefix(field, "packed."); ok {
				records, err := b.log.Codec().Unpack(group, chunk["device_id."+n])
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range records {
					ids = append(ids, r.ID)
				}
			}
		}
		slices.Sort(ids)
		return ids
	}
	if n, err := k.pass(t.Context(), p, anHourOn()); n != 25 || err != nil {
		t.Errorf("rows that have gone: %d, %v", n, err)
	}
	b.checkPacked(t, p)
	if got, want := rows(), b.packed(t, p); len(got) != 15 || !slices.Equal(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
	b.reap(t, p, all[25:]...)
	if n, err := k.pass(t.Context(), p, anHourOn()); n != 15 || err != nil {
		t.Errorf("rows that have gone: %d, %v", n, err)
	}
	b.checkPacked(t, p)
	if got := rows(); len(got) != 0 {
		t.Errorf("rows %v", got)
	}
	// A member of the index that has no record is not taken for a packed one.
	b.rdb.ZAdd(t.Context(), p.Index(), redis.Z{Score: float64(all[0].ms), Member: "orphan"})
	if got, err := NewControl(b.rdb, b.keys).Cancel(t.Context(), "orphan"); err != nil || got[0] != ChangeMissing {
		t.Errorf("an orphan: %v, %v", got, err)
	}
	b.rdb.ZRem(t.Context(), p.Index(), "orphan")
	// Nothing but the chunk is left of them.
	now := redistest.Dump(t, b.rdb)
	for _, dump := range []map[string]string{empty, now} {
		for key := range dump {
			for _, other := range []string{":chunk", ":sealed", ":minute:", ":hour:", ":events", ":jobs"} {
				if strings.Contains(key, other) {
					delete(dump, key)
				}
			}
		}
	}
	if !maps.Equal(empty, now) {
		t.Errorf("what is left:\n%s", diff(empty, now))
	}

	// With the last push the chunk goes, and all that is packed in it.
	b.settle(t, c, c.policy.expired(&delivery{partition: p, lane: laneNormal, entry: pendingOf(t, b, jobsKey(p))[0].ID, job: job("stays"),
		acceptedAt: time.UnixMilli(int64(b.rdb.ZScore(t.Context(), p.Index(), "stays").Val()))}, time.Now()))
	b.reapNow(t, p, "stays")
	if _, err := c.dropChunks(t.Context(), p, 0); err != nil {
		t.Error(err)
	}
	if keys := b.rdb.Keys(t.Context(), p.Base+":chunk*").Val(); len(keys) > 0 {
		t.Errorf("%v are left", keys)
	}
}

// A flush counts packed pushes as others, and retention removes them as others.
func TestPackedLeaveTheLog(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	c := b.consumer(t, "a", nil)
	jobs := several("sent", 60)
	for i := range jobs {
		jobs[i].Csno = fmt.Sprint(i % 4)
	}
	b.send(t, c, jobs...)
	b.pack(t, c)
	time.Sleep(2 * time.Millisecond) // what was accepted is of an earlier millisecond
	b.order(t, pushlog.Filter{Exact: push.Job{Csno: "1"}})
	b.freeDuties(t)
	if done := b.flush(t, b.flusher(t, "f")); done.State != FlushDone || done.Removed != 15 || done.Looked != 15 || done.Left != 0 {
		t.Errorf("%+v", done)
	}
	b.freeDuties(t)
	b.retain(t, b.retaining(t, "r", 0, 20), time.Now())
	for _, p := range b.keys.All() {
		b.checkPacked(t, p)
		if n := b.rdb.ZCard(t.Context(), p.Index()).Val(); n != 10 {
			t.Errorf("%s keeps %d", p.Base, n)
		}
	}
	counts, err := b.log.Counts(t.Context())
	if err != nil || counts[push.Sent] != 20 {
		t.Errorf("%v, %v", counts, err)
	}
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
	if n := b.pack(t, c); n != 0 {
		t.Errorf("packed %d while an older entry is there", n)
	}
	b.settle(t, c, c.policy.decide(old[0], accepted, time.Now(), true))
	if n := b.pack(t, c); n == 0 || b.get(t, "again").Redrives == nil {
		t.Errorf("packed %d", n)
	}
}

// pack writes nothing if anything has changed since it was prepared, or must not be
// packed.
func TestPackGuards(t *testing.T) {
	t.Parallel()
	for name, disturb := range map[string]func(t *testing.T, b *bundle, c *Consumer, w *packing){
		"nothing": nil,
		"a note": func(t *testing.T, b *bundle, c *Consumer, w *packing) {
			b.rdb.HSet(t.Context(), w.partition.Record("sent-001"), "late.z", "a")
		},
		"another note": func(t *testing.T, b *bundle, c *Consumer, w *packing) {
			b.rdb.HSet(t.Context(), w.partition.Record("sent-000"), "late.zombie", "another")
		},
		"another state": func(t *testing.T, b *bundle, c *Consumer, w *packing) {
			b.rdb.HSet(t.Context(), w.partition.Record("sent-001"), "status", "failed")
		},
		"it is gone": func(t *testing.T, b *bundle, c *Consumer, w *packing) { b.reapNow(t, w.partition, "sent-001") },
		"it left the index": func(t *testing.T, b *bundle, c *Consumer, w *packing) {
			b.rdb.ZRem(t.Context(), w.partition.Index(), "sent-001")
		},
		"accepted anew": func(t *testing.T, b *bundle, c *Consumer, w *packing) {
			h := b.hash(t, "sent-001")
			b.reapNow(t, w.partition, "sent-001")
			b.accept(t, job("sent-001"))
			b.rdb.HSet(t.Context(), w.partition.Record("sent-001"), h) // as much the same as can be
			for _, name := range b.rdb.HKeys(t.Context(), w.partition.Record("sent-001")).Val() {
				if _, ok := h[name]; !ok {
					b.rdb.HDel(t.Context(), w.partition.Record("sent-001"), name)
				}
			}
		},
		"late": func(t *testing.T, b *bundle, c *Consumer, w *packing) {
			b.rdb.ZAdd(t.Context(), w.partition.Late(), redis.Z{Score: float64(w.first), Member: "sent-001"})
		},
		"packed by another": func(t *testing.T, b *bundle, c *Consumer, w *packing) { b.pack(t, c) },
		"the chunk is gone": func(t *testing.T, b *bundle, c *Consumer, w *packing) {
			b.rdb.Del(t.Context(), w.partition.Chunk(w.n))
		},
		"the chunk ends before": func(t *testing.T, b *bundle, c *Consumer, w *packing) {
			b.rdb.HSet(t.Context(), w.partition.Chunk(w.n), "last_ms", w.first-1)
		},
		"the chunk begins after": func(t *testing.T, b *bundle, c *Consumer, w *packing) {
			b.rdb.HSet(t.Context(), w.partition.Chunk(w.n), "first_ms", w.last+1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			c, p := b.consumer(t, "a", nil), b.keys.Partition(0)
			b.send(t, c, several("sent", 20)...)
			b.rdb.HSet(t.Context(), p.Record("sent-000"), "late.zombie", "an answer", "late.other", "one more")
			b.seal(t, c, 100)
			k := newPacker(c)
			numbers := b.rdb.ZRange(t.Context(), p.Chunks(), 0, -1).Val()
			w, err := k.prepare(t.Context(), p, number(numbers[0]), anHourOn())
			if err != nil || len(w.groups) == 0 {
				t.Fatal(w, err)
			}
			if disturb != nil {
				disturb(t, b, c, w)
			}
			before := redistest.Dump(t, b.rdb)
			_, ok, err := k.write(t.Context(), w, w.groups)
			if err != nil || ok != (disturb == nil) {
				t.Errorf("written: %v, %v", ok, err)
			}
			if after := redistest.Dump(t, b.rdb); disturb != nil && !maps.Equal(before, after) {
				t.Errorf("it has changed:\n%s", diff(before, after))
			}
			if disturb == nil {
				b.checkPacked(t, p)
				if got := b.get(t, "sent-000").Late; !slices.Equal(got, []string{"an answer", "one more"}) {
					t.Errorf("notes: %q", got)
				}
			}
		})
	}
}

// A row that a reap removed after it was read is not written back.
func TestPackAfterReap(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c, p := b.consumer(t, "a", nil), b.keys.Partition(0)
	b.send(t, c, several("sent", 30)...)
	b.accept(t, job("stays"))
	b.pack(t, c)
	b.reapNow(t, p, "sent-002")
	k := newPacker(c)
	w, err := k.prepare(t.Context(), p, 1, anHourOn())
	if err != nil || len(w.groups) == 0 {
		t.Fatal(w, err)
	}
	b.reapNow(t, p, "sent-003")
	if _, ok, err := k.write(t.Context(), w, w.groups); ok || err != nil {
		t.Errorf("written: %v, %v", ok, err)
	}
	b.checkPacked(t, p)
	if n, err := k.pass(t.Context(), p, anHourOn()); n != 2 || err != nil {
		t.Errorf("rows that have gone: %d, %v", n, err)
	}
	b.checkPacked(t, p)
}

// A pass goes on where the last one had to end, and comes to everything.
func TestPackingPasses(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c, p := b.consumer(t, "a", nil), b.keys.Partition(0)
	for i := range packStep + 20 { // each a chunk of its own
		b.send(t, c, job(fmt.Sprintf("x%03d", i)))
		b.rdb.HSet(t.Context(), p.Record(fmt.Sprintf("x%03d", i)), "fcm_send_time", stamp(anHourOn().Add(time.Hour)))
		time.Sleep(2 * time.Millisecond)
	}
	b.seal(t, c, 1)
	last := fmt.Sprintf("x%03d", packStep+19)
	b.rdb.HSet(t.Context(), p.Record(last), "fcm_send_time", stamp(time.Now()))
	k, passes := newPacker(c), 0
	for ; b.rdb.Exists(t.Context(), p.Record(last)).Val() > 0 && passes < 30; passes++ {
		if n, err := k.pass(t.Context(), p, anHourOn()); n > 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if want := (packStep+20)/packVain + 1; passes > want {
		t.Errorf("%d passes, want %d at most", passes, want)
	}
	if n := len(b.packed(t, p)); n != 1 {
		t.Errorf("%d are packed", n)
	}
}
