package logkeep

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
	"pushstream/internal/pushlog/segment"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

// What was sent, and was so long ago, is packed, and stays what it was; other records
// keep their hashes.
func TestPacking(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 3} {
		b := setup(t, partitions)
		b.send(t, several("sent", 350)...)
		ended, open := b.everyState(t, "k")
		before := map[int]map[string]map[string]string{}
		for _, p := range b.keys.All() {
			before[p.Number] = b.snapshot(t, p)
		}
		b.seal(t, 100)
		k := NewPacker(b.rdb, b.keys)
		for _, p := range b.keys.All() {
			if n, err := k.Pass(t.Context(), p, time.Now().Add(-DefaultPackAfter)); n != 0 || err != nil {
				t.Fatalf("packed %d that were sent just now, %v", n, err)
			}
		}
		total := b.pack(t)
		packed := map[string]bool{}
		for _, p := range b.keys.All() {
			b.checkPacked(t)
			for _, id := range b.packed(t, p) {
				packed[id] = true
			}
			if now := b.snapshot(t, p); !maps.EqualFunc(now, before[p.Number], maps.Equal) {
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
		if again := b.pack(t); again != 0 {
			t.Errorf("packed %d a second time", again)
		}
		for _, p := range b.keys.All() { // nor is any chunk examined into again
			if examined, found, err := k.packable(t.Context(), p, 0, anHourOn()); examined == 0 || len(found) != 0 || err != nil {
				t.Errorf("of %d chunks these are packable: %v, %v", examined, found, err)
			}
		}
	}
}

// A chunk waits until all its pushes were accepted long ago, whenever they were sent.
func TestPackableChunks(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.send(t, job("a"))
	time.Sleep(2 * time.Millisecond)
	b.send(t, job("b"))
	b.seal(t, 2)
	for _, id := range []string{"a", "b"} {
		b.rdb.HSet(t.Context(), p.Record(id), "fcm_send_time", "2020-01-01T00:00:00.000Z")
	}
	last := time.UnixMilli(int64(b.rdb.ZScore(t.Context(), p.Index(), "b").Val()))
	k := NewPacker(b.rdb, b.keys)
	for _, tc := range []struct {
		before time.Time
		want   int
	}{{last, 0}, {last.Add(time.Millisecond), 2}} {
		if n, err := k.Pass(t.Context(), p, tc.before); n != tc.want || err != nil {
			t.Errorf("before %v: packed %d, want %d, %v", tc.before.Sub(last), n, tc.want, err)
		}
	}
}

// What was accepted long ago and sent just now is not packed; nor what is late, before
// it is merged.
func TestPackedWhenSentLongAgo(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	reserved := job("reserved")
	reserved.DueAt = time.Now().Add(time.Hour)
	reserved.SndnRsevHour = reserved.DueAt.Format(time.RFC3339)
	b.accept(t, reserved)
	b.send(t, several("sent", 5)...)
	if n := b.pack(t); n != 5 {
		t.Fatalf("packed %d, want 5", n)
	}
	chunkEnd := time.Now()
	time.Sleep(2 * time.Millisecond)
	if _, err := b.control.SendNow(t.Context(), "reserved"); err != nil {
		t.Fatal(err)
	}
	b.deliver(t, func(*push.Job) push.Outcome { return sent })
	k := NewPacker(b.rdb, b.keys)
	if n, err := k.Pass(t.Context(), p, anHourOn()); n != 0 || err != nil {
		t.Errorf("packed %d that are late, %v", n, err)
	}
	if err := NewSealer(b.rdb, b.keys, Options{}).Merge(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if n, err := k.Pass(t.Context(), p, chunkEnd); n != 0 || err != nil {
		t.Errorf("packed %d that were sent later, %v", n, err)
	}
	if n, err := k.Pass(t.Context(), p, anHourOn()); n != 1 || err != nil {
		t.Errorf("packed %d, want 1, %v", n, err)
	}
	b.checkPacked(t)
	if r := b.get(t, "reserved"); r.Status != push.Sent || r.Deliveries != 1 {
		t.Errorf("%+v", r)
	}
}

// A log that was sealed before there were groups is packed as well.
func TestPackingOldChunks(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.send(t, several("sent", 90)...)
	b.seal(t, 100)
	for _, n := range b.rdb.ZRange(t.Context(), p.Chunks(), 0, -1).Val() {
		key := p.Base + ":chunk:" + n
		for _, field := range b.rdb.HKeys(t.Context(), key).Val() {
			if field == segment.ChunkHeads || strings.HasPrefix(field, "device_id.") {
				b.rdb.HDel(t.Context(), key, field)
			}
		}
	}
	before := b.snapshot(t, p)
	if n := b.pack(t); n != 90 {
		t.Errorf("packed %d", n)
	}
	b.checkPacked(t)
	if !maps.EqualFunc(b.snapshot(t, p), before, maps.Equal) {
		t.Error("the records are others now")
	}
}

// Nobody who asks while records are packed misses one.
func TestReadingBesidePacking(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	jobs := several("sent", 900)
	b.send(t, jobs...)
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
	b.seal(t, 100)
	for again := range 3 {
		if n := b.pack(t); again > 0 && n != 0 {
			t.Errorf("packed %d again", n)
		}
	}
	stop()
	if err := readers.Wait(); err != nil {
		t.Error(err)
	}
}

// A packed push that leaves the log leaves all indexes; its row leaves its group when that
// is written anew, and the last ones take their groups along.
func TestReapOfPacked(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	stays := job("stays") // so that the chunk does
	stays.DueAt = time.Now().Add(time.Hour)
	b.accept(t, stays)
	empty := b.dump(t)
	jobs := several("sent", 40)
	for i := range jobs {
		jobs[i].Csno, jobs[i].PushGrpID = fmt.Sprint(i%5), fmt.Sprintf("G%d", i%3)
		jobs[i].MsgContents = fmt.Sprintf("secret of %d", i)
	}
	b.accept(t, jobs...)
	b.deliver(t, func(*push.Job) push.Outcome { return sent })
	b.pack(t)
	all := b.candidates(t, b.packed(t, p)...)
	if len(all) != 40 {
		t.Fatalf("%d are packed", len(all))
	}

	// What is not the push that the caller has read stays, and so does what is to be kept.
	stored := redistest.Dump(t, b.rdb)
	other, nothing := all[0], all[1]
	other.Record.AcceptedAt = "2020-01-01T00:00:00.000Z"
	nothing.Record, nothing.MS = pushlog.Record{}, 7
	if got := b.reap(t, p, other, nothing); got != "[0 2]" {
		t.Errorf("others: %s", got)
	}
	if kept, err := Reap(t.Context(), b.rdb, p, 41, all[:1]); err != nil || kept != (Reaped{Left: 1}) {
		t.Errorf("kept: %+v, %v", kept, err)
	}
	if now := redistest.Dump(t, b.rdb); !maps.Equal(stored, now) {
		t.Errorf("it has changed:\n%s", diff(stored, now))
	}

	// A member of the index that has no record, among what is packed, leaves it.
	b.rdb.ZAdd(t.Context(), p.Index(), redis.Z{Score: float64(all[0].MS), Member: "orphan"})
	if got := b.reap(t, p, Candidate{Cursor: pushlog.Cursor{MS: all[0].MS, ID: "orphan"}}); got != "[0 0]" {
		t.Errorf("of what has no record: %s", got)
	}
	if now := redistest.Dump(t, b.rdb); !maps.Equal(stored, now) {
		t.Errorf("the orphan:\n%s", diff(stored, now))
	}

	for range 2 { // the second finds nothing
		b.reap(t, p, all[:25]...)
		b.checkPacked(t)
	}
	if got := b.rdb.HMGet(t.Context(), p.Chunk(1), segment.ChunkPacked, segment.ChunkGone).Val(); fmt.Sprint(got) != "[15 25]" {
		t.Errorf("packed and gone: %v", got)
	}
	for _, one := range all[:25] {
		if _, err := b.log.Get(t.Context(), one.ID); err != pushlog.ErrNotFound {
			t.Errorf("%s: %v", one.ID, err)
		}
	}
	k := NewPacker(b.rdb, b.keys)
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
	if n, err := k.Pass(t.Context(), p, anHourOn()); n != 25 || err != nil {
		t.Errorf("rows that have gone: %d, %v", n, err)
	}
	b.checkPacked(t)
	if got, want := rows(), b.packed(t, p); len(got) != 15 || !slices.Equal(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
	b.reap(t, p, all[25:]...)
	if n, err := k.Pass(t.Context(), p, anHourOn()); n != 15 || err != nil {
		t.Errorf("rows that have gone: %d, %v", n, err)
	}
	b.checkPacked(t)
	if got := rows(); len(got) != 0 {
		t.Errorf("rows %v", got)
	}
	// A member of the index that has no record is not taken for a packed one.
	b.rdb.ZAdd(t.Context(), p.Index(), redis.Z{Score: float64(all[0].MS), Member: "orphan"})
	if got, err := b.control.Cancel(t.Context(), "orphan"); err != nil || got[0] != stream.ChangeMissing {
		t.Errorf("an orphan: %v, %v", got, err)
	}
	b.rdb.ZRem(t.Context(), p.Index(), "orphan")
	// Nothing but the chunk is left of them.
	now := b.dump(t)
	for _, dump := range []map[string]string{empty, now} {
		maps.DeleteFunc(dump, func(key, _ string) bool { return strings.Contains(key, ":chunk") || strings.HasSuffix(key, ":sealed") })
	}
	if !maps.Equal(empty, now) {
		t.Errorf("what is left:\n%s", diff(empty, now))
	}

	// With the last push the chunk goes, and all that is packed in it.
	if _, err := b.control.Cancel(t.Context(), "stays"); err != nil {
		t.Fatal(err)
	}
	b.reapNow(t, p, "stays")
	if _, err := DropChunks(t.Context(), b.rdb, p, 0); err != nil {
		t.Error(err)
	}
	if keys := b.rdb.Keys(t.Context(), p.Base+":chunk*").Val(); len(keys) > 0 {
		t.Errorf("%v are left", keys)
	}
}

// Retention removes packed pushes as others.
func TestPackedLeaveTheLog(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	jobs := several("sent", 60)
	for i := range jobs {
		jobs[i].Csno = fmt.Sprint(i % 4)
	}
	b.send(t, jobs...)
	b.pack(t)
	b.retain(t, b.retaining(t, "r", 0, 20), time.Now())
	for _, p := range b.keys.All() {
		b.checkPacked(t)
		if n := b.rdb.ZCard(t.Context(), p.Index()).Val(); n != 10 {
			t.Errorf("%s keeps %d", p.Base, n)
		}
	}
	counts, err := b.log.Counts(t.Context())
	if err != nil || counts[push.Sent] != 20 {
		t.Errorf("%v, %v", counts, err)
	}
}

// pack writes nothing if anything has changed since it was prepared, or must not be
// packed.
func TestPackGuards(t *testing.T) {
	t.Parallel()
	for name, disturb := range map[string]func(t *testing.T, b *bundle, w *Packing){
		"nothing": nil,
		"a note": func(t *testing.T, b *bundle, w *Packing) {
			b.rdb.HSet(t.Context(), w.partition.Record("sent-001"), "late.z", "a")
		},
		"another note": func(t *testing.T, b *bundle, w *Packing) {
			b.rdb.HSet(t.Context(), w.partition.Record("sent-000"), "late.zombie", "another")
		},
		"another state": func(t *testing.T, b *bundle, w *Packing) {
			b.rdb.HSet(t.Context(), w.partition.Record("sent-001"), "status", "failed")
		},
		"it is gone": func(t *testing.T, b *bundle, w *Packing) { b.reapNow(t, w.partition, "sent-001") },
		"it left the index": func(t *testing.T, b *bundle, w *Packing) {
			b.rdb.ZRem(t.Context(), w.partition.Index(), "sent-001")
		},
		"accepted anew": func(t *testing.T, b *bundle, w *Packing) {
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
		"late": func(t *testing.T, b *bundle, w *Packing) {
			b.rdb.ZAdd(t.Context(), w.partition.Late(), redis.Z{Score: float64(w.first), Member: "sent-001"})
		},
		"packed by another": func(t *testing.T, b *bundle, w *Packing) { b.pack(t) },
		"the chunk is gone": func(t *testing.T, b *bundle, w *Packing) {
			b.rdb.Del(t.Context(), w.partition.Chunk(w.n))
		},
		"the chunk ends before": func(t *testing.T, b *bundle, w *Packing) {
			b.rdb.HSet(t.Context(), w.partition.Chunk(w.n), "last_ms", w.first-1)
		},
		"the chunk begins after": func(t *testing.T, b *bundle, w *Packing) {
			b.rdb.HSet(t.Context(), w.partition.Chunk(w.n), "first_ms", w.last+1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			p := b.keys.Partition(0)
			b.send(t, several("sent", 20)...)
			b.rdb.HSet(t.Context(), p.Record("sent-000"), "late.zombie", "an answer", "late.other", "one more")
			b.seal(t, 100)
			k := NewPacker(b.rdb, b.keys)
			numbers := b.rdb.ZRange(t.Context(), p.Chunks(), 0, -1).Val()
			w, err := k.Prepare(t.Context(), p, number(numbers[0]), anHourOn())
			if err != nil || len(w.Groups) == 0 {
				t.Fatal(w, err)
			}
			if disturb != nil {
				disturb(t, b, w)
			}
			before := redistest.Dump(t, b.rdb)
			_, ok, err := k.Write(t.Context(), w, w.Groups)
			if err != nil || ok != (disturb == nil) {
				t.Errorf("written: %v, %v", ok, err)
			}
			if after := redistest.Dump(t, b.rdb); disturb != nil && !maps.Equal(before, after) {
				t.Errorf("it has changed:\n%s", diff(before, after))
			}
			if disturb == nil {
				b.checkPacked(t)
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
	p := b.keys.Partition(0)
	b.send(t, several("sent", 30)...)
	b.accept(t, job("stays"))
	b.pack(t)
	b.reapNow(t, p, "sent-002")
	k := NewPacker(b.rdb, b.keys)
	w, err := k.Prepare(t.Context(), p, 1, anHourOn())
	if err != nil || len(w.Groups) == 0 {
		t.Fatal(w, err)
	}
	b.reapNow(t, p, "sent-003")
	if _, ok, err := k.Write(t.Context(), w, w.Groups); ok || err != nil {
		t.Errorf("written: %v, %v", ok, err)
	}
	b.checkPacked(t)
	if n, err := k.Pass(t.Context(), p, anHourOn()); n != 2 || err != nil {
		t.Errorf("rows that have gone: %d, %v", n, err)
	}
	b.checkPacked(t)
}

// A pass goes on where the last one had to end, and comes to everything.
func TestPackingPasses(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	for i := range packStep + 20 { // each a chunk of its own
		b.accept(t, job(fmt.Sprintf("x%03d", i)))
		time.Sleep(2 * time.Millisecond)
	}
	b.deliver(t, func(*push.Job) push.Outcome { return sent })
	for i := range packStep + 20 {
		b.rdb.HSet(t.Context(), p.Record(fmt.Sprintf("x%03d", i)), "fcm_send_time", stamp(anHourOn().Add(time.Hour)))
	}
	b.seal(t, 1)
	last := fmt.Sprintf("x%03d", packStep+19)
	b.rdb.HSet(t.Context(), p.Record(last), "fcm_send_time", stamp(time.Now()))
	k, passes := NewPacker(b.rdb, b.keys), 0
	for ; b.rdb.Exists(t.Context(), p.Record(last)).Val() > 0 && passes < 30; passes++ {
		if n, err := k.Pass(t.Context(), p, anHourOn()); n > 1 || err != nil {
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
