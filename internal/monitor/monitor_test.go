package monitor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

// dialing is how go-redis looks, once a second, whether a server that was away is
// back; it ends up to a second after its client.
var dialing = goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, dialing) }

// bundle is a pushstream and what a process would show of it.
type bundle struct {
	srv  *redistest.Server
	rdb  redis.UniversalClient // as processes have it
	keys pushlog.Keys
	reg  *prometheus.Registry
}

func setup(t *testing.T, partitions int, settings ...string) *bundle {
	t.Helper()
	b := &bundle{srv: redistest.New(t, settings...), keys: pushlog.Keys{Prefix: "push", Partitions: partitions}}
	var err error
	if b.rdb, err = redisconn.Open(b.srv.URL()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.rdb.Close() })
	if err := stream.EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
		t.Fatal(err)
	}
	b.reg = registry(b.rdb, b.keys)
	return b
}

func registry(rdb redis.UniversalClient, keys pushlog.Keys) *prometheus.Registry {
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(New(rdb, keys))
	return reg
}

// gather is all that a scrape shows, by name and label values.
func gather(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := strings.TrimPrefix(f.GetName(), "pushstream_")
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			got[name] = m.GetGauge().GetValue()
		}
	}
	return got
}

// eventually gathers until ok, for at most half a minute.
func eventually(t *testing.T, reg *prometheus.Registry, what string, ok func(map[string]float64) bool) map[string]float64 {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got := gather(t, reg)
		if ok(got) {
			return got
		}
		if time.Now().After(end) {
			t.Fatalf("never: %s: %v", what, got)
		}
	}
}

func check(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for name, value := range want {
		if is, there := got[name]; !there || is != value {
			t.Errorf("%s: %v (there: %v), want %v", name, is, there, value)
		}
	}
}

func (b *bundle) accept(t *testing.T, jobs ...push.Job) {
	t.Helper()
	if _, err := stream.NewProducer(b.rdb, b.keys, stream.ProducerOptions{}).Accept(t.Context(), jobs); err != nil {
		t.Fatal(err)
	}
}

func job(id string) push.Job {
	return push.Job{ID: id, DeviceID: "token-" + id, MsgTitle: "체결", Priority: push.Normal, TTL: 3600}
}

// On an empty pushstream every series is there, at zero.
func TestAtZero(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	want := map[string]float64{"redis_up": 1, "due": 0, "backlog_counted": 0, "scheduled": 0, "overdue": 0, "overdue_oldest_seconds": 0, "redis_role master": 1, "redis_role replica": 0,
		"redis_connected_replicas": 0, "redis_aof_enabled": 0, "redis_aof_ok": 1, "redis_memory_max_bytes": 0, "workers other": 0}
	for _, lane := range []string{"urgent", "normal"} {
		want["backlog "+lane+" unread"], want["backlog "+lane+" pending"], want["backlog_oldest_seconds "+lane] = 0, 0, 0
	}
	for _, s := range push.Statuses() {
		want["log_rows "+string(s)] = 0
	}
	for _, s := range stream.States() {
		want["workers "+string(s)] = 0
	}
	for _, r := range stream.Reasons() {
		want["projects_held "+string(r)] = 0
	}
	for _, name := range []string{"redis", "backlog", "room", "overdue", "log", "workers", "holds"} {
		want["collector_success "+name] = 1
	}
	got := gather(t, b.reg)
	check(t, got, want)
	for _, name := range []string{"redis_memory_used_bytes", "redis_clients", "redis_max_clients"} {
		if got[name] <= 0 {
			t.Errorf("%s: %v", name, got[name])
		}
		want[name] = got[name]
	}
	if len(got) != len(want) {
		t.Errorf("%d series, want %d: %v", len(got), len(want), got)
	}
}

// When all consumers are dead, any other process shows it, and what waits.
func TestAllConsumersDead(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	late, later := job("late"), job("later")
	late.DueAt, later.DueAt = time.Now().Add(time.Hour), time.Now().Add(time.Hour)
	urgent := job("urgent")
	urgent.Priority = push.Urgent
	b.accept(t, job("a"), job("b"), urgent, late, later)
	p := b.keys.Of("late")
	past := float64(time.Now().Add(-time.Minute).UnixMilli())
	b.rdb.ZAdd(t.Context(), p.Base+":due", redis.Z{Score: past, Member: "late"}) // its time has come, a minute ago
	for name, beat := range map[string]struct {
		state string
		ttl   time.Duration
	}{"dead-1-a": {"running", 45 * time.Second}, "dead-2-b": {"paused", 30 * time.Second}, "alive-3-c": {"paused", time.Minute}, "newer-4-d": {"dancing", time.Minute}} {
		b.rdb.ZAdd(t.Context(), "push:workers", redis.Z{Score: float64(time.Now().UnixMilli()), Member: name})
		b.rdb.HSet(t.Context(), "push:worker:"+name, "name", name, "state", beat.state)
		b.rdb.PExpire(t.Context(), "push:worker:"+name, beat.ttl)
	}
	if err := stream.NewControl(b.rdb, b.keys).Pause(t.Context(), "dead-1-a"); err != nil {
		t.Fatal(err)
	}
	b.rdb.HSet(t.Context(), "push:control", "nobody-runs-as-this", "paused")
	got := eventually(t, b.reg, "what is overdue", func(got map[string]float64) bool { return got["overdue"] == 1 })
	check(t, got, map[string]float64{"workers lost": 2, "workers paused": 1, "workers running": 0, "workers other": 1, "workers draining": 0,
		"backlog normal unread": 2, "backlog urgent unread": 1, "due": 2, "backlog_counted": 4, "scheduled": 2, "overdue": 1,
		"log_rows queued": 3, "log_rows scheduled": 2, "log_rows sent": 0})
	if age := got["overdue_oldest_seconds"]; age < 60 || age > 120 {
		t.Errorf("overdue for %v s", age)
	}
}

// What is held is shown by every process.
func TestHeld(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.rdb.ZAdd(t.Context(), "push:projects", redis.Z{Score: float64(time.Now().UnixMilli()), Member: "demo"})
	b.rdb.HSet(t.Context(), "push:hold:{demo}", "reason", "credential", "code", "CREDENTIAL", "since", "2026-11-30T00:00:00.000Z")
	check(t, gather(t, b.reg), map[string]float64{"projects_held credential": 1, "projects_held outage": 0})
}

// While Redis is away, or hangs, a scrape answers and says so; then it goes on.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ownMetric := prometheus.NewGauge(prometheus.GaugeOpts{Name: "pushstream_own", Help: "of the process"})
	ownMetric.Set(7)
	b.reg.MustRegister(ownMetric)
	down := func(got map[string]float64) bool { return got["redis_up"] == 0 }
	eventually(t, b.reg, "up", func(got map[string]float64) bool { return got["redis_up"] == 1 })

	hang := b.srv.Client(t)
	if err := hang.Do(t.Context(), "CLIENT", "PAUSE", 600_000, "ALL").Err(); err != nil { // longer than this test may take
		t.Fatal(err)
	}
	got := eventually(t, b.reg, "down while it hangs", down)
	if _, there := got["backlog normal unread"]; there || got["own"] != 7 || got["collector_success backlog"] != 0 {
		t.Errorf("%v", got)
	}
	b.srv.Kill()
	eventually(t, b.reg, "down while it is away", down)
	b.srv.Start(t)
	check(t, eventually(t, b.reg, "up again", func(got map[string]float64) bool { return got["redis_up"] == 1 }),
		map[string]float64{"collector_success backlog": 1, "backlog normal unread": 0})
}

// A client that heeds no deadline does not hold up a scrape, and scrapes make no heap of
// reads.
func TestHangsWithoutDeadline(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	var mu sync.Mutex
	reads := 0
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: "/nowhere", MaxRetries: -1})
	t.Cleanup(func() { rdb.Close() })
	rdb.AddHook(hook(func(context.Context) error {
		mu.Lock()
		reads++
		mu.Unlock()
		<-stuck
		return errors.New("late")
	}))
	reg := registry(rdb, pushlog.Keys{Prefix: "push", Partitions: 1})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got := gather(t, reg); got["redis_up"] != 0 {
				t.Errorf("%v", got)
			}
		})
	}
	all.Wait()
	mu.Lock()
	defer mu.Unlock()
	if reads != 1 {
		t.Errorf("%d reads at the same time", reads)
	}
	close(stuck)
}

// hook stands in for each command.
type hook func(context.Context) error

func (hook) DialHook(next redis.DialHook) redis.DialHook { return next }
func (h hook) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, _ redis.Cmder) error { return h(ctx) }
}
func (h hook) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, _ []redis.Cmder) error { return h(ctx) }
}

// A right that is missing takes one part away, not the others.
func TestMissingRight(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	if err := b.rdb.Do(t.Context(), "ACL", "SETUSER", "default", "-info", "-ping").Err(); err != nil {
		t.Fatal(err)
	}
	got := eventually(t, b.reg, "INFO is refused", func(got map[string]float64) bool { return got["collector_success redis"] == 0 })
	check(t, got, map[string]float64{"redis_up": 1, "collector_success backlog": 1, "backlog normal unread": 0, "workers running": 0})
	if _, there := got["redis_memory_used_bytes"]; there {
		t.Errorf("%v", got)
	}
}

// However many scrape, Redis is read once a second.
func TestCached(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	began := time.Now()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				gather(t, b.reg)
			}
		})
	}
	all.Wait()
	stats, err := b.rdb.Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for line := range strings.Lines(stats) {
		if rest, is := strings.CutPrefix(line, "cmdstat_ping:calls="); is {
			_, _ = fmt.Sscanf(rest, "%d", &calls)
		}
	}
	if most := 3 + int(time.Since(began)/time.Second); calls == 0 || calls > most { // one to see that it starts, one of each second
		t.Errorf("%d reads for 400 scrapes, at most %d", calls, most)
	}
}
