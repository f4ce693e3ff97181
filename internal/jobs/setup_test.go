package jobs

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
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bundle is what a test of this package needs.
type bundle struct {
	srv      *redistest.Server
	rdb      *redis.Client
	keys     pushlog.Keys
	log      *pushlog.Log
	control  *stream.Control
	producer *stream.Producer
}

func setup(t testing.TB, partitions int, settings ...string) *bundle {
	t.Helper()
	return setupOn(t, redistest.New(t, settings...), partitions)
}

// setupOn is setup on a server that the test has started.
func setupOn(t testing.TB, srv *redistest.Server, partitions int) *bundle {
	t.Helper()
	b := &bundle{srv: srv, rdb: srv.Client(t), keys: pushlog.Keys{Prefix: "push", Partitions: partitions}}
	b.log, b.control = pushlog.New(b.rdb, b.keys), stream.NewControl(b.rdb, b.keys)
	b.producer = stream.NewProducer(b.rdb, b.keys, stream.ProducerOptions{})
	if err := stream.EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
		t.Fatal(err)
	}
	return b
}

// job is a valid push with an id.
func job(id string) push.Job {
	return push.Job{ID: id, Csno: "10023451", PushGrpID: "G17", DeviceID: "token-" + id, MsgTitle: "체결", Priority: push.Normal, TTL: 3600}
}

func (b *bundle) accept(t testing.TB, jobs ...push.Job) {
	t.Helper()
	if _, err := b.producer.Accept(t.Context(), jobs); err != nil {
		t.Fatal(err)
	}
}

// sender is a played FCM that answers every push the same.
type sender push.Outcome

func (s sender) Send(context.Context, *push.Job, time.Time) push.Outcome { return push.Outcome(s) }

// failAll has a consumer send all that is queued, and FCM refuse it.
func (b *bundle) failAll(t testing.TB, code push.Code) {
	t.Helper()
	b.sendAll(t, push.Outcome{Code: code, HTTPStatus: 404, Detail: "no"})
}

func (b *bundle) sendAll(t testing.TB, answer push.Outcome) {
	t.Helper()
	c := stream.NewConsumer(b.rdb, b.srv.Client(t), b.keys, sender(answer), stream.ConsumerOptions{Name: stream.NewName("sends")})
	stop := background(t, c.Run)
	defer stop()
	eventually(t, "all are sent", func() bool { return b.statuses(t)[push.Queued] == 0 })
}

// seed writes n pushes with some state each into the log, a millisecond apart, and
// returns when the first was accepted.
func (b *bundle) seed(t testing.TB, name string, n int, status func(i int) push.Status) time.Time {
	t.Helper()
	ctx, start := t.Context(), time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	for from := 0; from < n; from += 1000 {
		pipe := b.rdb.Pipeline()
		for i := from; i < min(n, from+1000); i++ {
			id, at := fmt.Sprintf("%s-%06d", name, i), start.Add(time.Duration(i)*time.Millisecond)
			p, s, z := b.keys.Of(id), status(i), redis.Z{Score: float64(at.UnixMilli()), Member: id}
			pipe.HSet(ctx, p.Record(id), pushlog.FieldStatus, string(s), pushlog.FieldAcceptedAt, at.UTC().Format(pushlog.TimeFormat),
				push.FieldDeviceID, "token-"+id, push.FieldCsno, "1")
			for _, index := range []string{p.Index(), p.ValueIndex(push.FieldCsno, "1"), p.ValueIndex(push.FieldDeviceID, "token-"+id)} {
				pipe.ZAdd(ctx, index, z)
			}
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

// ids are all pushes of the log, oldest first, one partition after the other. It checks
// that there is a record for each, and no other.
func (b *bundle) ids(t testing.TB) []string {
	t.Helper()
	var ids, records []string
	for _, p := range b.keys.All() {
		for _, id := range b.rdb.ZRange(t.Context(), p.Index(), 0, -1).Val() {
			ids, records = append(ids, id), append(records, p.Record(id))
		}
	}
	there := b.rdb.Keys(t.Context(), b.keys.Prefix+":{*}:record:*").Val()
	slices.Sort(records)
	slices.Sort(there)
	if !slices.Equal(records, there) {
		t.Errorf("%d records, %d in the index", len(there), len(records))
	}
	return ids
}

func (b *bundle) get(t testing.TB, id string) pushlog.Record {
	t.Helper()
	r, err := b.log.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return r
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

// engine returns one that does not run: the test calls its passes.
func (b *bundle) engine(name string) *Engine { return New(b.rdb, b.keys, name, zap.NewNop()) }

func (b *bundle) order(t testing.TB, k Kind, f pushlog.Filter) string {
	t.Helper()
	time.Sleep(2 * time.Millisecond) // what was accepted in this millisecond is not selected
	j, err := b.engine("x").Order(t.Context(), Order{Kind: k, Filter: f, By: "kim", Reason: "they were lost", Of: -1})
	if err != nil {
		t.Fatal(err)
	}
	return j.ID
}

func (b *bundle) job(t testing.TB, id string) *Job {
	t.Helper()
	j, err := b.engine("x").Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// free ends the leases of a job, as when the processes that had them are gone for long.
func (b *bundle) free(t testing.TB, id string) {
	t.Helper()
	keys := []string{jobKey(b.keys, id)}
	for n := range b.keys.Partitions {
		keys = append(keys, partKey(b.keys, id, n))
	}
	for _, key := range keys {
		if b.rdb.HExists(t.Context(), key, "lease_ms").Val() {
			b.rdb.HSet(t.Context(), key, "lease_ms", 0)
		}
	}
}

// finish has a process make passes until a job has ended.
func (b *bundle) finish(t testing.TB, e *Engine, id string) *Job {
	t.Helper()
	for range 1000 {
		if _, err := e.pass(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		if j := b.job(t, id); !j.State.Open() {
			return j
		}
	}
	t.Fatal("it finds no end")
	return nil
}

func progressed(j *Job) string {
	return fmt.Sprintf("%s: %d examined, %d matched, %v", j.State, j.Looked, j.Matched, j.Changes)
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

// hooked is a bundle whose engines' calls can be made to fail.
func (b *bundle) hooked(t testing.TB, f *failing) *bundle {
	t.Helper()
	other := *b
	other.rdb = b.srv.Client(t)
	other.rdb.AddHook(f)
	return &other
}

// background runs a role; stop ends it and waits.
func background(t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// eventually polls until ok, for at most half a minute.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// diff says how two dumps of a store differ.
func diff(before, after map[string]string) string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if now, is := after[key]; now != before[key] || !is {
			lines = append(lines, "- "+key+" "+before[key], "+ "+key+" "+now)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if _, is := before[key]; !is {
			lines = append(lines, "+ "+key+" "+after[key])
		}
	}
	return strings.Join(lines, "\n")
}
