package logkeep

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/loop"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redismemory"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

// retaining returns a retainer with an age and a number of rows.
func (b *bundle) retaining(t testing.TB, name string, age time.Duration, rows int) *Retainer {
	t.Helper()
	return NewRetainer(b.rdb, b.keys, Options{Owner: name, MaxAge: age, MaxRows: rows})
}

// retain makes steps in all partitions until there is nothing to do, at a time.
func (b *bundle) retain(t testing.TB, r *Retainer, now time.Time) (steps int) {
	t.Helper()
	for _, p := range b.keys.All() {
		for more := true; more; steps++ {
			var err error
			if more, err = r.Step(t.Context(), p, now.UnixMilli()); err != nil {
				t.Fatal(err)
			}
			if steps > 10_000 {
				t.Fatal("it finds no end")
			}
		}
	}
	return steps
}

// seed writes pushes as accept and settle leave them, each a millisecond after the
// other, and returns when the first was accepted. status says how each has come.
func (b *bundle) seed(t testing.TB, name string, n int, status func(i int) push.Status) time.Time {
	t.Helper()
	ctx, start := t.Context(), time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	for from := 0; from < n; from += 1000 {
		pipe := b.rdb.Pipeline()
		for i := from; i < min(n, from+1000); i++ {
			id, at := fmt.Sprintf("%s-%06d", name, i), start.Add(time.Duration(i)*time.Millisecond)
			p, s, z := b.keys.Of(id), status(i), redis.Z{Score: float64(at.UnixMilli()), Member: id}
			pipe.HSet(ctx, p.Record(id), pushlog.FieldStatus, string(s), pushlog.FieldAcceptedAt, stamp(at),
				push.FieldDeviceID, "token-"+id, push.FieldCsno, "1")
			pipe.ZAdd(ctx, p.Index(), z)
			pipe.ZAdd(ctx, p.ValueIndex(push.FieldCsno, "1"), z)
			pipe.ZAdd(ctx, p.ValueIndex(push.FieldDeviceID, "token-"+id), z)
			if s != push.Sent {
				pipe.ZAdd(ctx, p.StatusIndex(s), z)
			}
		}
		if _, err := pipe.Exec(ctx); err != nil {
			t.Fatal(err)
		}
	}
	return start
}

func always(s push.Status) func(int) push.Status { return func(int) push.Status { return s } }

// ids are all pushes of the log, oldest first, one partition after the other. It
// checks that there is a record for each, and no other.
func (b *bundle) ids(t testing.TB) []string {
	t.Helper()
	var ids []string
	records := 0
	for _, p := range b.keys.All() {
		ids = append(ids, b.rdb.ZRange(t.Context(), p.Index(), 0, -1).Val()...)
	}
	for iter := b.rdb.Scan(t.Context(), 0, b.keys.Prefix+":{*}:record:*", 1000).Iterator(); iter.Next(t.Context()); records++ {
	}
	pipe := b.rdb.Pipeline()
	var found []*redis.IntCmd
	for _, id := range ids {
		found = append(found, pipe.Exists(t.Context(), b.keys.Of(id).Record(id)))
	}
	if _, err := pipe.Exec(t.Context()); err != nil && len(ids) > 0 {
		t.Fatal(err)
	}
	for i, id := range ids {
		if found[i].Val() == 0 {
			t.Errorf("%s has no record", id)
		}
	}
	if records != len(ids) {
		t.Errorf("%d records, %d in the index", records, len(ids))
	}
	return ids
}

func TestRetention(t *testing.T) {
	t.Parallel()
	mostly := func(i int) push.Status { // every 10th waits
		if i%10 == 0 {
			return push.Scheduled
		}
		return []push.Status{push.Sent, push.Failed, push.Expired, push.Cancelled}[i%4]
	}
	tests := map[string]struct {
		n      int
		status func(int) push.Status
		age    time.Duration // of the push with which it begins; none is younger than an hour
		from   int           // the first push that is not too old
		rows   int
		want   func(i int) bool // stays
	}{
		"neither":                     {n: 100, status: always(push.Sent), want: func(int) bool { return true }},
		"nothing old enough":          {n: 100, status: always(push.Sent), age: 1, want: func(int) bool { return true }},
		"by age":                      {n: 5000, status: always(push.Sent), age: 1, from: 4321, want: func(i int) bool { return i >= 4321 }},
		"all by age":                  {n: 100, status: always(push.Failed), age: 1, from: 100, want: func(int) bool { return false }},
		"by rows":                     {n: 5000, status: always(push.Sent), rows: 200, want: func(i int) bool { return i >= 4800 }},
		"no more than the rows":       {n: 100, status: always(push.Sent), rows: 100, want: func(int) bool { return true }},
		"by age first":                {n: 3000, status: always(push.Sent), age: 1, from: 2500, rows: 1000, want: func(i int) bool { return i >= 2500 }},
		"by rows first":               {n: 3000, status: always(push.Sent), age: 1, from: 100, rows: 1000, want: func(i int) bool { return i >= 2000 }},
		"what waits stays":            {n: 5000, status: mostly, age: 1, from: 4000, want: func(i int) bool { return i >= 4000 || i%10 == 0 }},
		"others go in its place":      {n: 5000, status: mostly, rows: 1000, want: func(i int) bool { return i >= 4445 || i%10 == 0 }},
		"more wait than there may be": {n: 5000, status: mostly, rows: 300, want: func(i int) bool { return i%10 == 0 }},
		"very many wait at the old end": {n: 9000, status: func(i int) push.Status {
			if i < 7000 {
				return push.OpenStatuses()[i%3]
			}
			return push.Sent
		}, age: 1, from: 8990, want: func(i int) bool { return i < 7000 || i >= 8990 }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			start := b.seed(t, "p", tt.n, tt.status)
			age := time.Duration(0)
			if tt.age > 0 {
				age = 24 * time.Hour
			}
			r := b.retaining(t, "a", age, tt.rows)
			now := start.Add(age + time.Duration(tt.from)*time.Millisecond)
			steps := b.retain(t, r, now)
			if most := 3 + tt.n/1000; steps > most {
				t.Errorf("%d steps", steps)
			}
			var want []string
			for i := range tt.n {
				if tt.want(i) {
					want = append(want, fmt.Sprintf("p-%06d", i))
				}
			}
			if got := b.ids(t); !slices.Equal(got, want) {
				t.Errorf("%d stay, want %d", len(got), len(want))
			}
			b.retain(t, r, now)
			if got := b.ids(t); len(got) != len(want) {
				t.Errorf("a second time %d stay", len(got))
			}
		})
	}
}

// Each partition has its share of the rows.
func TestRetentionOfPartitions(t *testing.T) {
	t.Parallel()
	b := setup(t, 3)
	b.seed(t, "p", 900, always(push.Sent))
	b.retain(t, b.retaining(t, "a", 0, 301), time.Now())
	for _, p := range b.keys.All() {
		if n := b.rdb.ZCard(t.Context(), p.Index()).Val(); n != 100 {
			t.Errorf("partition %d has %d", p.Number, n)
		}
	}
}

// What can't go, though it has ended, is walked past, and tried again later.
func TestRetentionOfWhatCannotGo(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx, p := t.Context(), b.keys.Partition(0)
	start := b.seed(t, "p", 6000, always(push.Sent))
	pipe := b.rdb.Pipeline()
	for i := range 2500 {
		id := fmt.Sprintf("p-%06d", i)
		pipe.Del(ctx, p.Record(id))
		pipe.Set(ctx, p.Record(id), "not ours", 0)
	}
	for i := 2500; i < 2600; i++ {
		pipe.Del(ctx, p.Record(fmt.Sprintf("p-%06d", i))) // orphans go
	}
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	r := b.retaining(t, "a", time.Hour, 0)
	b.retain(t, r, start.Add(time.Hour+5000*time.Millisecond))
	if ids := b.rdb.ZRange(ctx, p.Index(), 0, -1).Val(); len(ids) != 3500 || ids[2499] != "p-002499" || ids[2500] != "p-005000" {
		t.Errorf("%d stay", len(ids))
	}
	b.rdb.Del(ctx, p.Record("p-000007"))
	r.walks[0].until = time.Now()
	b.retain(t, r, start.Add(time.Hour+5000*time.Millisecond))
	if n := b.rdb.ZCard(ctx, p.Index()).Val(); n != 3499 {
		t.Errorf("%d stay", n)
	}
}

// A push that was reserved and at last is sent goes when its time has come, though
// all around it is long gone.
func TestRetentionOfAScheduledPush(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	r := b.retaining(t, "a", time.Hour, 0)
	later, now := job("later"), time.Now()
	later.DueAt = now.Add(90 * time.Minute)
	b.accept(t, later)
	b.send(t, job("a"))
	steps := []struct {
		after time.Duration
		want  string
	}{{50 * time.Minute, "[later a]"}, {80 * time.Minute, "[later]"}}
	for _, s := range steps {
		b.retain(t, r, now.Add(s.after))
		if got := b.ids(t); fmt.Sprint(got) != s.want {
			t.Errorf("after %v: %v", s.after, got)
		}
	}
	if _, err := b.control.SendNow(t.Context(), "later"); err != nil {
		t.Fatal(err)
	}
	b.retain(t, r, now.Add(92*time.Minute))
	b.deliver(t, func(*push.Job) push.Outcome { return sent })
	if r := b.get(t, "later"); r.Status != push.Sent {
		t.Fatalf("%+v", r)
	}
	b.retain(t, r, now.Add(92*time.Minute))
	if got := b.ids(t); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
	if answers := b.accept(t, job("later"), job("a")); answers[0] != stream.Queued || answers[1] != stream.Queued {
		t.Errorf("accepted anew: %v", answers)
	}
}

// An id that was removed and accepted anew, with another token, is not the push that
// was read before.
func TestReapOfAReacceptedID(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.send(t, job("a"))
	old := b.candidates(t, "a")
	b.reap(t, p, old...)
	time.Sleep(2 * time.Millisecond)
	anew := job("a")
	anew.DeviceID = "another-token"
	b.send(t, anew)
	before := redistest.Dump(t, b.rdb)
	if got := b.reap(t, p, old...); got != "[0 1]" {
		t.Error(got)
	}
	if after := redistest.Dump(t, b.rdb); !maps.Equal(before, after) {
		t.Errorf("it has changed:\n%s", diff(before, after))
	}
}

// The oldest push that has ended is found by counting; the naive way finds the same.
func TestOldestEnded(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx, p, r := t.Context(), b.keys.Partition(0), b.retaining(t, "a", 0, 0)
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		b.rdb.FlushDB(ctx)
		n, open := 1+random.IntN(30), random.IntN(11)
		var ended []int64
		for i := range n {
			ms := 1_795_000_000_000 + random.Int64N([]int64{3, 50, 1_000_000_000}[round%3])
			z := redis.Z{Score: float64(ms), Member: fmt.Sprint(i)}
			b.rdb.ZAdd(ctx, p.Index(), z)
			if random.IntN(10) < open {
				b.rdb.ZAdd(ctx, p.StatusIndex(push.OpenStatuses()[random.IntN(3)]), z)
			} else {
				ended = append(ended, ms)
			}
		}
		after := 1_795_000_000_000 - 1 + random.Int64N(3)*random.Int64N(20)
		upto, end := "+inf", int64(1<<62)
		if random.IntN(2) == 0 {
			end = after + random.Int64N(100)
			upto = fmt.Sprint(end)
		}
		want := int64(-1)
		for _, ms := range slices.Sorted(slices.Values(ended)) {
			if ms > after && ms <= end {
				want = ms
				break
			}
		}
		if got, err := r.oldestEnded(ctx, p, after, upto); err != nil || got != want {
			t.Fatalf("round %d: %d, want %d (%v)", round, got, want, err)
		}
	}
}

// Consumers that retain at the same time do each other no harm, and no other prefix.
func TestRetentionByManyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	other := *b
	other.keys.Prefix = "pushes"
	other.seed(t, "p", 300, always(push.Sent))
	b.seed(t, "p", 6000, func(i int) push.Status {
		if i%7 == 0 {
			return push.Retrying
		}
		return push.Sent
	})
	var all sync.WaitGroup
	for n := range 4 {
		r := b.retaining(t, fmt.Sprint(n), 0, 2000)
		all.Go(func() { b.retain(t, r, time.Now()) })
	}
	all.Wait()
	ids := b.ids(t)
	retrying := 0
	for _, id := range ids {
		if b.rdb.HGet(t.Context(), b.keys.Of(id).Record(id), "status").Val() == string(push.Retrying) {
			retrying++
		}
	}
	if len(ids) != 2000 || retrying != 858 {
		t.Errorf("%d stay, %d of them retrying", len(ids), retrying)
	}
	if got := other.ids(t); len(got) != 300 {
		t.Errorf("%d of another prefix stay", len(got))
	}
}

// One process retains in a partition at a time; when it falls silent another one does.
func TestRetentionRuns(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	b.seed(t, "p", 5000, always(push.Sent))
	p := b.keys.Partition(0)
	b.rdb.HSet(t.Context(), p.Chunk(1), pushlog.ChunkFirst, 1000, pushlog.ChunkLast, 2000)
	b.rdb.ZAdd(t.Context(), p.Chunks(), redis.Z{Score: 1000, Member: 1})
	b.rdb.Set(t.Context(), p.Retaining(), "silent", time.Second)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.retaining(t, "c", 0, 100).Run(ctx) }()
	eventually(t, "100 rows", func() bool {
		n := int64(0)
		for _, p := range b.keys.All() {
			n += b.rdb.ZCard(t.Context(), p.Index()).Val()
		}
		return n == 100 && b.rdb.Exists(t.Context(), p.Chunk(1), p.Chunks()).Val() == 0
	})
	if now, err := loop.NewLock(b.rdb, p.Retaining(), "d", retainTTL).Acquire(t.Context()); !now.IsZero() || err != nil {
		t.Error("two have the same lock:", now, err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for key, content := range redistest.Dump(t, b.rdb) {
		if strings.Contains(key, "retaining") && !strings.Contains(content, "ttl=true") {
			t.Errorf("%s has no TTL", key)
		}
	}
}

// When Redis is full, records still leave.
func TestRetentionOfAFullRedis(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "p", 500, always(push.Sent))
	r := b.retaining(t, "a", 0, 100)
	if err := b.rdb.ConfigSet(t.Context(), "maxmemory", "1mb").Err(); err != nil {
		t.Fatal(err)
	}
	if err := b.rdb.Set(t.Context(), "x", 1, 0).Err(); !redis.HasErrorPrefix(err, "OOM") {
		t.Fatal("it is not full:", err)
	}
	for more := true; more; {
		var err error
		if more, err = r.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.rdb.ZCard(t.Context(), b.keys.Partition(0).Index()).Val(); n != 100 {
		t.Errorf("%d stay", n)
	}
}

// A limit that no log would fit under, or none at all, leaves the log alone.
func TestMemoryThatTheLogCanNotMend(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]string{"none": "0", "hopeless": "1mb"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			b.send(t, several("a", 300)...)
			b.rdb.ConfigSet(t.Context(), "maxmemory", limit)
			r := NewRetainer(b.rdb, b.keys, Options{})
			for range 5 {
				if _, err := r.Pass(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if n := b.rdb.ZCard(t.Context(), "push:{0}:index").Val(); n != 300 {
				t.Errorf("%d rows are left", n)
			}
		})
	}
}

// Above the high mark pushes leave until the low mark, not only until the high one.
func TestSqueeze(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	r := NewRetainer(b.rdb, b.keys, Options{})
	w := &retention{}
	const mb = 1 << 20
	for _, step := range []struct {
		used    int64
		leaves  bool
		pressed bool
	}{{70, false, false}, {88, false, false}, {91, true, true}, {88, true, true}, {84, false, false}, {88, false, false}, {50, false, false}} {
		n := r.squeeze(b.keys.Partition(0), w, redismemory.Memory{Used: step.used * mb, Max: 100 * mb, Fixed: mb}, 50_000)
		if n > 0 != step.leaves || w.pressed != step.pressed {
			t.Errorf("%d MB: %d leave, pressed %v", step.used, n, w.pressed)
		}
	}
	if n := r.squeeze(b.keys.Partition(0), &retention{}, redismemory.Memory{Used: 99 * mb, Max: 100 * mb, Fixed: 86 * mb}, 50_000); n != 0 {
		t.Errorf("%d leave for nothing", n)
	}
}

// BenchmarkRetention removes pushes from a log of twice as many; an op is one.
func BenchmarkRetention(b *testing.B) {
	s := setup(b, 1, "--slowlog-log-slower-than", "5000")
	s.seed(b, "p", 2*b.N, always(push.Sent))
	r := s.retaining(b, "a", 0, b.N)
	cpu := func() float64 {
		var user, sys float64
		for line := range strings.Lines(s.rdb.Info(b.Context(), "cpu").Val()) {
			fmt.Sscanf(line, "used_cpu_user_main_thread:%g", &user)
			fmt.Sscanf(line, "used_cpu_sys_main_thread:%g", &sys)
		}
		return user + sys
	}
	s.rdb.Do(b.Context(), "SLOWLOG", "RESET")
	before := cpu()
	b.ResetTimer()
	s.retain(b, r, time.Now())
	b.StopTimer()
	if n := s.rdb.ZCard(b.Context(), s.keys.Partition(0).Index()).Val(); n != int64(b.N) {
		b.Errorf("%d stay", n)
	}
	b.ReportMetric((cpu()-before)*1e6/float64(b.N), "redis-µs/op")
	b.ReportMetric(float64(s.rdb.Do(b.Context(), "SLOWLOG", "LEN").Val().(int64)), "calls>5ms")
}
