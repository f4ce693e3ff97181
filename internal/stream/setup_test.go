package stream

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bundle is what a test of this package needs.
type bundle struct {
	srv      *redistest.Server
	rdb      *redis.Client
	keys     pushlog.Keys
	log      *pushlog.Log
	producer *Producer
	leftover map[string]bool // pushes that were cancelled on a stream: an unread entry may be left
}

func setup(t testing.TB, partitions int, settings ...string) *bundle {
	t.Helper()
	return setupOn(t, redistest.New(t, settings...), partitions)
}

// setupOn is setup on a server that the test has started.
func setupOn(t testing.TB, srv *redistest.Server, partitions int) *bundle {
	t.Helper()
	b := &bundle{srv: srv, keys: pushlog.Keys{Prefix: "push", Partitions: partitions}}
	b.rdb = b.srv.Client(t)
	b.log = pushlog.New(b.rdb, b.keys)
	b.producer = NewProducer(b.rdb, b.keys, ProducerOptions{})
	if err := EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
		t.Fatal(err)
	}
	return b
}

// consumer returns one that does not run: the test calls its passes.
func (b *bundle) consumer(t testing.TB, name string, sender Sender) *Consumer {
	t.Helper()
	c := NewConsumer(b.rdb, b.srv.Client(t), b.keys, sender, ConsumerOptions{Name: name, Concurrency: 1000, RetryMinDelay: 10 * time.Second})
	c.policy.random = func() float64 { return 0 }
	return c
}

// read reads and opens what is unread in a partition, up to count of each lane.
func (b *bundle) read(t testing.TB, c *Consumer, p pushlog.Partition, count int) []*delivery {
	t.Helper()
	r := newReader(c, p)
	entries, err := r.read(t.Context(), count)
	if err != nil {
		t.Fatal(err)
	}
	var got []*delivery
	if err := c.open(t.Context(), p, entries, func(d *delivery) { got = append(got, d) }); err != nil {
		t.Fatal(err)
	}
	return got
}

// reclaim has c claim what is pending for nobody.
func (b *bundle) reclaim(t testing.TB, c *Consumer) []*delivery {
	t.Helper()
	for n := 1; n > 0; {
		var err error
		if n, err = c.reclaim(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var got []*delivery
	for len(c.jobs) > 0 {
		got = append(got, <-c.jobs)
		c.slots.give(1)
	}
	return got
}

// sweep has c take from the silent what they have in a partition, and claim it.
func (b *bundle) sweep(t testing.TB, c *Consumer, p pushlog.Partition) []*delivery {
	t.Helper()
	if err := (sweeper{c}).sweep(t.Context(), p, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	return b.reclaim(t, c)
}

// age makes pending entries look as if nobody had been heard of for a minute.
func (b *bundle) age(t testing.TB, p pushlog.Partition, which func(redis.XPendingExt) bool) {
	t.Helper()
	for _, lane := range []int{laneNormal, laneUrgent} {
		for _, e := range pendingOf(t, b, laneKey(p, lane)) {
			if which == nil || which(e) {
				b.rdb.Do(t.Context(), "XCLAIM", laneKey(p, lane), Group, e.Consumer, 0, e.ID, "IDLE", 60_000, "JUSTID")
			}
		}
	}
}

// settle settles deliveries and lets go of them.
func (b *bundle) settle(t testing.TB, c *Consumer, batch ...settlement) {
	t.Helper()
	if err := c.settle(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	c.drop(batch)
}

func (b *bundle) accept(t testing.TB, jobs ...push.Job) []Answer {
	t.Helper()
	answers, err := b.producer.Accept(t.Context(), jobs)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

func (b *bundle) get(t testing.TB, id string) pushlog.Record {
	t.Helper()
	r, err := b.log.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return r
}

// job is a valid job with an id.
func job(id string) push.Job {
	return push.Job{ID: id, Csno: "10023451", PushGrpID: "G17", DeviceID: "token-" + id, MsgTitle: "체결", Priority: push.Normal, TTL: 3600}
}

// senderFunc is a played FCM.
type senderFunc func(context.Context, *push.Job) push.Outcome

func (f senderFunc) Send(ctx context.Context, j *push.Job, _ time.Time) push.Outcome {
	return f(ctx, j)
}

var accepted = push.Outcome{Code: push.CodeAccepted, HTTPStatus: 200, MessageID: "projects/p/messages/1", Took: 31 * time.Millisecond}
var unavailable = push.Outcome{Code: push.CodeUnavailable, HTTPStatus: 503, Detail: "try later", Took: 31 * time.Millisecond}

// counting is a played FCM that counts the sends of each id.
type counting struct {
	mu    sync.Mutex
	sends map[string]int
	then  func(ctx context.Context, id string, n int) push.Outcome
}

func (s *counting) Send(ctx context.Context, j *push.Job, _ time.Time) push.Outcome {
	s.mu.Lock()
	if s.sends == nil {
		s.sends = map[string]int{}
	}
	s.sends[j.ID]++
	n := s.sends[j.ID]
	s.mu.Unlock()
	if s.then == nil {
		return accepted
	}
	return s.then(ctx, j.ID, n)
}

func (s *counting) of(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sends[id]
}

func (s *counting) total() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.sends {
		n += k
	}
	return n
}

// start runs a consumer; stop ends it and waits.
func start(t testing.TB, c *Consumer) (stop func()) {
	t.Helper()
	return background(t, c.Run)
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

// nowMS is the time as the scripts have it.
func nowMS() int64 { return time.Now().UnixMilli() }
