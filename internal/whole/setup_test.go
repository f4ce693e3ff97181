package whole

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
	"pushstream/internal/storecheck"
	"pushstream/internal/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bundle is what a test of this package needs.
type bundle struct {
	rdb      *redis.Client
	keys     pushlog.Keys
	log      *pushlog.Log
	producer *stream.Producer
	control  *stream.Control
	fcm      *playedFCM
}

// setup starts Redis and a consumer, which sends when the test says so.
func setup(t testing.TB, partitions int) *bundle {
	t.Helper()
	srv := redistest.New(t)
	b := &bundle{rdb: srv.Client(t), keys: pushlog.Keys{Prefix: "push", Partitions: partitions}, fcm: newPlayedFCM()}
	b.log = pushlog.New(b.rdb, b.keys)
	b.producer, b.control = stream.NewProducer(b.rdb, b.keys, stream.ProducerOptions{}), stream.NewControl(b.rdb, b.keys)
	c := stream.NewConsumer(b.rdb, srv.Client(t), b.keys, b.fcm, stream.ConsumerOptions{Concurrency: 4, RetryMinDelay: time.Hour})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() {
		close(b.fcm.end)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	<-c.Joined()
	return b
}

// playedFCM answers a push with what the test gives it, and not before.
type playedFCM struct {
	answers chan push.Outcome
	end     chan struct{} // closed: everything is accepted

	mu       sync.Mutex
	answered []string // ids since the last call of take
}

func newPlayedFCM() *playedFCM {
	return &playedFCM{answers: make(chan push.Outcome), end: make(chan struct{})}
}

// Send implements stream.Sender.
func (f *playedFCM) Send(ctx context.Context, j *push.Job, _ time.Time) push.Outcome {
	select {
	case o := <-f.answers:
		f.mu.Lock()
		defer f.mu.Unlock()
		f.answered = append(f.answered, j.ID)
		return o
	case <-f.end:
		return sent
	case <-ctx.Done():
		return push.Outcome{Code: push.CodeStopped}
	}
}

// take returns the ids of what was answered since it was last called.
func (f *playedFCM) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := f.answered
	f.answered = nil
	return ids
}

var (
	sent         = push.Outcome{Code: push.CodeAccepted, HTTPStatus: 200, MessageID: "projects/p/messages/1", Took: 31 * time.Millisecond}
	unavailable  = push.Outcome{Code: push.CodeUnavailable, HTTPStatus: 503, Detail: "try later", Took: 31 * time.Millisecond}
	unregistered = push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404}
)

// deliver has FCM answer up to n queued pushes, and waits until that is written down.
func (b *bundle) deliver(t testing.TB, n int, answer func() push.Outcome) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	queued := func() (left int64) {
		for _, p := range b.keys.All() {
			left += b.rdb.ZCard(ctx, p.StatusIndex(push.Queued)).Val()
		}
		return left
	}
	given := 0
	for o := answer(); given < n; {
		select {
		case b.fcm.answers <- o:
			given, o = given+1, answer()
			continue
		case <-time.After(10 * time.Millisecond):
		}
		if queued() == 0 { // what goes to suppressed tokens has failed without an answer
			break
		}
	}
	var ids []string
	eventually(t, "all answers are noted", func() bool { ids = append(ids, b.fcm.take()...); return len(ids) == given })
	eventually(t, "all answers are written down", func() bool {
		ids = slices.DeleteFunc(ids, func(id string) bool {
			r, err := b.log.Get(ctx, id)
			return err == nil && r.Status != push.Queued
		})
		return len(ids) == 0
	})
	for _, list := range []string{"suppressed", "evidence"} { // every push is tried anew
		if keys := b.rdb.Keys(ctx, "push:"+list+":*").Val(); len(keys) > 0 {
			b.rdb.Del(ctx, keys...)
		}
	}
}

// sendNow has everything queued that waits for a time.
func (b *bundle) sendNow(t testing.TB) error {
	var ids []string
	for _, p := range b.keys.All() {
		ids = append(ids, b.rdb.ZRange(t.Context(), p.Base+":due", 0, -1).Val()...)
	}
	_, err := b.control.SendNow(t.Context(), ids...)
	return err
}

func (b *bundle) accept(t testing.TB, jobs ...push.Job) []stream.Answer {
	t.Helper()
	answers, err := b.producer.Accept(t.Context(), jobs)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// job is a valid job with an id.
func job(id string) push.Job {
	return push.Job{ID: id, Csno: "10023451", PushGrpID: "G17", DeviceID: "token-" + id, MsgTitle: "체결", Priority: push.Normal, TTL: 3600}
}

// hash is the record of a push as Redis has it, packed or not.
func (b *bundle) hash(t testing.TB, id string) map[string]string {
	t.Helper()
	h, err := b.log.Hash(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// snapshot are all packed or unpacked records of a partition that can't change by themselves.
func (b *bundle) snapshot(t testing.TB, p pushlog.Partition) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, id := range b.rdb.ZRange(t.Context(), p.Index(), 0, -1).Val() {
		all[id] = b.hash(t, id)
	}
	return all
}

// packed are the ids of a partition that have no hash.
func (b *bundle) packed(t testing.TB, p pushlog.Partition) (ids []string) {
	t.Helper()
	for _, id := range b.rdb.ZRange(t.Context(), p.Index(), 0, -1).Val() {
		if b.rdb.Exists(t.Context(), p.Record(id)).Val() == 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// checkPacked checks all packed records.
func (b *bundle) checkPacked(t testing.TB) {
	t.Helper()
	faults, err := storecheck.Packed(t.Context(), b.rdb, b.keys)
	if err != nil || len(faults) > 0 {
		t.Fatal(err, strings.Join(faults, "\n"))
	}
}

// number reads a number of a hash; 0 if there is none.
func number(text string) (n int64) {
	_, _ = fmt.Sscan(text, &n)
	return n
}

// eventually polls until ok, for at most half a minute.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
