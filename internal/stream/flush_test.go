package stream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// flusher returns one that does not run.
func (b *bundle) flusher(t testing.TB, name string) *flusher {
	t.Helper()
	return newFlusher(b.consumer(t, name, nil))
}

func (b *bundle) order(t testing.TB, f pushlog.Filter) *Flush {
	t.Helper()
	order, err := NewControl(b.rdb, b.keys).StartFlush(t.Context(), f, "test")
	if err != nil {
		t.Fatal(err)
	}
	return order
}

// number is that of the order there is.
func (b *bundle) number(t testing.TB) int64 {
	t.Helper()
	n, err := b.rdb.HGet(t.Context(), flushKey(b.keys), "number").Int64()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// flush makes passes until nothing is left to do.
func (b *bundle) flush(t testing.TB, f *flusher) *Flush {
	t.Helper()
	for n := 0; ; n++ {
		if _, err := f.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		order, err := NewControl(b.rdb, b.keys).Flush(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if order.State != FlushRunning {
			return order
		}
		if n > 1000 {
			t.Fatal("it finds no end")
		}
	}
}

func counted(f *Flush) string {
	return fmt.Sprintf("%s: %d of %d looked at, %d removed, %d left", f.State, f.Looked, f.Of, f.Removed, f.Left)
}

// freeDuties has all duties be anybody's, as when who had them fell silent.
func (b *bundle) freeDuties(t testing.TB) {
	t.Helper()
	for _, p := range b.keys.All() {
		b.rdb.Del(t.Context(), p.Retaining(), flushingKey(p))
	}
}

func TestFlushOfTheLog(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 3} {
		t.Run(fmt.Sprint(partitions, " partitions"), func(t *testing.T) {
			t.Parallel()
			b := setup(t, partitions)
			other := *b
			other.keys.Prefix = "pushes"
			other.seed(t, "o", 50, always(push.Sent))
			ended, open := b.everyState(t, "x")
			b.rdb.ZAdd(t.Context(), b.keys.Partition(0).Index(), redis.Z{Score: 7, Member: "orphan"})
			time.Sleep(2 * time.Millisecond)
			if order := b.order(t, pushlog.Filter{}); counted(order) != "running: 0 of 0 looked at, 0 removed, 0 left" || order.By != "test" || order.EndedAt != "" {
				t.Errorf("ordered: %+v", order)
			}
			b.accept(t, job("younger"))
			c := b.consumer(t, "c", nil)
			for _, d := range b.read(t, c, b.keys.Of("younger"), 10) {
				if d.job.ID == "younger" {
					b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
				}
			}
			p := b.keys.Partition(0)
			b.rdb.HSet(t.Context(), p.Chunk(1), pushlog.ChunkFirst, 1000, pushlog.ChunkLast, 2000)
			b.rdb.ZAdd(t.Context(), p.Chunks(), redis.Z{Score: 1000, Member: 1})

			done := b.flush(t, b.flusher(t, "a"))
			n := len(ended) + len(open)
			if want := fmt.Sprintf("done: %d of %d looked at, %d removed, %d left", n+1, n+1, len(ended), len(open)); counted(done) != want {
				t.Errorf("%s, want %s", counted(done), want)
			}
			if done.EndedAt == "" || done.Error != "" {
				t.Errorf("%+v", done)
			}
			stays := slices.Sorted(slices.Values(append(open, "younger")))
			if got := slices.Sorted(slices.Values(b.ids(t))); !slices.Equal(got, stays) {
				t.Errorf("%v stay, want %v", got, stays)
			}
			if n := b.rdb.Exists(t.Context(), p.Chunk(1), p.Chunks()).Val(); n != 0 {
				t.Error("the empty chunk stays")
			}
			if got := other.ids(t); len(got) != 50 {
				t.Errorf("%d of another prefix stay", len(got))
			}
			for key, content := range redistest.Dump(t, b.rdb) {
				if strings.Contains(key, ":flush") && !strings.Contains(content, "ttl=true") {
					t.Errorf("%s has no TTL", key)
				}
			}
		})
	}
}

// A flush removes what its filter means, and looks at no more than it must.
func TestFlushOfAFilter(t *testing.T) {
	t.Parallel()
	start := time.Now() // in filters: of the first push
	at := func(i int) time.Time { return start.Add(time.Duration(i) * time.Millisecond) }
	tests := map[string]struct {
		filter pushlog.Filter
		goes   func(i int) bool // of what has ended
		looked int64
	}{
		"all":          {pushlog.Filter{}, func(int) bool { return true }, 1500},
		"since":        {pushlog.Filter{Since: at(1000)}, func(i int) bool { return i >= 1000 }, 500},
		"since, finer": {pushlog.Filter{Since: at(1000).Add(1)}, func(i int) bool { return i > 1000 }, 499},
		"until":        {pushlog.Filter{Until: at(1200)}, func(i int) bool { return i < 1200 }, 1200},
		"until, finer": {pushlog.Filter{Until: at(1200).Add(1)}, func(i int) bool { return i <= 1200 }, 1201},
		"a state":      {pushlog.Filter{Statuses: []push.Status{push.Failed}}, func(i int) bool { return i%4 == 1 }, 375},
		"sent":         {pushlog.Filter{Statuses: []push.Status{push.Sent}}, func(i int) bool { return i%4 == 0 }, 1500},
		"two states": {pushlog.Filter{Statuses: []push.Status{push.Failed, push.Expired}},
			func(i int) bool { return i%4 == 1 || i%4 == 2 }, 1500},
		"a token":                  {pushlog.Filter{Exact: push.Job{DeviceID: "token-p-000401"}}, func(i int) bool { return i == 401 }, 1},
		"a token in another state": {pushlog.Filter{Exact: push.Job{DeviceID: "token-p-000401"}, Statuses: []push.Status{push.Sent}}, func(int) bool { return false }, 1},
		"nobody":                   {pushlog.Filter{Exact: push.Job{Csno: "2"}}, func(int) bool { return false }, 0},
		"a service":                {pushlog.Filter{Exact: push.Job{ServiceName: "x"}}, func(int) bool { return false }, 1500},
		"a word": {pushlog.Filter{Exact: push.Job{Csno: "1"}, Text: pushlog.Text{Column: push.FieldDeviceID, Word: "P-0007"}},
			func(i int) bool { return i/100 == 7 }, 1500},
		"a whole word": {pushlog.Filter{Exact: push.Job{Csno: "1"}, Text: pushlog.Text{Column: push.FieldDeviceID, Word: "token-p-000401", Whole: true}},
			func(i int) bool { return i == 401 }, 1500},
		"a part for a whole": {pushlog.Filter{Text: pushlog.Text{Column: push.FieldDeviceID, Word: "token-p-00040", Whole: true}},
			func(int) bool { return false }, 1500},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			states := []push.Status{push.Sent, push.Failed, push.Expired, push.Scheduled}
			begin := b.seed(t, "p", 1500, func(i int) push.Status { return states[i%4] })
			f := tt.filter
			for _, at := range []*time.Time{&f.Since, &f.Until} {
				if !at.IsZero() {
					*at = begin.Add(at.Sub(start))
				}
			}
			b.order(t, f)
			done := b.flush(t, b.flusher(t, "a"))
			var want []string
			for i := range 1500 {
				if i%4 == 3 || !tt.goes(i) {
					want = append(want, fmt.Sprintf("p-%06d", i))
				}
			}
			if got := b.ids(t); !slices.Equal(got, want) {
				t.Errorf("%d stay, want %d", len(got), len(want))
			}
			if done.State != FlushDone || done.Looked != tt.looked || done.Of != tt.looked || done.Removed != int64(1500-len(want)) {
				t.Errorf("%s", counted(done))
			}
		})
	}
}

func TestOrderOfAFlush(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx, control := t.Context(), NewControl(b.rdb, b.keys)
	if f, err := control.Flush(ctx); f != nil || err != nil {
		t.Error(f, err)
	}
	if f, err := control.CancelFlush(ctx); f != nil || !errors.Is(err, ErrNoFlush) {
		t.Error(f, err)
	}
	for _, wrong := range []pushlog.Filter{
		{Statuses: []push.Status{push.Queued}}, {Statuses: []push.Status{push.Sent, "colour"}}, {Since: time.Now(), Until: time.Now().Add(-time.Hour)},
		{Text: pushlog.Text{Column: "colour", Word: "red"}}, {Text: pushlog.Text{Column: push.FieldMsgTitle, Whole: true}},
	} {
		if f, err := control.StartFlush(ctx, wrong, "test"); f != nil || !errors.Is(err, pushlog.ErrFilter) {
			t.Errorf("%+v: %v %v", wrong, f, err)
		}
	}
	if n := b.rdb.Exists(ctx, flushKey(b.keys)).Val(); n != 0 {
		t.Fatal("there is an order")
	}
	filter := pushlog.Filter{Exact: push.Job{Csno: "1", PushGrpID: "G", DeviceID: "t", ServiceName: "S"}, Statuses: []push.Status{push.Failed}, Since: time.Date(2026, 11, 22, 0, 0, 0, 5, time.UTC), Until: time.Now(), ErrorCode: push.CodeUnregistered, Text: pushlog.Text{Column: push.FieldMsgTitle, Word: "체결"}}
	whole := pushlog.Filter{Text: pushlog.Text{Column: push.FieldMsgTitle, Word: "체결", Whole: true}}
	if ff := newFlushFilter(whole); ff.filter().Text != whole.Text || ff.Contains != "" {
		t.Errorf("%+v", ff)
	}
	b.order(t, filter)
	order, err := control.Flush(ctx)
	if err != nil || order.Error != "" {
		t.Fatal(order, err)
	}
	if got := order.Filter.filter(); !got.Since.Equal(filter.Since) || !got.Until.Equal(filter.Until) {
		t.Errorf("%+v", got)
	} else if got.Since, got.Until = filter.Since, filter.Until; fmt.Sprint(got) != fmt.Sprint(filter) {
		t.Errorf("%+v, want %+v", got, filter)
	}
	before := redistest.Dump(t, b.rdb)
	if f, err := control.StartFlush(ctx, pushlog.Filter{}, "another"); f != nil || !errors.Is(err, ErrFlushRunning) {
		t.Error(f, err)
	}
	if after := redistest.Dump(t, b.rdb); !maps.Equal(before, after) {
		t.Error("another order has changed it")
	}
	if f, err := control.CancelFlush(ctx); err != nil || f.State != FlushCancelled || f.EndedAt == "" {
		t.Error(f, err)
	}
	if f, err := control.CancelFlush(ctx); f != nil || !errors.Is(err, ErrNoFlush) {
		t.Error(f, err)
	}
	// Their numbers go up, even within a millisecond and when the clock was set back.
	last := b.number(t) + 1_000_000
	b.rdb.HSet(ctx, flushKey(b.keys), "number", last)
	b.order(t, pushlog.Filter{})
	if next := b.number(t); next != last+1 {
		t.Errorf("number %d after %d", next, last)
	}
}

// Scripts that are run twice, as after a lost reply, do it once.
func TestFlushTwice(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "p", 30, always(push.Sent))
	p, f := b.keys.Partition(0), b.flusher(t, "a")
	key, life := flushKey(b.keys), time.Hour.Milliseconds()
	order := func(op string) call { return call{flushScript, []string{key}, []any{op, life, "{}", "test", 0}} }
	step := func(number int64, from, to string) call {
		c := reapCall(p, 0, []any{number, time.Now().Add(5 * time.Second).UnixMilli(), from, to, 3, 30, life})
		for _, one := range b.candidates(t, "p-000001", "p-000002") {
			c.args = append(c.args, candidate{place{one.MS, one.ID}, one.Record}.args()...)
		}
		return c
	}
	twice := func(c call, first, second string) {
		t.Helper()
		for i, want := range []string{first, second} {
			before := redistest.Dump(t, b.rdb)
			answers, err := run(t.Context(), b.rdb, c)
			if got := fmt.Sprint(answers); err != nil || got != want {
				t.Errorf("run %d: %v %v, want %s", i+1, got, err, want)
			}
			if after := redistest.Dump(t, b.rdb); (i == 0) == maps.Equal(before, after) {
				t.Errorf("run %d:\n%s", i+1, diff(before, after))
			}
		}
	}
	twice(order("one"), "[1]", "[1]")
	n := b.rdb.HGet(t.Context(), key, "number").Val()
	number := number(n)
	twice(step(number, "", "5 a"), "[[2 0]]", "[[-1 0]]")
	if got := fmt.Sprint(b.rdb.HGetAll(t.Context(), flushedKey(p)).Val()); got != "map[left:0 looked:3 number:"+n+" of:30 place:5 a removed:2]" {
		t.Error(got)
	}
	twice(call{haltScript, []string{key}, []any{number, "done", "", life}}, "[1]", "[1]")
	for _, c := range []call{
		order("one"), {haltScript, []string{key}, []any{number, "cancelled", "", life}}, {haltScript, []string{key}, []any{number + 1, "cancelled", "", life}},
		step(number-1, "", "5 a"), // of an older flush
	} {
		before := redistest.Dump(t, b.rdb)
		if _, err := run(t.Context(), b.rdb, c); err != nil {
			t.Error(err)
		}
		if after := redistest.Dump(t, b.rdb); !maps.Equal(before, after) {
			t.Errorf("it has changed:\n%s", diff(before, after))
		}
	}
	twice(order("two"), "[1]", "[1]")
	if done := b.flush(t, f); counted(done) != "done: 28 of 28 looked at, 28 removed, 0 left" {
		t.Error(counted(done))
	}
}

// failing makes one call to Redis fail, before it is made or after.
type failing struct {
	mu    sync.Mutex
	calls int
	at    int // the call that fails
	after bool
	then  func() // what happens instead
}

var errFailing = errors.New("made to fail")

func (f *failing) do(call func() error) error {
	f.mu.Lock()
	f.calls++
	fails := f.calls == f.at
	f.mu.Unlock()
	if !fails {
		return call()
	}
	if f.after {
		_ = call() // its answer is lost
	}
	if f.then != nil {
		f.then()
		return call()
	}
	return errFailing
}

func (f *failing) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (f *failing) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := f.do(func() error { return next(ctx, cmd) })
		if errors.Is(err, errFailing) {
			cmd.SetErr(err)
		}
		return err
	}
}

func (f *failing) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := f.do(func() error { return next(ctx, cmds) })
		if errors.Is(err, errFailing) {
			for _, cmd := range cmds {
				cmd.SetErr(err)
			}
		}
		return err
	}
}

// hooked is a bundle whose consumers' calls can be made to fail.
func (b *bundle) hooked(t testing.TB, f *failing) *bundle {
	t.Helper()
	other := *b
	other.rdb = b.srv.Client(t)
	other.rdb.AddHook(f)
	return &other
}

// Wherever the consumer that flushes is killed, another goes on; in the end all is
// gone that was meant, and each push was counted once.
func TestKilledFlush(t *testing.T) {
	t.Parallel()
	const rows = 1300 // more than one step
	status := func(i int) push.Status { return []push.Status{push.Sent, push.Queued, push.Failed}[i%3] }
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprint("after ", after), func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			ended := false
			for at := 1; !ended; at++ {
				b.rdb.FlushDB(t.Context())
				b.seed(t, "p", rows, status)
				b.order(t, pushlog.Filter{Exact: push.Job{Csno: "1"}})
				hook := &failing{at: at, after: after}
				killed := b.hooked(t, hook).flusher(t, "killed")
				for n := 0; n < 20; n++ { // it does not notice
					if _, err := killed.pass(t.Context()); err != nil {
						break
					}
				}
				ended = hook.calls < at
				b.freeDuties(t)
				if done := b.flush(t, b.flusher(t, "next")); counted(done) != fmt.Sprintf("done: %d of %d looked at, 867 removed, 433 left", rows, rows) {
					t.Fatalf("call %d: %s", at, counted(done))
				}
				if got := b.ids(t); len(got) != 433 {
					t.Fatalf("call %d: %d stay", at, len(got))
				}
				if at > 100 {
					t.Fatal("it finds no end")
				}
			}
		})
	}
}

// Consumers that flush at the same time remove and count everything once.
func TestFlushByManyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	b.seed(t, "p", 5000, func(i int) push.Status { return []push.Status{push.Sent, push.Retrying}[i%2] })
	b.order(t, pushlog.Filter{})
	number := b.number(t)
	var all sync.WaitGroup
	for n := range 4 {
		f := b.flusher(t, fmt.Sprint(n))
		all.Go(func() {
			for range 20 {
				for _, p := range b.keys.All() { // each without regard to whose turn it is
					if err := f.step(t.Context(), p, number, time.Now().Add(time.Second).UnixMilli()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	if done := b.flush(t, b.flusher(t, "last")); counted(done) != "done: 5000 of 5000 looked at, 2500 removed, 2500 left" {
		t.Error(counted(done))
	}
	if got := b.ids(t); len(got) != 2500 {
		t.Errorf("%d stay", len(got))
	}
}

// A flush that was cancelled removes nothing more, not even in the hand of a consumer
// that had read the order before and was stopped for a while.
func TestCancelledFlush(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "p", 3000, always(push.Sent))
	control, f := NewControl(b.rdb, b.keys), b.flusher(t, "a")
	b.order(t, pushlog.Filter{})
	if worked, err := f.pass(t.Context()); !worked || err != nil {
		t.Fatal(worked, err)
	}
	var cancelled *Flush
	// The calls of a pass: the order, the duty, the order once more, the sizes of the
	// indexes, the index, the records; the next one would remove.
	hook := &failing{at: 7, then: func() {
		var err error
		if cancelled, err = control.CancelFlush(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(flushGrace + 10*time.Millisecond)
	}}
	b.freeDuties(t)
	if _, err := b.hooked(t, hook).flusher(t, "stopped").pass(t.Context()); err != nil || cancelled == nil {
		t.Fatalf("%v, after %d calls", err, hook.calls)
	}
	if counted(cancelled) != "cancelled: 1000 of 3000 looked at, 1000 removed, 0 left" {
		t.Error(counted(cancelled))
	}
	if worked, err := f.pass(t.Context()); worked || err != nil {
		t.Error(worked, err)
	}
	if now, err := control.Flush(t.Context()); err != nil || counted(now) != counted(cancelled) {
		t.Error(now, err)
	}
	if got := b.ids(t); len(got) != 2000 {
		t.Errorf("%d stay", len(got))
	}
	b.freeDuties(t)
	b.order(t, pushlog.Filter{})
	if done := b.flush(t, f); counted(done) != "done: 2000 of 2000 looked at, 2000 removed, 0 left" {
		t.Error(counted(done))
	}
}

// An order that can't be understood removes nothing.
func TestUnreadableFlush(t *testing.T) {
	t.Parallel()
	for name, filter := range map[string]string{
		"no JSON": "csno=1", "nothing": "", "a field of a later version": `{"csno":"1","colour":"red"}`, "a state that is none": `{"status":["sent","gone"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			b.seed(t, "p", 10, always(push.Sent))
			b.order(t, pushlog.Filter{Exact: push.Job{Csno: "1"}})
			b.rdb.HSet(t.Context(), flushKey(b.keys), "filter", filter)
			if done := b.flush(t, b.flusher(t, "a")); done.State != FlushFailed || !strings.HasPrefix(done.Error, "its filter can't be read") {
				t.Errorf("%+v", done)
			}
			if got := b.ids(t); len(got) != 10 {
				t.Errorf("%d stay", len(got))
			}
		})
	}
}

// Consumers that run do it, paused ones too, also when Redis is full.
func TestFlushRuns(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	control := NewControl(b.rdb, b.keys)
	b.seed(t, "p", 2500, always(push.Sent))
	if err := control.Pause(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	b.rdb.ConfigSet(t.Context(), "maxmemory", "1mb")
	if err := b.rdb.Set(t.Context(), "x", 1, 0).Err(); !redis.HasErrorPrefix(err, "OOM") {
		t.Fatal("it is not full:", err)
	}
	for _, name := range []string{"a", "b"} {
		start(t, NewConsumer(b.rdb, b.srv.Client(t), b.keys, nil, ConsumerOptions{Name: name}))
	}
	b.order(t, pushlog.Filter{})
	eventually(t, "flushed", func() bool {
		f, err := control.Flush(t.Context())
		return err == nil && f.State == FlushDone && f.Removed == 2500 && f.Looked == f.Of
	})
}
