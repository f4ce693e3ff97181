package stream

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
	"pushstream/internal/redistest"
)

// bulk returns a worker on bulk jobs that does not run.
func (b *bundle) bulk(name string) *Bulk { return NewBulk(b.rdb, b.keys, name, zap.NewNop()) }

func (b *bundle) orderBulk(t testing.TB, k BulkKind, f pushlog.Filter) string {
	t.Helper()
	time.Sleep(2 * time.Millisecond) // what was accepted in this millisecond is not meant
	j, err := b.bulk("somebody").Order(t.Context(), BulkOrder{Kind: k, Filter: f, By: "kim", Reason: "they were lost", Of: -1})
	if err != nil {
		t.Fatal(err)
	}
	return j.ID
}

func (b *bundle) bulkJob(t testing.TB, id string) *BulkJob {
	t.Helper()
	j, err := b.bulk("somebody").Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// freeBulk ends the lease of a bulk job, as when who had it fell silent.
func (b *bundle) freeBulk(t testing.TB, id string) {
	t.Helper()
	if b.rdb.HExists(t.Context(), bulkKey(b.keys, id), "lease_ms").Val() {
		b.rdb.HSet(t.Context(), bulkKey(b.keys, id), "lease_ms", 0)
	}
}

// finish has a worker make passes until a bulk job has ended.
func (b *bundle) finish(t testing.TB, w *Bulk, id string) *BulkJob {
	t.Helper()
	for range 1000 {
		if _, err := w.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		if j := b.bulkJob(t, id); !j.open() {
			return j
		}
	}
	t.Fatal("it finds no end")
	return nil
}

func progressed(j *BulkJob) string {
	return fmt.Sprintf("%s: %d looked at, %d meant, %v", j.State, j.Looked, j.Matched, j.Changes)
}

// statuses counts all pushes by their state.
func (b *bundle) statuses(t testing.TB) map[push.Status]int64 {
	t.Helper()
	counts, err := b.log.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(counts, func(_ push.Status, n int64) bool { return n == 0 })
	return counts
}

func TestBulk(t *testing.T) {
	t.Parallel()
	b := setup(t, 3)
	var jobs []push.Job
	for n := range 700 { // more than one step in each partition, all within few milliseconds
		j := job(fmt.Sprintf("j%03d", n))
		j.PushGrpID = fmt.Sprint("G", n%2)
		jobs = append(jobs, j)
	}
	b.accept(t, jobs[:400]...)
	b.failAll(t, push.CodeThirdPartyAuth)
	b.accept(t, jobs[400:]...)
	b.failAll(t, push.CodeInvalidArgument)
	filter := pushlog.Filter{Exact: push.Job{PushGrpID: "G1"}, Statuses: []push.Status{push.Failed}, ErrorCode: push.CodeThirdPartyAuth}
	w := b.bulk("a")
	time.Sleep(2 * time.Millisecond)
	if n, oldest, exact, err := w.Count(t.Context(), BulkRedrive, filter); n != 200 || oldest == "" || !exact || err != nil {
		t.Errorf("counted %d, %q, %v, %v", n, oldest, exact, err)
	}
	id := b.orderBulk(t, BulkRedrive, filter)
	if j := b.bulkJob(t, id); progressed(j) != "waiting: 0 looked at, 0 meant, map[]" || j.By != "kim" || j.Reason != "they were lost" ||
		j.Kind != BulkRedrive || j.OrderedAt == "" || j.StartedAt+j.EndedAt+j.Worker != "" || j.Filter.PushGrpID != "G1" {
		t.Errorf("%+v", j)
	}
	b.accept(t, job("younger"))
	b.failAll(t, push.CodeThirdPartyAuth)
	j := b.finish(t, w, id)
	// Half of the pushes have the group, of which there are fewer than with the code, at first.
	if looked := j.Looked; looked < 200 || looked > 350 || progressed(j) != fmt.Sprintf("done: %d looked at, 200 meant, map[queued:200]", looked) || j.StartedAt == "" || j.EndedAt == "" || j.Worker != "a" {
		t.Errorf("%+v", j)
	}
	for n, one := range jobs {
		want := push.Failed
		if n < 400 && n%2 == 1 {
			want = push.Queued
		}
		if r := b.get(t, one.ID); r.Status != want {
			t.Fatalf("%s is %s, want %s", one.ID, r.Status, want)
		}
	}
	if r := b.get(t, "j001"); len(r.Redrives) != 1 || !strings.HasSuffix(r.Redrives[0], "op="+id) {
		t.Errorf("the record names no job: %v", r.Redrives)
	}
	id = b.orderBulk(t, BulkCancel, pushlog.Filter{Exact: push.Job{Csno: "10023451"}, Statuses: BulkCancel.States()})
	if j := b.finish(t, w, id); progressed(j) != "done: 200 looked at, 200 meant, map[cancelled:200]" {
		t.Errorf("%+v", j)
	}
	id = b.orderBulk(t, BulkRedrive, pushlog.Filter{Statuses: []push.Status{push.Cancelled}, Since: time.Now().Add(time.Hour)})
	if j := b.finish(t, w, id); progressed(j) != "done: 0 looked at, 0 meant, map[]" {
		t.Errorf("%+v", j)
	}
	list, err := w.List(t.Context())
	if err != nil || len(list) != 3 || list[0].ID != id {
		t.Errorf("%+v, %v", list, err)
	}
}

// Of several states each push is changed once, whatever index has how many of them at
// the same time.
func TestBulkOfManyStates(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	states := []push.Status{push.Failed, push.Expired, push.Cancelled, push.Sent}
	b.seed(t, "p", 900, func(i int) push.Status { return states[(i*i/7)%4] })
	for _, p := range b.keys.All() { // many in the same millisecond
		for _, index := range []string{p.Index(), p.ValueIndex(push.FieldCsno, "1"), p.StatusIndex(push.Failed), p.StatusIndex(push.Expired), p.StatusIndex(push.Cancelled)} {
			for n, z := range b.rdb.ZRangeWithScores(t.Context(), index, 0, -1).Val() {
				if n%3 == 0 || index != p.StatusIndex(push.Failed) {
					b.rdb.ZAdd(t.Context(), index, redis.Z{Score: float64(int64(z.Score) / 500 * 500), Member: z.Member})
				}
			}
		}
	}
	before := b.statuses(t)
	id := b.orderBulk(t, BulkRedrive, pushlog.Filter{Statuses: BulkRedrive.States()})
	n := 900 - before[push.Sent]
	if j := b.finish(t, b.bulk("a"), id); progressed(j) != fmt.Sprintf("done: %d looked at, %d meant, map[queued:%d]", n, n, n) {
		t.Errorf("%s, want %d", progressed(j), n)
	}
	if after := b.statuses(t); after[push.Queued] != n || len(after) != 2 {
		t.Errorf("%v", after)
	}
}

// Wherever the worker is killed, another goes on; in the end all is changed that was
// meant, and each push was changed and counted once.
func TestKilledBulk(t *testing.T) {
	t.Parallel()
	const rows = 330
	status := func(i int) push.Status { return []push.Status{push.Failed, push.Failed, push.Sent}[i%3] }
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprint("after ", after), func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			ended := false
			for at := 1; !ended; at++ {
				b.rdb.FlushDB(t.Context())
				b.seed(t, "p", rows, status)
				id := b.orderBulk(t, BulkRedrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
				hook := &failing{at: at, after: after}
				killed := b.hooked(t, hook).bulk("killed")
				for range 20 {
					if _, err := killed.pass(t.Context()); err != nil {
						break
					}
				}
				ended = hook.calls < at
				if !ended {
					if j := b.bulkJob(t, id); j.State != BulkDone && j.Looked > 0 && j.Looked != j.Matched {
						t.Fatalf("call %d: %s", at, progressed(j))
					}
					b.freeBulk(t, id)
				}
				if j := b.finish(t, b.bulk("next"), id); progressed(j) != "done: 220 looked at, 220 meant, map[queued:220]" {
					t.Fatalf("call %d: %s", at, progressed(j))
				}
				for i := range rows {
					h := b.rdb.HGetAll(t.Context(), b.keys.Partition(0).Record(fmt.Sprintf("p-%06d", i))).Val()
					if want := map[bool]string{true: "", false: "1"}[i%3 == 2]; h["redrives"] != want {
						t.Fatalf("call %d: push %d was redriven %q times", at, i, h["redrives"])
					}
				}
				if at > 100 {
					t.Fatal("it finds no end")
				}
			}
		})
	}
}

// Workers that take the same job from each other all the time change and count
// everything once.
func TestBulkByManyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	b.seed(t, "p", 3000, func(i int) push.Status { return []push.Status{push.Failed, push.Sent}[i%2] })
	id := b.orderBulk(t, BulkRedrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
	var all sync.WaitGroup
	for n := range 4 {
		w := b.bulk(fmt.Sprint(n))
		all.Go(func() {
			for range 60 {
				b.freeBulk(t, id)
				if _, err := w.pass(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	b.freeBulk(t, id)
	if j := b.finish(t, b.bulk("last"), id); progressed(j) != "done: 1500 looked at, 1500 meant, map[queued:1500]" {
		t.Error(progressed(j))
	}
	for _, p := range b.keys.All() {
		for _, key := range b.rdb.Keys(t.Context(), p.Record("*")).Val() {
			if n := b.rdb.HGet(t.Context(), key, "redrives").Val(); n != "" && n != "1" {
				t.Errorf("%s was redriven %s times", key, n)
			}
		}
	}
}

func TestCancelledBulk(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "p", 500, always(push.Failed))
	filter := pushlog.Filter{Statuses: []push.Status{push.Failed}}
	w, someone := b.bulk("a"), b.bulk("someone")
	pass := func(w *Bulk) {
		t.Helper()
		if _, err := w.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	cancel := func(id string) *BulkJob {
		t.Helper()
		j, err := someone.Cancel(t.Context(), id, "lee")
		if err != nil || j.CancelledBy != "lee" || j.CancelledAt == "" {
			t.Fatalf("%+v, %v", j, err)
		}
		return j
	}
	waiting := b.orderBulk(t, BulkRedrive, filter)
	if j := cancel(waiting); j.State != BulkCancelled || j.EndedAt == "" {
		t.Errorf("%+v", j)
	}
	for _, id := range []string{waiting, "0123456789ab"} {
		want := map[bool]error{true: ErrBulkEnded, false: ErrNoBulk}[id == waiting]
		if _, err := someone.Cancel(t.Context(), id, "lee"); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	pass(w)
	if n := b.statuses(t)[push.Failed]; n != 500 {
		t.Errorf("%d are failed", n)
	}

	// While it runs: the step that is planned is done, and no other.
	running := b.orderBulk(t, BulkRedrive, filter)
	pass(w)
	pass(w)
	for range 2 {
		if j := cancel(running); j.State != BulkRunning || j.Matched != 100 {
			t.Errorf("%s", progressed(j))
		}
	}
	pass(w)
	pass(w)
	if j := b.bulkJob(t, running); progressed(j) != "cancelled: 200 looked at, 200 meant, map[queued:200]" || j.EndedAt == "" {
		t.Errorf("%+v", j)
	}
	if n := b.statuses(t)[push.Failed]; n != 300 {
		t.Errorf("%d are failed", n)
	}

	// Its worker is gone: another one ends it.
	interrupted := b.orderBulk(t, BulkRedrive, filter)
	pass(w)
	b.freeBulk(t, interrupted)
	if j := b.bulkJob(t, interrupted); j.State != BulkInterrupted {
		t.Errorf("%+v", j)
	}
	cancel(interrupted)
	if j := b.finish(t, b.bulk("b"), interrupted); progressed(j) != "cancelled: 100 looked at, 100 meant, map[queued:100]" {
		t.Errorf("%+v", j)
	}
}

func TestOrderOfABulk(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	w := b.bulk("a")
	for name, o := range map[string]BulkOrder{
		"no kind":              {Filter: pushlog.Filter{Statuses: []push.Status{push.Failed}}},
		"no state":             {Kind: BulkRedrive},
		"what was sent":        {Kind: BulkRedrive, Filter: pushlog.Filter{Statuses: []push.Status{push.Sent}}},
		"one of them was sent": {Kind: BulkRedrive, Filter: pushlog.Filter{Statuses: []push.Status{push.Failed, push.Sent}}},
		"what has ended":       {Kind: BulkCancel, Filter: pushlog.Filter{Statuses: []push.Status{push.Failed}}},
		"an unknown column":    {Kind: BulkCancel, Filter: pushlog.Filter{Statuses: []push.Status{push.Queued}, Text: pushlog.Text{Column: "x", Word: "y"}}},
	} {
		if _, err := w.Order(t.Context(), o); !errors.Is(err, pushlog.ErrFilter) {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, _, err := w.Count(t.Context(), o.Kind, o.Filter); !errors.Is(err, pushlog.ErrFilter) {
			t.Errorf("count of %s: %v", name, err)
		}
	}
	if _, err := w.Get(t.Context(), "0123456789ab"); !errors.Is(err, ErrNoBulk) {
		t.Error(err)
	}
	order := BulkOrder{Kind: BulkCancel, Filter: pushlog.Filter{Statuses: []push.Status{push.Queued}}}
	named := order
	named.ID = "00000000000a"
	for range 2 {
		if j, err := w.Order(t.Context(), named); err != nil || j.ID != named.ID {
			t.Errorf("%+v, %v", j, err)
		}
	}
	named.Filter.Exact.Csno = "1"
	if _, err := w.Order(t.Context(), named); !errors.Is(err, ErrBulkDiffers) {
		t.Error(err)
	}
	b.finish(t, w, named.ID)
	var first string
	for n := range maxBulks + 3 {
		j, err := w.Order(t.Context(), order)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			first = j.ID
		}
		b.finish(t, w, j.ID)
	}
	if list, err := w.List(t.Context()); err != nil || len(list) != maxBulks {
		t.Errorf("%d are remembered, %v", len(list), err)
	}
	if _, err := w.Get(t.Context(), first); !errors.Is(err, ErrNoBulk) {
		t.Errorf("the oldest is remembered: %v", err)
	}
	for range maxOpenBulks {
		if _, err := w.Order(t.Context(), order); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Order(t.Context(), order); !errors.Is(err, ErrTooManyBulks) {
		t.Error(err)
	}
	list, _ := w.List(t.Context())
	b.rdb.Del(t.Context(), bulkKey(b.keys, list[0].ID)) // its life is over
	if _, err := w.Order(t.Context(), order); err != nil {
		t.Error(err)
	}
	for key, content := range redistest.Dump(t, b.rdb) {
		if strings.Contains(key, "{bulk}") && !strings.Contains(content, "ttl=true") {
			t.Errorf("%s has no TTL", key)
		}
	}
	if n, m := b.rdb.ZCard(t.Context(), bulksKey(b.keys)).Val(), len(b.rdb.Keys(t.Context(), bulkKey(b.keys, "*")).Val()); int(n) != m || n > maxBulks {
		t.Errorf("%d are listed, %d are there", n, m)
	}
}

func TestBulkScriptsTwice(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	keys := []string{bulksKey(b.keys), bulkKey(b.keys, "aaaaaaaaaaaa")}
	life := time.Hour.Milliseconds()
	twice := func(name, want string, script *redisscript.Script, args ...any) {
		t.Helper()
		for i := range 2 {
			before := redistest.Dump(t, b.rdb)
			answers, err := run(t.Context(), b.rdb, call{script, keys, args})
			if got := fmt.Sprint(answers); err != nil || got != want {
				t.Errorf("%s, run %d: %v %v, want %s", name, i+1, got, err, want)
			}
			if after := redistest.Dump(t, b.rdb); (i == 0) == maps.Equal(before, after) {
				t.Errorf("%s, run %d:\n%s", name, i+1, diff(before, after))
			}
		}
	}
	never := func(name, want string, script *redisscript.Script, args ...any) {
		t.Helper()
		before := redistest.Dump(t, b.rdb)
		answers, err := run(t.Context(), b.rdb, call{script, keys, args})
		if got := fmt.Sprint(answers); err != nil || got != want {
			t.Errorf("%s: %v %v, want %s", name, got, err, want)
		}
		if after := redistest.Dump(t, b.rdb); !maps.Equal(before, after) {
			t.Errorf("%s:\n%s", name, diff(before, after))
		}
	}
	never("end of none", "[missing]", quitScript, "cancelled", "x", life, life)
	never("seize of none", "[[]]", seizeScript, "a", life, life, life, life)
	never("step of none", "[lost]", advanceScript, "a", life, 0, "p", life, life, 1, 1)
	twice("order", "[1]", orderScript, bulkKey(b.keys, ""), "aaaaaaaaaaaa", 10, 10, life, life, 0, "kind", "redrive", "filter", "{}")
	never("step of nobody", "[lost]", advanceScript, "a", life, 0, "p", life, life, 1, 1)
	if _, err := run(t.Context(), b.rdb, call{seizeScript, keys, []any{"a", life, life, life, life}}); err != nil {
		t.Fatal(err)
	}
	never("seize of another's", "[[]]", seizeScript, "b", life, life, life, life)
	never("another lets go", "[[]]", seizeScript, "b", 0, life, life, life)
	never("step of another", "[lost]", advanceScript, "b", life, 0, "p", life, life, 1, 1)
	never("a step that is to come", "[lost]", advanceScript, "a", life, 1, "p", life, life, 1, 1)
	twice("step", "[running]", advanceScript, "a", life, 0, "p", life, life, 7, 3, "queued", 2, "missing", 1)
	twice("cancel", "[running]", quitScript, "cancelled", "lee", life, life)
	twice("last step", "[cancelled]", advanceScript, "a", life, 1, "p", life, life, 2, 1, "queued", 1)
	never("cancel of what has ended", "[cancelled]", quitScript, "cancelled", "lee", life, life)
	never("seize of what has ended", "[[]]", seizeScript, "a", life, life, life, life)
	if j := b.bulkJob(t, "aaaaaaaaaaaa"); progressed(j) != "cancelled: 9 looked at, 4 meant, map[missing:1 queued:3]" {
		t.Errorf("%+v", j)
	}
	keys[1] = bulkKey(b.keys, "bbbbbbbbbbbb")
	twice("order", "[1]", orderScript, bulkKey(b.keys, ""), "bbbbbbbbbbbb", 10, 10, life, life, 0, "kind", "redrive")
	twice("failure", "[failed]", quitScript, "failed", "why", life, life)
}

func TestUnreadableBulk(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "p", 5, always(push.Failed))
	for _, filter := range []string{`{"status":["failed"],"colour":"red"}`, `{"status":["sent"]}`, `{}`, ``, `nonsense`} {
		id := b.orderBulk(t, BulkRedrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
		b.rdb.HSet(t.Context(), bulkKey(b.keys, id), "filter", filter)
		if j := b.finish(t, b.bulk("a"), id); j.State != BulkFailed || j.Error == "" || j.Looked != 0 {
			t.Errorf("%q: %+v", filter, j)
		}
	}
	if n := b.statuses(t)[push.Failed]; n != 5 {
		t.Errorf("%d are failed", n)
	}
}

// What Redis refuses again and again fails; other jobs go on meanwhile.
func TestRefusedBulk(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "p", 250, always(push.Failed))
	refused := b.orderBulk(t, BulkCancel, pushlog.Filter{Statuses: []push.Status{push.Queued}})
	b.rdb.Set(t.Context(), b.keys.Partition(0).StatusIndex(push.Queued), "nonsense", 0)
	other := b.orderBulk(t, BulkCancel, pushlog.Filter{Statuses: []push.Status{push.Scheduled}})
	w := b.bulk("a")
	for range bulkRefusal {
		if j := b.bulkJob(t, refused); j.State == BulkFailed {
			t.Errorf("too early: %+v", j)
		}
		_, _ = w.pass(t.Context())
	}
	if j := b.bulkJob(t, refused); j.State != BulkFailed || j.Error != "Redis refuses a step again and again: WRONGTYPE" {
		t.Errorf("%+v", j)
	}
	if j := b.bulkJob(t, other); j.State != BulkDone {
		t.Errorf("%+v", j)
	}
	if refusal(errors.New("dial: refused")) || refusal(errLeaseOver) {
		t.Error("that is not Redis's answer")
	}
}

// A worker that was stopped for longer than its lease changes nothing.
func TestSleepingBulk(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "p", 10, always(push.Failed))
	id := b.orderBulk(t, BulkRedrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
	w := b.bulk("a")
	if _, err := w.pass(t.Context()); err != nil { // plans the first step
		t.Fatal(err)
	}
	j, err := w.seize(t.Context(), id, w.lease)
	if err != nil || len(j.plan.IDs) != 10 {
		t.Fatalf("%+v, %v", j, err)
	}
	if _, err := w.do(t.Context(), j, time.Now().Add(-time.Second)); !errors.Is(err, errLeaseOver) {
		t.Error(err)
	}
	if n := b.statuses(t)[push.Failed]; n != 10 {
		t.Errorf("%d are failed", n)
	}
}

// A worker that stops lets go: another goes on at once. Redis may be away for a while.
func TestBulkRuns(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, "--appendonly", "yes", "--appendfsync", "always")
	b.seed(t, "p", 3000, always(push.Failed))
	id := b.orderBulk(t, BulkRedrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
	stop := background(t, b.bulk("a").Run)
	eventually(t, "it has begun", func() bool { return b.bulkJob(t, id).Matched > 0 })
	stop()
	switch j := b.bulkJob(t, id); j.State {
	case BulkInterrupted:
		if j.Worker != "a" {
			t.Errorf("%+v", j)
		}
	case BulkDone: // that was quick
	default:
		t.Errorf("%+v", j)
	}
	background(t, b.bulk("b").Run)
	eventually(t, "another goes on", func() bool { j := b.bulkJob(t, id); return j.Worker == "b" || j.State == BulkDone })
	b.srv.Kill()
	time.Sleep(50 * time.Millisecond)
	b.srv.Start(t)
	eventually(t, "it is done", func() bool {
		j, err := b.bulk("somebody").Get(t.Context(), id)
		return err == nil && j.State == BulkDone
	})
	if j := b.bulkJob(t, id); progressed(j) != "done: 3000 looked at, 3000 meant, map[queued:3000]" {
		t.Errorf("%+v", j)
	}
}

// TestModelOfBulk has random jobs done by workers that are killed anywhere, while other
// people change pushes one by one, and some jobs are cancelled. In the end each push is
// what a model says.
func TestModelOfBulk(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 11))
			b := setup(t, 1+int(seed%3))
			control := NewControl(b.rdb, b.keys)
			var jobs []push.Job
			for i := range 260 {
				j := job(fmt.Sprintf("p%03d", i))
				j.Csno, j.PushGrpID = fmt.Sprint(i%3), fmt.Sprint("G", i%2)
				if i%5 == 0 {
					j.DueAt = time.Now().Add(time.Hour)
				}
				jobs = append(jobs, j)
			}
			b.accept(t, jobs...)
			for i, j := range jobs {
				if i%5 == 1 {
					if _, err := control.Cancel(t.Context(), j.ID); err != nil {
						t.Fatal(err)
					}
				}
			}
			status := func(id string) push.Status { return b.get(t, id).Status }
			for round := range 4 {
				kind := BulkKinds()[r.IntN(2)]
				f := pushlog.Filter{Statuses: kind.States()[:1+r.IntN(3)]}
				if r.IntN(2) == 0 {
					f.Exact.Csno = fmt.Sprint(r.IntN(4))
				}
				if r.IntN(2) == 0 {
					f.Exact.PushGrpID = fmt.Sprint("G", r.IntN(2))
				}
				meant := map[string]bool{}
				for _, j := range jobs {
					record := b.get(t, j.ID)
					meant[j.ID] = f.Matches(&record)
				}
				before := map[string]push.Status{}
				for _, j := range jobs {
					before[j.ID] = status(j.ID)
				}
				id := b.orderBulk(t, kind, f)
				cancelled := r.IntN(4) == 0
				touched := map[string]bool{}
				for n := 0; b.bulkJob(t, id).open(); n++ {
					hook := &failing{at: 1 + r.IntN(12), after: r.IntN(2) == 0}
					w := b.hooked(t, hook).bulk(fmt.Sprint("w", r.IntN(3)))
					_, _ = w.pass(t.Context())
					if r.IntN(3) > 0 {
						b.freeBulk(t, id)
					}
					other := jobs[r.IntN(len(jobs))].ID // somebody else's business
					touched[other] = true
					if r.IntN(2) == 0 {
						_, _ = control.Cancel(t.Context(), other)
					} else {
						_, _ = control.Redrive(t.Context(), other)
					}
					if cancelled && n == 2 {
						_, _ = b.bulk("x").Cancel(t.Context(), id, "lee")
					}
					if n > 500 {
						t.Fatal("it finds no end")
					}
				}
				j := b.bulkJob(t, id)
				sum := int64(0)
				for _, n := range j.Changes {
					sum += n
				}
				if sum != j.Matched || j.Looked < j.Matched || j.State == BulkFailed {
					t.Errorf("round %d: %+v", round, j)
				}
				goal := map[BulkKind]push.Status{BulkRedrive: push.Queued, BulkCancel: push.Cancelled}[kind]
				changed := int64(0)
				for _, one := range jobs {
					now := status(one.ID)
					switch {
					case touched[one.ID]:
					case !meant[one.ID]:
						if now != before[one.ID] {
							t.Fatalf("round %d: %s was not meant by %+v, and is %s", round, one.ID, f, now)
						}
					case now == goal:
						changed++
					case now != before[one.ID] || j.State == BulkDone:
						t.Fatalf("round %d: %s is %s, the job %+v", round, one.ID, now, j)
					}
				}
				if n := j.Changes[Change(goal)]; n < changed || n > changed+int64(len(touched)) {
					t.Errorf("round %d: %d were changed, it counted %d", round, changed, n)
				}
			}
		})
	}
}
