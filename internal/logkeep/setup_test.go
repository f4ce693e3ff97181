package logkeep

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
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

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "16") // a consumer's stop waits for a blocked read: the tests wait more than they work
	goleak.VerifyTestMain(m)
}

// bundle is what a test of this package needs. Delivery is the real one, with a played FCM.
type bundle struct {
	srv      *redistest.Server
	rdb      *redis.Client
	keys     pushlog.Keys
	log      *pushlog.Log
	producer *stream.Producer
	control  *stream.Control
}

func setup(t testing.TB, partitions int, settings ...string) *bundle {
	t.Helper()
	b := &bundle{srv: redistest.New(t, settings...), keys: pushlog.Keys{Prefix: "push", Partitions: partitions}}
	b.rdb = b.srv.Client(t)
	b.log = pushlog.New(b.rdb, b.keys)
	b.producer, b.control = stream.NewProducer(b.rdb, b.keys, stream.ProducerOptions{}), stream.NewControl(b.rdb, b.keys)
	if err := stream.EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
		t.Fatal(err)
	}
	return b
}

// job is a valid job with an id.
func job(id string) push.Job {
	return push.Job{ID: id, Csno: "10023451", PushGrpID: "G17", DeviceID: "token-" + id, MsgTitle: "체결", Priority: push.Normal, TTL: 3600}
}

// several are n jobs.
func several(name string, n int) (jobs []push.Job) {
	for i := range n {
		j := job(fmt.Sprintf("%s-%03d", name, i))
		j.Data = map[string]string{"n": fmt.Sprint(i)}
		j.DeviceID = fmt.Sprintf("token:%d", i%7)
		jobs = append(jobs, j)
	}
	return jobs
}

func (b *bundle) accept(t testing.TB, jobs ...push.Job) []stream.Answer {
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

var (
	sent         = push.Outcome{Code: push.CodeAccepted, HTTPStatus: 200, MessageID: "projects/p/messages/1", Took: 31 * time.Millisecond}
	unavailable  = push.Outcome{Code: push.CodeUnavailable, HTTPStatus: 503, Detail: "try later", Took: 31 * time.Millisecond}
	unregistered = push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404}
)

// senderFunc is a played FCM.
type senderFunc func(*push.Job) push.Outcome

func (f senderFunc) Send(_ context.Context, j *push.Job, _ time.Time) push.Outcome { return f(j) }

// deliver has a consumer deliver all that is queued, and FCM answer as it is told.
func (b *bundle) deliver(t testing.TB, answer func(*push.Job) push.Outcome) {
	t.Helper()
	c := stream.NewConsumer(b.rdb, b.srv.Client(t), b.keys, senderFunc(answer), stream.ConsumerOptions{Concurrency: 64})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	eventually(t, "all is delivered", func() bool {
		left := int64(0)
		for _, p := range b.keys.All() {
			left += b.rdb.XLen(ctx, p.Jobs()).Val() + b.rdb.XLen(ctx, p.UrgentJobs()).Val()
		}
		return left == 0
	})
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"suppressed", "evidence"} { // the next delivery knows nothing of this one's tokens
		if keys := b.rdb.Keys(t.Context(), "push:"+list+":*").Val(); len(keys) > 0 {
			b.rdb.Del(t.Context(), keys...)
		}
	}
}

// send has pushes accepted and sent.
func (b *bundle) send(t testing.TB, jobs ...push.Job) {
	t.Helper()
	b.accept(t, jobs...)
	b.deliver(t, func(*push.Job) push.Outcome { return sent })
}

// everyState accepts pushes whose ids start with a name, and brings some into every
// state. It returns those that have ended, and the others.
func (b *bundle) everyState(t testing.TB, name string) (ended, open []string) {
	t.Helper()
	now := time.Now()
	var jobs []push.Job
	for i, state := range []string{"sent", "failed", "expired", "refused", "retried", "retrying", "waiting-cancelled", "redriven", "redriven-queued"} {
		j := job(name + "-" + state)
		j.Csno, j.PushGrpID = []string{"", "1", "2"}[i%3], []string{"", "G"}[i%2]
		if i%2 == 0 {
			j.Priority = push.Urgent
		}
		if state == "expired" {
			j.DueAt = now.Add(-2 * time.Hour)
		}
		jobs = append(jobs, j)
	}
	later := job(name + "-scheduled")
	later.DueAt = now.Add(time.Hour)
	b.accept(t, append(jobs, later)...)
	b.deliver(t, func(j *push.Job) push.Outcome {
		switch strings.TrimPrefix(j.ID, name+"-") {
		case "sent":
			return sent
		case "retried", "retrying", "waiting-cancelled":
			return unavailable
		}
		return unregistered
	})
	b.accept(t, job(name+"-in-hand"))
	for _, p := range b.keys.All() {
		for _, key := range []string{p.Jobs(), p.UrgentJobs()} {
			b.rdb.XReadGroup(t.Context(), &redis.XReadGroupArgs{Group: pushlog.Group, Consumer: "another", Streams: []string{key, ">"}, Block: -1})
		}
	}
	b.accept(t, job(name+"-queued"), job(name+"-cancelled"))
	change := func(what func(context.Context, ...string) ([]stream.Change, error), id string) {
		if got, err := what(t.Context(), id); err != nil || got[0] != stream.ChangeQueued && got[0] != stream.ChangeCancelled {
			t.Fatal(id, got, err)
		}
	}
	change(b.control.Cancel, name+"-cancelled")
	change(b.control.Cancel, name+"-waiting-cancelled")
	change(b.control.Redrive, name+"-redriven-queued")
	for _, s := range []string{"sent", "failed", "expired", "refused", "cancelled", "waiting-cancelled", "redriven"} {
		ended = append(ended, name+"-"+s)
	}
	for _, s := range []string{"scheduled", "retried", "retrying", "in-hand", "queued", "redriven-queued"} {
		open = append(open, name+"-"+s)
	}
	return ended, open
}

// anHourOn is a time before which all was sent that was sent until now.
func anHourOn() time.Time { return time.Now().Add(time.Hour) }

// seal seals everything that there is, in chunks of some rows.
func (b *bundle) seal(t testing.TB, rows int) {
	t.Helper()
	time.Sleep(2 * time.Millisecond) // the last millisecond is over
	for ; rows > 0; rows /= 2 {
		s := NewSealer(b.rdb, b.keys, Options{ChunkRows: rows})
		for _, p := range b.keys.All() {
			if _, err := s.Seal(t.Context(), p, anHourOn()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// pack seals and packs everything that was sent.
func (b *bundle) pack(t testing.TB) (packed int) {
	t.Helper()
	b.seal(t, 100)
	k := NewPacker(b.rdb, b.keys)
	for _, p := range b.keys.All() {
		n, err := k.Pass(t.Context(), p, anHourOn())
		if err != nil {
			t.Fatal(err)
		}
		packed += n
	}
	return packed
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

// snapshot are all records of a partition as Redis has them.
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

// candidates are pushes as they are now.
func (b *bundle) candidates(t testing.TB, ids ...string) []Candidate {
	t.Helper()
	var all []Candidate
	for _, id := range ids {
		ms := b.rdb.ZScore(t.Context(), b.keys.Of(id).Index(), id).Val()
		all = append(all, Candidate{pushlog.Cursor{MS: int64(ms), ID: id}, b.get(t, id)})
	}
	return all
}

// reap removes candidates, and says how many it removed and left.
func (b *bundle) reap(t testing.TB, p pushlog.Partition, of ...Candidate) string {
	t.Helper()
	r, err := Reap(t.Context(), b.rdb, p, 0, of)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("[%d %d]", r.Removed, r.Left)
}

// reapNow removes pushes.
func (b *bundle) reapNow(t testing.TB, p pushlog.Partition, ids ...string) {
	t.Helper()
	if got, want := b.reap(t, p, b.candidates(t, ids...)...), fmt.Sprintf("[%d 0]", len(ids)); got != want {
		t.Fatalf("removed and left: %s, want %s", got, want)
	}
}

// dump is the whole store but for what delivery leaves of its own: counters, events,
// suppressed tokens, how far the streams were read.
func (b *bundle) dump(t testing.TB) map[string]string {
	t.Helper()
	dump := redistest.Dump(t, b.rdb)
	for key := range dump {
		for _, other := range []string{":minute:", ":hour:", ":events", ":jobs", ":sweep", "push:suppressed:", "push:evidence:", "push:rate:", "push:workers", "push:project"} {
			if strings.Contains(key, other) {
				delete(dump, key)
			}
		}
	}
	return dump
}

// diff says which keys of two dumps are not the same.
func diff(before, after map[string]string) string {
	var lines []string
	for key, value := range before {
		if after[key] != value {
			lines = append(lines, fmt.Sprintf("%s: %s\n   now: %s", key, value, after[key]))
		}
	}
	for key, value := range after {
		if _, ok := before[key]; !ok {
			lines = append(lines, fmt.Sprintf("%s is new: %s", key, value))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
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
