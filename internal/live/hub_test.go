package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pushstream/internal/jobs"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

func TestPushes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := b.hub(Options{})
	b.accept(t, "before")
	w, other := watch(t, h, "", Pushes), watch(t, h, "", Flush)
	b.pass(t, h)
	if all := got(t, w); len(all) != 0 {
		t.Errorf("told of what was before: %v", all)
	}
	b.accept(t, "a", "b")
	b.cancel(t, "a", "before")
	b.pass(t, h)
	all := got(t, w)
	if len(all) != 1 || all[0].topic != Pushes {
		t.Fatalf("%v", all)
	}
	var p pushes
	if err := json.Unmarshal([]byte(all[0].data), &p); err != nil {
		t.Fatal(err)
	}
	status := map[string]push.Status{}
	for _, c := range p.Changes {
		status[c.ID] = c.Status
	}
	if fmt.Sprint(status) != "map[a:cancelled b:queued before:cancelled]" || len(p.Changes) != 3 || p.Accepted != 2 || p.More != 0 {
		t.Errorf("%+v", p)
	}
	b.pass(t, h)
	if all := got(t, w); len(all) != 0 {
		t.Errorf("told twice: %v", all)
	}
	if all := got(t, other); len(all) != 1 || all[0].topic != Flush || all[0].data != `{"flush":null}` {
		t.Errorf("who watches another topic: %v", all)
	}
}

// Between two messages of a topic what happens is gathered.
func TestOneMessageASecond(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := b.hub(Options{})
	w := watch(t, h, "", Pushes, Counts)
	b.pass(t, h)
	got(t, w)
	b.accept(t, "a")
	b.pass(t, h)
	if all := got(t, w); len(all) != 2 {
		t.Fatalf("%v", all)
	}
	for i := range 3 {
		b.accept(t, fmt.Sprint("b", i))
		h.pass(t.Context(), b.now.Add(time.Duration(i+1)*lookEvery))
	}
	if all := got(t, w); len(all) != 0 {
		t.Fatalf("within a second: %v", all)
	}
	b.pass(t, h)
	all := got(t, w)
	if len(all) != 2 || all[0].topic != Pushes || strings.Count(all[0].data, "queued") != 3 || !strings.Contains(all[0].data, `"accepted":3`) ||
		all[1].data != `{"statuses":{"cancelled":0,"expired":0,"failed":0,"queued":4,"retrying":0,"scheduled":0,"sent":0}}` {
		t.Errorf("%v", all)
	}
}

func TestManyChanges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := b.hub(Options{})
	w := watch(t, h, "", Pushes)
	b.pass(t, h)
	var ids []string
	for i := range maxChanges + 20 {
		ids = append(ids, fmt.Sprint("p", i))
	}
	b.accept(t, ids...)
	b.pass(t, h)
	var p pushes
	all := got(t, w)
	if err := json.Unmarshal([]byte(all[0].data), &p); err != nil || len(p.Changes) != maxChanges || p.More != 20 || p.Accepted != len(ids) {
		t.Errorf("%d changes, %d more, %d accepted, %v", len(p.Changes), p.More, p.Accepted, err)
	}
}

// States are told to who comes, and then when they have changed.
func TestStates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := b.hub(Options{})
	ctx := t.Context()
	b.rdb.HSet(ctx, "push:control", "consumer-1", "paused")
	b.rdb.ZAdd(ctx, "push:projects", redis.Z{Score: 1, Member: "demo"})
	b.rdb.HSet(ctx, "push:hold:{demo}", "reason", "outage", "code", "UNAVAILABLE", "detail", "secret", "since", "2026-11-24T00:00:00.000Z")
	w := watch(t, h, "", Workers, Holds, Flush)
	b.pass(t, h)
	want := []string{
		`{"items":[{"name":"consumer-1","consumer":"","state":"lost","desired":"paused","in_hand":0,"pending":0,"sent":0,"rate":0}]}`,
		`{"items":[{"project":"demo","reason":"outage","code":"UNAVAILABLE","since":"2026-11-24T00:00:00.000Z"}]}`,
		`{"flush":null}`,
	}
	check := func(w *Watcher, want ...string) {
		t.Helper()
		all := got(t, w)
		if len(all) != len(want) {
			t.Fatalf("%v", all)
		}
		for i := range all {
			if all[i].data != want[i] {
				t.Errorf("%s, want %s", all[i].data, want[i])
			}
		}
	}
	check(w, want...)
	b.pass(t, h)
	check(w)
	late := watch(t, h, "", Workers, Pushes)
	h.pass(ctx, b.now) // within the same second
	check(late, want[0])
	late.Close()
	b.rdb.Del(ctx, "push:hold:{demo}")
	b.pass(t, h)
	check(w, `{"items":[]}`)
	w.Close()
	b.pass(t, h)
	again := watch(t, h, "", Holds)
	b.pass(t, h)
	check(again, `{"items":[]}`)
}

func TestJobs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := b.hub(Options{})
	w := watch(t, h, "", Jobs)
	b.pass(t, h)
	if all := got(t, w); len(all) != 1 || all[0].data != `{"items":[]}` {
		t.Errorf("%v", all)
	}
	j, err := b.engine.Order(t.Context(), jobs.Order{Kind: jobs.Cancel, By: "secret", Reason: "secret", Of: 7,
		Filter: pushlog.Filter{Statuses: []push.Status{push.Queued}, Exact: push.Job{Csno: "secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	b.pass(t, h)
	want := `{"items":[{"id":"` + j.ID + `","kind":"cancel","state":"waiting","ordered_at":"` + j.OrderedAt + `","of":7,"looked":0,"matched":0,"changes":{}}]}`
	if all := got(t, w); len(all) != 1 || all[0].data != want {
		t.Errorf("%v, want %s", all, want)
	}
}

// A state that can't be read does not keep the others from being told.
func TestUnreadableState(t *testing.T) {
	t.Parallel()
	b := setup(t)
	core, logs := observer.New(zap.WarnLevel)
	h := b.hub(Options{Logger: zap.New(core)})
	b.rdb.Set(t.Context(), "push:control", "nonsense", 0)
	w := watch(t, h, "", Workers, Flush, Pushes)
	for range 3 {
		b.pass(t, h)
	}
	if all := got(t, w); len(all) != 1 || all[0].topic != Flush {
		t.Errorf("%v", all)
	}
	if n := logs.Len(); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
	b.rdb.Del(t.Context(), "push:control")
	b.pass(t, h)
	if all := got(t, w); len(all) != 1 || all[0].topic != Workers {
		t.Errorf("%v", all)
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h, other := b.hub(Options{}), b.hub(Options{}) // of another admin
	w, there := watch(t, h, "", Pushes), watch(t, other, "", Pushes)
	b.pass(t, h)
	b.pass(t, other)
	b.accept(t, "a")
	b.pass(t, h)
	known := got(t, w)[0].id
	w.Close()
	b.accept(t, "b")
	b.cancel(t, "a")
	b.pass(t, other)
	got(t, there)
	b.accept(t, "c")
	beginning := stream.EventPlace{"0-0", "0-0"}.String()
	for _, one := range []*Hub{h, other} {
		for from, want := range map[string]string{
			known:     "2 map[a:cancelled b:queued c:queued]",
			beginning: "3 map[a:cancelled b:queued c:queued]",
		} {
			w := watch(t, one, from, Pushes)
			b.pass(t, one)
			b.pass(t, one)
			accepted, changes, last := 0, map[string]push.Status{}, ""
			for _, m := range got(t, w) {
				var p pushes
				if err := json.Unmarshal([]byte(m.data), &p); err != nil || m.topic != Pushes {
					t.Fatalf("%v", m)
				}
				accepted += p.Accepted
				for _, c := range p.Changes {
					changes[c.ID] = c.Status
				}
				last = m.id
			}
			if got := fmt.Sprint(accepted, " ", changes); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			now := watch(t, one, last, Pushes) // who knows everything is told nothing
			b.pass(t, one)
			if all := got(t, now); len(all) != 0 {
				t.Errorf("%v", all)
			}
		}
	}
}

func TestGap(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := b.hub(Options{})
	w := watch(t, h, "", Pushes)
	b.pass(t, h)
	b.accept(t, "a", "b", "c", "d")
	b.pass(t, h)
	last := got(t, w)[0].id
	b.accept(t, "e", "f", "g", "h")
	b.pass(t, h)
	got(t, w)
	for _, p := range b.keys.All() {
		b.rdb.XTrimMaxLen(t.Context(), p.Base+":events", 1)
	}
	n := 0
	for name, id := range map[string]string{
		"cut off": last, "of another place": "5-5.5-5", "of one partition": "5-5", "of no place": "nonsense", "very long": strings.Repeat("0-0.", 2000) + "0-0",
		"with a line break": "0-0\r\nid: 7.0-0",
	} {
		back := watch(t, h, id, Pushes)
		b.pass(t, h)
		all := got(t, back)
		if len(all) != 1 || all[0].topic != Resync || all[0].data != "{}" {
			t.Errorf("%s: %v", name, all)
			continue
		}
		n++
		b.accept(t, fmt.Sprint("x", n))
		b.pass(t, h)
		if all := got(t, back); len(all) != 1 || all[0].topic != Pushes {
			t.Errorf("%s, then: %v", name, all)
		}
		back.Close()
	}
	// What the hub itself could not read.
	got(t, w)
	b.accept(t, "y")
	b.rdb.Del(t.Context(), "push:{0}:events", "push:{1}:events")
	b.pass(t, h)
	if all := got(t, w); len(all) != 1 || all[0].topic != Resync {
		t.Errorf("%v", all)
	}
}

// Many that come back from many places are let in over some passes.
func TestManyPlaces(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := b.hub(Options{})
	var all []*Watcher
	for i := range 3 * mostPlaces {
		all = append(all, watch(t, h, fmt.Sprint(i+1, "-0.0-0"), Pushes))
		if len(all) == 20 {
			break // of the same person
		}
	}
	for range 3 {
		b.pass(t, h)
	}
	for i, w := range all {
		if m := got(t, w); len(m) != 1 || m[0].topic != Resync {
			t.Errorf("%d: %v", i, m)
		}
	}
}

func TestSlowWatcher(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := b.hub(Options{})
	slow, quick := watch(t, h, "", Pushes), watch(t, h, "", Pushes)
	b.pass(t, h)
	told := 0
	for i := range buffered + 3 {
		b.accept(t, fmt.Sprint(i))
		b.pass(t, h)
		told += len(got(t, quick))
	}
	if told != buffered+3 || quick.Err() != nil {
		t.Errorf("the quick one was told %d times, %v", told, quick.Err())
	}
	n := 0
	for range slow.Messages() {
		n++
	}
	if n != buffered || !errors.Is(slow.Err(), ErrSlow) {
		t.Errorf("the slow one was told %d times, %v", n, slow.Err())
	}
	slow.Close()
	if w, err := h.Watch("somebody", "", nil); err != nil {
		t.Error(err)
	} else {
		w.Close()
		w.Close()
		if _, ok := <-w.Messages(); ok || w.Err() != nil {
			t.Errorf("closed: %v", w.Err())
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := b.hub(Options{Watchers: 3, Each: 2})
	one, _ := h.Watch("a", "", nil)
	_, err := h.Watch("a", "", nil)
	if _, third := h.Watch("a", "", nil); err != nil || !errors.Is(third, ErrTooMany) {
		t.Errorf("%v, %v", err, third)
	}
	_, err = h.Watch("b", "", nil)
	if _, fourth := h.Watch("b", "", nil); err != nil || !errors.Is(fourth, ErrFull) {
		t.Errorf("%v, %v", err, fourth)
	}
	one.Close()
	if w, err := h.Watch("a", "", nil); err != nil {
		t.Error(err)
	} else {
		stop := run(t, h)
		stop()
		if _, ok := <-w.Messages(); ok || !errors.Is(w.Err(), ErrStopped) {
			t.Errorf("at the end: %v", w.Err())
		}
	}
	if _, err := h.Watch("c", "", nil); !errors.Is(err, ErrStopped) {
		t.Error(err)
	}
}

// Nobody watches, nothing is read.
func TestIdle(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := b.hub(Options{})
	w := watch(t, h, "", Topics()...)
	b.pass(t, h)
	w.Close()
	b.pass(t, h)
	calls := func() (n int) {
		info := b.rdb.InfoMap(t.Context(), "stats").Item("Stats", "total_commands_processed")
		n, err := strconv.Atoi(info)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := calls()
	for range 5 {
		b.pass(t, h)
	}
	if after := calls(); after != before+1 {
		t.Errorf("Redis was asked %d times", after-before-1)
	}
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	b := setup(t, "--appendonly", "yes", "--appendfsync", "always")
	core, logs := observer.New(zap.WarnLevel)
	h := b.hub(Options{Logger: zap.New(core)})
	run(t, h)
	w := watch(t, h, "", Pushes, Counts)
	next(t, w, Counts)
	b.accept(t, "a")
	last := next(t, w, Pushes)
	b.srv.Kill()
	back := watch(t, h, last.id, Pushes) // comes while Redis is away
	for end := time.Now().Add(30 * time.Second); logs.FilterMessage("reading events").Len() == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nobody noticed")
		}
	}
	b.srv.Start(t)
	next(t, w, Resync)
	next(t, w, Counts)
	b.accept(t, "b")
	for _, one := range []*Watcher{w, back} {
		if m := next(t, one, Pushes); !strings.Contains(m.data, `"b"`) {
			t.Errorf("%v", m)
		}
	}
}

// Two hubs and a thousand watchers of each are told the same, and every watcher of one
// the same bytes.
func TestManyWatchers(t *testing.T) {
	t.Parallel()
	const each = 1000
	b := setup(t)
	hubs := []*Hub{b.hub(Options{Each: each}), b.hub(Options{Each: each})}
	var all sync.WaitGroup
	var mu sync.Mutex
	told := map[*Hub]map[*byte]int{}
	sum := map[*Watcher]int{}
	var watchers []*Watcher
	for _, h := range hubs {
		run(t, h)
		told[h] = map[*byte]int{}
		for range each {
			w := watch(t, h, "", Pushes)
			watchers = append(watchers, w)
			all.Go(func() {
				for m := range w.Messages() {
					var p pushes
					_ = json.Unmarshal(m.Event[strings.Index(string(m.Event), "data: ")+6:], &p)
					mu.Lock()
					told[h][&m.Event[0]]++
					sum[w] += p.Accepted
					mu.Unlock()
				}
			})
		}
	}
	eventually(t, "all are in", func() bool {
		for _, w := range watchers {
			w.hub.mu.Lock()
			in := w.watches
			w.hub.mu.Unlock()
			if !in {
				return false
			}
		}
		return true
	})
	const pushed = 200
	for i := range pushed {
		b.accept(t, fmt.Sprint("p", i))
	}
	eventually(t, "all are told", func() bool {
		mu.Lock()
		defer mu.Unlock()
		for _, w := range watchers {
			if sum[w] != pushed {
				return false
			}
		}
		return true
	})
	for _, w := range watchers {
		w.Close()
	}
	all.Wait()
	for _, h := range hubs {
		for _, n := range told[h] {
			if n != each {
				t.Errorf("%d watchers were told the same bytes, of %d", n, each)
			}
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
