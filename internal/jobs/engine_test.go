package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

func TestJob(t *testing.T) {
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
	filter := pushlog.Filter{Statuses: []push.Status{push.Failed}, ErrorCode: push.CodeThirdPartyAuth, Exact: push.Job{PushGrpID: "G1"}}
	w := b.engine("a")
	time.Sleep(2 * time.Millisecond)
	if n, oldest, exact, err := w.Count(t.Context(), Redrive, filter); n != 200 || oldest == "" || !exact || err != nil {
		t.Errorf("counted %d, %q, %v, %v", n, oldest, exact, err)
	}
	id := b.order(t, Redrive, filter)
	if j := b.job(t, id); progressed(j) != "waiting: 0 examined, 0 matched, map[]" || j.By != "kim" || j.Reason != "they were lost" ||
		j.Kind != Redrive || j.OrderedAt == "" || j.StartedAt+j.EndedAt+j.Worker != "" || j.Filter.PushGrpID != "G1" {
		t.Errorf("%+v", j)
	}
	b.accept(t, job("younger"))
	b.failAll(t, push.CodeThirdPartyAuth)
	j := b.finish(t, w, id)
	// Half of the pushes have the group, of which there are fewer than with the code, at first.
	if looked := j.Looked; looked < 200 || looked > 350 || progressed(j) != fmt.Sprintf("done: %d examined, 200 matched, map[queued:200]", looked) || j.StartedAt == "" || j.EndedAt == "" || j.Worker != "a" {
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
	id = b.order(t, Cancel, pushlog.Filter{Statuses: Cancel.States(), Exact: push.Job{Csno: "10023451"}})
	if j := b.finish(t, w, id); progressed(j) != "done: 200 examined, 200 matched, map[cancelled:200]" {
		t.Errorf("%+v", j)
	}
	id = b.order(t, Redrive, pushlog.Filter{Statuses: []push.Status{push.Cancelled}, Since: time.Now().Add(time.Hour)})
	if j := b.finish(t, w, id); progressed(j) != "done: 0 examined, 0 matched, map[]" {
		t.Errorf("%+v", j)
	}
	list, err := w.List(t.Context())
	if err != nil || len(list) != 3 || list[0].ID != id {
		t.Errorf("%+v, %v", list, err)
	}
}

// Of several states each push is changed once, whatever index has how many of them at
// the same time.
func TestJobOfManyStates(t *testing.T) {
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
	id := b.order(t, Redrive, pushlog.Filter{Statuses: Redrive.States()})
	n := 900 - before[push.Sent]
	if j := b.finish(t, b.engine("a"), id); progressed(j) != fmt.Sprintf("done: %d examined, %d matched, map[queued:%d]", n, n, n) {
		t.Errorf("%s, want %d", progressed(j), n)
	}
	if after := b.statuses(t); after[push.Queued] != n || len(after) != 2 {
		t.Errorf("%v", after)
	}
}

// Wherever the worker is killed, another goes on; in the end all is changed that was
// matched, and each push was changed and counted once.
func TestKilledProcess(t *testing.T) {
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
				id := b.order(t, Redrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
				hook := &failing{at: at, after: after}
				killed := b.hooked(t, hook).engine("killed")
				for range 20 {
					if _, err := killed.pass(t.Context(), ""); err != nil {
						break
					}
				}
				ended = hook.calls < at
				if !ended {
					if j := b.job(t, id); j.State != Done && j.Looked > 0 && j.Looked != j.Matched {
						t.Fatalf("call %d: %s", at, progressed(j))
					}
					b.free(t, id)
				}
				if j := b.finish(t, b.engine("next"), id); progressed(j) != "done: 220 examined, 220 matched, map[queued:220]" {
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
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	b.seed(t, "p", 3000, func(i int) push.Status { return []push.Status{push.Failed, push.Sent}[i%2] })
	id := b.order(t, Redrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
	var all sync.WaitGroup
	for n := range 4 {
		w := b.engine(fmt.Sprint(n))
		all.Go(func() {
			for range 60 {
				b.free(t, id)
				if _, err := w.pass(t.Context(), ""); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	b.free(t, id)
	if j := b.finish(t, b.engine("last"), id); progressed(j) != "done: 1500 examined, 1500 matched, map[queued:1500]" {
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

func TestCancelledJob(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "p", 500, always(push.Failed))
	filter := pushlog.Filter{Statuses: []push.Status{push.Failed}}
	w, someone := b.engine("a"), b.engine("someone")
	pass := func(w *Engine) {
		t.Helper()
		if _, err := w.pass(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
	}
	cancel := func(id string) *Job {
		t.Helper()
		j, err := someone.Cancel(t.Context(), id, "lee")
		if err != nil || j.CancelledBy != "lee" || j.CancelledAt == "" {
			t.Fatalf("%+v, %v", j, err)
		}
		return j
	}
	waiting := b.order(t, Redrive, filter)
	if j := cancel(waiting); j.State != Cancelled || j.EndedAt == "" {
		t.Errorf("%+v", j)
	}
	for _, id := range []string{waiting, "0123456789ab"} {
		want := map[bool]error{true: ErrEnded, false: ErrNone}[id == waiting]
		if _, err := someone.Cancel(t.Context(), id, "lee"); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	pass(w)
	if n := b.statuses(t)[push.Failed]; n != 500 {
		t.Errorf("%d are failed", n)
	}

	// While it runs: the step that is planned is done, and no other.
	running := b.order(t, Redrive, filter)
	pass(w)
	pass(w)
	for range 2 {
		if j := cancel(running); j.State != Running || j.Matched != 100 {
			t.Errorf("%s", progressed(j))
		}
	}
	pass(w)
	pass(w)
	if j := b.job(t, running); progressed(j) != "cancelled: 200 examined, 200 matched, map[queued:200]" || j.EndedAt == "" {
		t.Errorf("%+v", j)
	}
	if n := b.statuses(t)[push.Failed]; n != 300 {
		t.Errorf("%d are failed", n)
	}

	// Its worker is gone: another one ends it.
	interrupted := b.order(t, Redrive, filter)
	pass(w)
	b.free(t, interrupted)
	if j := b.job(t, interrupted); j.State != Interrupted {
		t.Errorf("%+v", j)
	}
	cancel(interrupted)
	if j := b.finish(t, b.engine("b"), interrupted); progressed(j) != "cancelled: 100 examined, 100 matched, map[queued:100]" {
		t.Errorf("%+v", j)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	w := b.engine("a")
	for name, o := range map[string]Order{
		"no kind":              {Filter: pushlog.Filter{Statuses: []push.Status{push.Failed}}},
		"no state":             {Kind: Redrive},
		"what was sent":        {Kind: Redrive, Filter: pushlog.Filter{Statuses: []push.Status{push.Sent}}},
		"one of them was sent": {Kind: Redrive, Filter: pushlog.Filter{Statuses: []push.Status{push.Failed, push.Sent}}},
		"what has ended":       {Kind: Cancel, Filter: pushlog.Filter{Statuses: []push.Status{push.Failed}}},
		"an unknown column":    {Kind: Cancel, Filter: pushlog.Filter{Statuses: []push.Status{push.Queued}, Text: pushlog.Text{Column: "x", Word: "y"}}},
	} {
		if _, err := w.Order(t.Context(), o); !errors.Is(err, pushlog.ErrFilter) {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, _, err := w.Count(t.Context(), o.Kind, o.Filter); !errors.Is(err, pushlog.ErrFilter) {
			t.Errorf("count of %s: %v", name, err)
		}
	}
	if _, err := w.Get(t.Context(), "0123456789ab"); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	order := Order{Kind: Cancel, Filter: pushlog.Filter{Statuses: []push.Status{push.Queued}}}
	named := order
	named.ID = "00000000000a"
	for range 2 {
		if j, err := w.Order(t.Context(), named); err != nil || j.ID != named.ID {
			t.Errorf("%+v, %v", j, err)
		}
	}
	named.Filter.Exact.Csno = "1"
	if _, err := w.Order(t.Context(), named); !errors.Is(err, ErrDiffers) {
		t.Error(err)
	}
	b.finish(t, w, named.ID)
	var first string
	for n := range maxJobs + 3 {
		j, err := w.Order(t.Context(), order)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			first = j.ID
		}
		b.finish(t, w, j.ID)
	}
	if list, err := w.List(t.Context()); err != nil || len(list) != maxJobs {
		t.Errorf("%d are remembered, %v", len(list), err)
	}
	if _, err := w.Get(t.Context(), first); !errors.Is(err, ErrNone) {
		t.Errorf("the oldest is remembered: %v", err)
	}
	for range maxOpen {
		if _, err := w.Order(t.Context(), order); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Order(t.Context(), order); !errors.Is(err, ErrTooMany) {
		t.Error(err)
	}
	list, _ := w.List(t.Context())
	b.rdb.Del(t.Context(), jobKey(b.keys, list[0].ID)) // its life is over
	if _, err := w.Order(t.Context(), order); err != nil {
		t.Error(err)
	}
	for key, content := range redistest.Dump(t, b.rdb) {
		if strings.Contains(key, "{bulk}") && !strings.Contains(content, "ttl=true") {
			t.Errorf("%s has no TTL", key)
		}
	}
	if n, m := b.rdb.ZCard(t.Context(), listKey(b.keys)).Val(), len(b.rdb.Keys(t.Context(), jobKey(b.keys, "????????????")).Val()); int(n) != m || n > maxJobs {
		t.Errorf("%d are listed, %d are there", n, m)
	}
}

func TestScriptsTwice(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	id, life := "", time.Hour.Milliseconds()
	keys := func(part int) []string {
		return []string{listKey(b.keys), openKey(b.keys), jobKey(b.keys, id), partKey(b.keys, id, part)}
	}
	check := func(name, want string, script *redisscript.Script, keys []string, args []any, changes ...bool) {
		t.Helper()
		for i, change := range changes {
			before := redistest.Dump(t, b.rdb)
			answer, err := script.Run(t.Context(), b.rdb, keys, args...)
			if got := fmt.Sprint(answer); err != nil || got != want {
				t.Errorf("%s, run %d: %v %v, want %s", name, i+1, got, err, want)
			}
			if after := redistest.Dump(t, b.rdb); change == maps.Equal(before, after) {
				t.Errorf("%s, run %d:\n%s", name, i+1, diff(before, after))
			}
		}
	}
	twice := func(name, want string, script *redisscript.Script, keys []string, args ...any) {
		t.Helper()
		check(name, want, script, keys, args, true, false)
	}
	never := func(name, want string, script *redisscript.Script, keys []string, args ...any) {
		t.Helper()
		check(name, want, script, keys, args, false)
	}
	order := func() []any {
		return []any{jobKey(b.keys, ""), id, 10, 10, life, life, 0, 2, "kind", "redrive", "filter", `{"status":["failed"]}`}
	}
	lease := func(who string, part int) {
		t.Helper()
		if answer, err := leaseScript.Run(t.Context(), b.rdb, keys(part), who, life, life, life, life); err != nil || len(answer.([]any)) != 2 {
			t.Fatal(answer, err)
		}
	}
	step := func(who string, n int, plan, size any, more ...any) []any {
		return append(append([]any{who, life, n, plan, id, size}, more[:2]...), append([]any{life, life}, more[2:]...)...)
	}

	id = "aaaaaaaaaaaa"
	never("end of none", "missing", stopScript, keys(0)[:3], "cancelled", "x", id, life, life)
	never("lease of none", "[]", leaseScript, keys(0), "a", life, life, life, life)
	never("step of none", "lost", advanceScript, keys(0), step("a", 0, "p", 5, 1, 1)...)
	never("adoption of none", "0", adoptScript, keys(0)[:3], id, 2, life, life, life)
	twice("order", "1", orderScript, keys(0)[:3], order()...)
	never("adoption of what is ours", "0", adoptScript, keys(0)[:3], id, 2, life, life, life)
	never("step without a lease", "lost", advanceScript, keys(0), step("a", 0, "p", 5, 1, 1)...)
	lease("a", 0)
	never("lease of another's", "[]", leaseScript, keys(0), "b", life, life, life, life)
	never("another lets go", "[]", leaseScript, keys(0), "b", 0, life, life, life)
	never("step of another", "lost", advanceScript, keys(0), step("b", 0, "p", 5, 1, 1)...)
	never("a step that is to come", "lost", advanceScript, keys(0), step("a", 1, "p", 5, 1, 1)...)
	twice("step", "running", advanceScript, keys(0), step("a", 0, "p", 5, 7, 3, "queued", 2, "missing", 1)...)
	lease("b", 1) // the other partition
	twice("its step", "running", advanceScript, keys(1), step("b", 0, "p", 4, 0, 0)...)
	twice("its last step", "running", advanceScript, keys(1), step("b", 1, "", "", 4, 4, "queued", 4)...)
	never("lease of what is done", "[]", leaseScript, keys(1), "b", life, life, life, life)
	twice("cancel", "running", stopScript, keys(0)[:3], "cancelled", "lee", id, life, life)
	twice("last step", "cancelled", advanceScript, keys(0), step("a", 1, "p", "", 2, 1, "queued", 1)...)
	never("cancel of what has ended", "cancelled", stopScript, keys(0)[:3], "cancelled", "lee", id, life, life)
	never("lease of what has ended", "[]", leaseScript, keys(0), "a", life, life, life, life)
	if j := b.job(t, id); progressed(j) != "cancelled: 13 examined, 8 matched, map[missing:1 queued:7]" || j.Size != 9 {
		t.Errorf("%+v", j)
	}

	id = "bbbbbbbbbbbb"
	twice("order", "1", orderScript, keys(0)[:3], order()...)
	twice("failure", "failed", stopScript, keys(0)[:3], "failed", "why", id, life, life)
	id = "cccccccccccc"
	twice("order", "1", orderScript, keys(0)[:3], order()...)
	for n := range 2 {
		lease("a", n)
		twice("first step", "running", advanceScript, keys(n), step("a", 0, "p", 1, 0, 0)...)
	}
	twice("end of one partition", "running", advanceScript, keys(0), step("a", 1, "", "", 1, 0)...)
	twice("end of the other", "done", advanceScript, keys(1), step("a", 1, "", "", 1, 0)...)
	if open := b.rdb.ZCard(t.Context(), openKey(b.keys)).Val(); open != 0 {
		t.Errorf("%d are open", open)
	}
}

func TestUnreadableJob(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "p", 5, always(push.Failed))
	for _, filter := range []string{`{"status":["failed"],"colour":"red"}`, `{"status":["sent"]}`, `{}`, ``, `nonsense`} {
		id := b.order(t, Redrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
		b.rdb.HSet(t.Context(), jobKey(b.keys, id), "filter", filter)
		if j := b.finish(t, b.engine("a"), id); j.State != Failed || j.Error == "" || j.Looked != 0 {
			t.Errorf("%q: %+v", filter, j)
		}
	}
	if n := b.statuses(t)[push.Failed]; n != 5 {
		t.Errorf("%d are failed", n)
	}
}

// What Redis refuses again and again fails; other jobs go on meanwhile.
func TestRefusedJob(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "p", 250, always(push.Failed))
	refused := b.order(t, Cancel, pushlog.Filter{Statuses: []push.Status{push.Queued}})
	b.rdb.Set(t.Context(), b.keys.Partition(0).StatusIndex(push.Queued), "nonsense", 0)
	other := b.order(t, Cancel, pushlog.Filter{Statuses: []push.Status{push.Scheduled}})
	w := b.engine("a")
	for range refusals {
		if j := b.job(t, refused); j.State == Failed {
			t.Errorf("too early: %+v", j)
		}
		_, _ = w.pass(t.Context(), "")
	}
	if j := b.job(t, refused); j.State != Failed || j.Error != "Redis refuses a step again and again: WRONGTYPE" {
		t.Errorf("%+v", j)
	}
	if j := b.job(t, other); j.State != Done {
		t.Errorf("%+v", j)
	}
	if refusal(errors.New("dial: refused")) || refusal(errLeaseOver) {
		t.Error("that is not Redis's answer")
	}
}

// A worker that was stopped for longer than its lease changes nothing.
func TestSleepingProcess(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "p", 10, always(push.Failed))
	id := b.order(t, Redrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
	w := b.engine("a")
	if _, err := w.pass(t.Context(), ""); err != nil { // plans the first step
		t.Fatal(err)
	}
	j, at, err := w.take(t.Context(), id, 0, w.lease)
	if err != nil || len(at.plan.IDs) != 10 {
		t.Fatalf("%+v, %v", at, err)
	}
	if _, err := w.do(t.Context(), j, 0, at, time.Now().Add(-time.Second)); !errors.Is(err, errLeaseOver) {
		t.Error(err)
	}
	if n := b.statuses(t)[push.Failed]; n != 10 {
		t.Errorf("%d are failed", n)
	}
}

// A worker that stops lets go: another goes on at once. Redis may be away for a while.
func TestRun(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, "--appendonly", "yes", "--appendfsync", "always")
	b.seed(t, "p", 3000, always(push.Failed))
	id := b.order(t, Redrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
	stop := background(t, b.engine("a").Run)
	eventually(t, "it has begun", func() bool { return b.job(t, id).Matched > 0 })
	stop()
	switch j := b.job(t, id); j.State {
	case Interrupted:
		if j.Worker != "a" {
			t.Errorf("%+v", j)
		}
	case Done: // that was quick
	default:
		t.Errorf("%+v", j)
	}
	background(t, b.engine("b").Run)
	eventually(t, "another goes on", func() bool { j := b.job(t, id); return j.Worker == "b" || j.State == Done })
	b.srv.Kill()
	time.Sleep(50 * time.Millisecond)
	b.srv.Start(t)
	eventually(t, "it is done", func() bool {
		j, err := b.engine("somebody").Get(t.Context(), id)
		return err == nil && j.State == Done
	})
	if j := b.job(t, id); progressed(j) != "done: 3000 examined, 3000 matched, map[queued:3000]" {
		t.Errorf("%+v", j)
	}
}

// TestModel has random jobs done by workers that are killed anywhere, while other
// people change pushes one by one, and some jobs are cancelled. In the end each push is
// what a model says.
func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 11))
			b := setup(t, 1+int(seed%3))
			control := b.control
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
				kind := Kinds()[r.IntN(2)]
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
				id := b.order(t, kind, f)
				cancelled := r.IntN(4) == 0
				touched := map[string]bool{}
				for n := 0; b.job(t, id).State.Open(); n++ {
					hook := &failing{at: 1 + r.IntN(12), after: r.IntN(2) == 0}
					w := b.hooked(t, hook).engine(fmt.Sprint("w", r.IntN(3)))
					_, _ = w.pass(t.Context(), "")
					if r.IntN(3) > 0 {
						b.free(t, id)
					}
					other := jobs[r.IntN(len(jobs))].ID // somebody else's business
					touched[other] = true
					if r.IntN(2) == 0 {
						_, _ = control.Cancel(t.Context(), other)
					} else {
						_, _ = control.Redrive(t.Context(), other)
					}
					if cancelled && n == 2 {
						_, _ = b.engine("x").Cancel(t.Context(), id, "lee")
					}
					if n > 500 {
						t.Fatal("it finds no end")
					}
				}
				j := b.job(t, id)
				sum := int64(0)
				for _, n := range j.Changes {
					sum += n
				}
				if sum != j.Matched || j.Looked < j.Matched || j.State == Failed {
					t.Errorf("round %d: %+v", round, j)
				}
				goal := map[Kind]push.Status{Redrive: push.Queued, Cancel: push.Cancelled}[kind]
				changed := int64(0)
				for _, one := range jobs {
					now := status(one.ID)
					switch {
					case touched[one.ID]:
					case !meant[one.ID]:
						if now != before[one.ID] {
							t.Fatalf("round %d: %s was not matched by %+v, and is %s", round, one.ID, f, now)
						}
					case now == goal:
						changed++
					case now != before[one.ID] || j.State == Done:
						t.Fatalf("round %d: %s is %s, the job %+v", round, one.ID, now, j)
					}
				}
				if n := j.Changes[stream.Change(goal)]; n < changed || n > changed+int64(len(touched)) {
					t.Errorf("round %d: %d were changed, it counted %d", round, changed, n)
				}
			}
		})
	}
}

// A lease that ends later than it may is over: Redis's clock was set back. What is ordered
// then selects what was accepted before.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	b := setupOn(t, redistest.NewSteppable(t), 1)
	b.srv.SetClock(t, time.Hour)
	b.accept(t, job("a"))
	b.failAll(t, push.CodeThirdPartyAuth)
	id := b.order(t, Redrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
	if j, _, err := b.engine("x").take(t.Context(), id, 0, lease); err != nil || j == nil {
		t.Fatal("the job can't be leased", err)
	}
	if j, _, err := b.engine("y").take(t.Context(), id, 0, lease); err != nil || j != nil {
		t.Fatal("another process leases the job", err)
	}
	b.srv.SetClock(t, 0)
	if j := b.job(t, id); j.State != Interrupted {
		t.Errorf("the job is %s", j.State)
	}
	if j, _, err := b.engine("y").take(t.Context(), id, 0, lease); err != nil || j == nil {
		t.Error("no process can go on with the job", err)
	}
	id = b.order(t, Redrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
	if j := b.finish(t, b.engine("y"), id); progressed(j) != "done: 1 examined, 1 matched, map[queued:1]" {
		t.Error(progressed(j))
	}
}

// Several processes work on several partitions of a job at once.
func TestPartitionsAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, 4)
	b.seed(t, "p", 2000, always(push.Failed))
	id := b.order(t, Redrive, pushlog.Filter{Statuses: []push.Status{push.Failed}})
	for _, name := range []string{"a", "b", "c", "d"} {
		if worked, err := b.engine(name).pass(t.Context(), ""); !worked || err != nil {
			t.Fatal(name, worked, err)
		}
	}
	if worked, err := b.engine("e").pass(t.Context(), ""); worked || err != nil {
		t.Error("a fifth process finds a partition:", err)
	}
	workers := map[string]bool{}
	for n := range 4 {
		workers[b.rdb.HGet(t.Context(), partKey(b.keys, id, n), "worker").Val()] = true
	}
	if len(workers) != 4 {
		t.Errorf("%v", workers)
	}
	b.free(t, id)
	if j := b.finish(t, b.engine("e"), id); progressed(j) != "done: 2000 examined, 2000 matched, map[queued:2000]" {
		t.Error(progressed(j))
	}
}

// A job that the version before has ordered goes on here: from the step that it had
// planned, or from the beginning; while a process of that version works on it, it is left
// alone.
func TestJobOfTheVersionBefore(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fields map[string]any
		want   string
	}{
		"waiting": {map[string]any{"state": "waiting", "step": 0}, "done: 300 examined, 300 matched, map[queued:300]"},
		// It has done all of partition 0, and the first step of the next one is planned.
		"running": {map[string]any{"state": "running", "step": 3, "worker": "gone", "lease_ms": 1, "looked": 10, "matched": 10, "change.queued": 10,
			"plan": "PLAN"}, ""},
		"at its end": {map[string]any{"state": "running", "step": 9, "worker": "gone", "lease_ms": 1, "looked": 290, "matched": 290, "change.queued": 290,
			"plan": `{"partition":2,"place":"","looked":10,"end":true}`}, "done: 300 examined, 290 matched, map[queued:290]"},
		"cancelled": {map[string]any{"state": "running", "step": 3, "worker": "gone", "lease_ms": 1, "looked": 10, "matched": 10, "change.queued": 10,
			"plan": "PLAN", "cancel_at": "2026-11-30T00:00:00.000Z", "cancel_by": "lee"}, "cancelled: 110 examined, 110 matched, map[queued:110]"},
		"unreadable": {map[string]any{"state": "running", "step": 3, "worker": "gone", "lease_ms": 1, "plan": "nonsense"}, "failed: 0 examined, 0 matched, map[]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 2)
			b.seed(t, "p", 300, always(push.Failed))
			first := b.rdb.ZRangeWithScores(t.Context(), b.keys.Partition(1).Index(), 0, 99).Val()
			var ids []string
			for _, z := range first {
				ids = append(ids, z.Member.(string))
			}
			last := pushlog.Cursor{MS: int64(first[99].Score), ID: ids[99]}
			text, _ := json.Marshal(map[string]any{"partition": 1, "place": last.String(), "looked": 100, "ids": ids})
			id := "0123456789ab"
			fields := map[string]any{"kind": "redrive", "filter": `{"status":["failed"]}`, "by": "kim", "reason": "r", "of": 300, "oldest": "",
				"number": time.Now().UnixMilli(), "ordered_at": "2026-11-30T00:00:00.000Z"}
			maps.Copy(fields, tt.fields)
			if fields["plan"] == "PLAN" {
				fields["plan"] = string(text)
			}
			b.rdb.HSet(t.Context(), jobKey(b.keys, id), fields)
			b.rdb.ZAdd(t.Context(), listKey(b.keys), redis.Z{Score: 1, Member: id})
			want := tt.want
			if want == "" { // partition 0 is not walked through again
				n := b.rdb.ZCard(t.Context(), b.keys.Partition(1).Index()).Val() + 10
				want = fmt.Sprintf("done: %d examined, %d matched, map[queued:%d]", n, n, n)
			}
			if tt.fields["state"] == "running" {
				b.rdb.HSet(t.Context(), jobKey(b.keys, id), "lease_ms", time.Now().Add(5*time.Second).UnixMilli())
				before := redistest.Dump(t, b.rdb)
				if worked, err := b.engine("a").pass(t.Context(), ""); worked || err != nil {
					t.Error(worked, err)
				}
				if after := redistest.Dump(t, b.rdb); !maps.Equal(before, after) {
					t.Errorf("a process of the version before works on it:\n%s", diff(before, after))
				}
				b.rdb.HSet(t.Context(), jobKey(b.keys, id), "lease_ms", 1)
			}
			if j := b.finish(t, b.engine("b"), id); progressed(j) != want {
				t.Errorf("%s %s, want %s", progressed(j), j.Error, want)
			}
		})
	}
}
