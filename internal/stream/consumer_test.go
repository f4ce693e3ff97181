package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// running starts a consumer that sends with s.
func (b *bundle) running(t testing.TB, s Sender, o ConsumerOptions) (c *Consumer, stop func()) {
	t.Helper()
	if o.RetryMinDelay == 0 {
		o.RetryMinDelay = time.Millisecond
	}
	c = NewConsumer(b.rdb, b.srv.Client(t), b.keys, s, o)
	return c, start(t, c)
}

// terminal says that no push is open and nothing is left on the streams.
func (b *bundle) terminal(t testing.TB) bool {
	counts, err := b.log.Counts(context.WithoutCancel(t.Context()))
	if err != nil || counts[push.Scheduled]+counts[push.Queued]+counts[push.Retrying] > 0 {
		return false
	}
	normal, urgent, err := ReadBacklog(context.WithoutCancel(t.Context()), b.rdb, b.keys)
	return err == nil && normal.Unread+normal.Pending+normal.Due+urgent.Unread+urgent.Pending == 0
}

func many(prefix string, n int) []push.Job {
	jobs := make([]push.Job, n)
	for i := range jobs {
		jobs[i] = job(fmt.Sprintf("%s%04d", prefix, i))
		if i%7 == 0 {
			jobs[i].Priority = push.Urgent
		}
	}
	return jobs
}

func TestConsumer(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 3} {
		t.Run(fmt.Sprint(partitions, " partitions, two consumers, failures now and then"), func(t *testing.T) {
			t.Parallel()
			b := setup(t, partitions)
			fcm := &counting{then: func(_ context.Context, id string, n int) push.Outcome {
				switch {
				case n == 1 && strings.HasSuffix(id, "3"): // FCM answered: it counts, even while sending is held
					return push.Outcome{Code: push.CodeUnspecified, HTTPStatus: 418}
				case n < 3 && strings.HasSuffix(id, "5"):
					return push.Outcome{Code: push.CodeCredential, HTTPStatus: 401}
				case strings.HasSuffix(id, "9"):
					return push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404}
				}
				return accepted
			}}
			_, stopA := b.running(t, fcm, ConsumerOptions{Name: "a", Concurrency: 16})
			_, stopB := b.running(t, fcm, ConsumerOptions{Name: "b", Concurrency: 16})
			b.accept(t, many("j", 500)...)
			eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
			stopA()
			stopB()
			counts, err := b.log.Counts(t.Context())
			if err != nil || counts[push.Sent] != 450 || counts[push.Failed] != 50 {
				t.Errorf("counts %v, %v", counts, err)
			}
			if got, want := fcm.total(), 500+50+100; got != want {
				t.Errorf("%d requests, want %d", got, want)
			}
			if r := b.get(t, "j0013"); r.Attempts != 2 || r.Deliveries != 2 || len(r.Tries) != 2 || r.FCMSendYN != "Y" || r.ErrorCode != "" {
				t.Errorf("after one failure: %+v", r)
			}
			// Others get through: that it is refused is its own affair.
			if r := b.get(t, "j0485"); r.Attempts != 3 || r.Deliveries != 3 || r.Status != push.Sent {
				t.Errorf("after two refusals: %+v", r)
			}
			b.nothingLeft(t)
		})
	}
}

// nothingLeft checks that no consumer left its name anywhere.
func (b *bundle) nothingLeft(t testing.TB) {
	t.Helper()
	for _, p := range b.keys.All() {
		for _, lane := range []int{laneNormal, laneUrgent} {
			for _, m := range b.rdb.XInfoConsumers(t.Context(), laneKey(p, lane), Group).Val() {
				if m.Name != unassigned || m.Pending == 0 {
					t.Errorf("%s still has the member %v", laneKey(p, lane), m)
				}
			}
		}
	}
	if workers := b.rdb.Keys(t.Context(), "push:worker*").Val(); len(workers) > 0 {
		t.Errorf("workers are left: %v", workers)
	}
}

func TestBackPressure(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	release := make(chan struct{})
	var inFlight, most atomic.Int64
	fcm := senderFunc(func(context.Context, *push.Job) push.Outcome {
		n := inFlight.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		<-release
		inFlight.Add(-1)
		return accepted
	})
	b.accept(t, many("j", 200)...)
	c, stop := b.running(t, fcm, ConsumerOptions{Concurrency: 5})
	eventually(t, "every worker sends", func() bool { return inFlight.Load() == 5 })
	normal, urgent, err := ReadBacklog(t.Context(), b.rdb, b.keys)
	if err != nil {
		t.Fatal(err)
	}
	// One more place than workers for each partition: a reader needs two.
	if held := normal.Pending + urgent.Pending; held > 6 || c.InFlight() > 6 {
		t.Errorf("%d pending, %d in hand, with 5 workers", held, c.InFlight())
	}
	close(release)
	eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
	stop()
	if most.Load() != 5 {
		t.Errorf("%d sends at the same time, want 5", most.Load())
	}
}

func TestUrgentOvertakes(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	step := make(chan struct{})
	var order []string
	fcm := senderFunc(func(_ context.Context, j *push.Job) push.Outcome {
		order = append(order, j.ID) // one worker
		<-step
		return accepted
	})
	var jobs []push.Job
	for n := range 20 {
		jobs = append(jobs, job(fmt.Sprint("normal", n)))
	}
	b.accept(t, jobs...)
	_, stop := b.running(t, fcm, ConsumerOptions{Concurrency: 1})
	step <- struct{}{}
	urgent := job("urgent")
	urgent.Priority = push.Urgent
	b.accept(t, urgent)
	for range 20 {
		step <- struct{}{}
	}
	eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
	stop()
	for n, id := range order {
		if id == "urgent" {
			if n > 5 {
				t.Errorf("urgent was number %d of %v", n, order)
			}
			return
		}
	}
	t.Errorf("urgent was not sent: %v", order)
}

func TestStop(t *testing.T) {
	t.Parallel()

	t.Run("what is in flight finishes, the rest goes back untried", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 2)
		release, begun := make(chan struct{}), make(chan struct{}, 100)
		fcm := &counting{then: func(context.Context, string, int) push.Outcome {
			begun <- struct{}{}
			<-release
			return accepted
		}}
		b.accept(t, many("j", 60)...)
		c, stop := b.running(t, fcm, ConsumerOptions{Concurrency: 8})
		for range 8 {
			<-begun
		}
		stopped := make(chan struct{})
		go func() { stop(); close(stopped) }()
		eventually(t, "it drains", c.draining.Load)
		close(release)
		<-stopped
		if n := fcm.total(); n != 8 {
			t.Errorf("%d sends, want the 8 in flight", n)
		}
		counts, err := b.log.Counts(t.Context())
		if err != nil || counts[push.Sent] != 8 || counts[push.Queued] != 52 {
			t.Errorf("counts %v, %v", counts, err)
		}
		for _, j := range many("j", 60) {
			if r := b.get(t, j.ID); r.Status == push.Queued && (r.Attempts != 0 || r.Deliveries != 0) {
				t.Errorf("%s was not started, but has %d attempts, %d deliveries", j.ID, r.Attempts, r.Deliveries)
			}
		}
		b.nothingLeft(t)

		_, stop = b.running(t, fcm, ConsumerOptions{Concurrency: 8})
		eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
		stop()
		for _, j := range many("j", 60) {
			if n := fcm.of(j.ID); n != 1 {
				t.Errorf("%s was sent %d times", j.ID, n)
			}
		}
	})

	t.Run("a send that outlives the stop's limit is interrupted and handed back", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		begun := make(chan struct{})
		fcm := senderFunc(func(ctx context.Context, _ *push.Job) push.Outcome {
			close(begun)
			<-ctx.Done()
			return push.Outcome{Code: push.CodeStopped}
		})
		b.accept(t, job("a"))
		_, stop := b.running(t, fcm, ConsumerOptions{StopTimeout: time.Millisecond})
		<-begun
		stop()
		if r := b.get(t, "a"); r.Status != push.Queued || r.Attempts != 0 || r.Deliveries != 0 {
			t.Errorf("record %+v", r)
		}
		b.nothingLeft(t)
	})

	t.Run("an interrupted send that was written is noted and tried again", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		begun := make(chan struct{})
		fcm := senderFunc(func(ctx context.Context, _ *push.Job) push.Outcome {
			close(begun)
			<-ctx.Done()
			return push.Outcome{Code: push.CodeNoAnswer}
		})
		b.accept(t, job("a"))
		_, stop := b.running(t, fcm, ConsumerOptions{StopTimeout: time.Millisecond, RetryMinDelay: time.Hour / 2})
		<-begun
		stop()
		if r := b.get(t, "a"); r.Status != push.Retrying || r.Attempts != 1 || len(r.Tries) != 1 {
			t.Errorf("record %+v", r)
		}
		b.nothingLeft(t)
	})

	t.Run("before Redis was ever there", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		b.srv.Kill()
		ctx, cancel := context.WithCancel(t.Context())
		c := NewConsumer(b.rdb, b.srv.Client(t), b.keys, &counting{}, ConsumerOptions{})
		done := make(chan error)
		go func() { done <- c.Run(ctx) }()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestExpired(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	fcm := &counting{}
	b.accept(t, job("a"), job("b"))
	b.rdb.HSet(t.Context(), "push:{0}:record:a", "expires_at", stamp(time.Now().Add(-time.Second)))
	_, stop := b.running(t, fcm, ConsumerOptions{})
	eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
	stop()
	if r := b.get(t, "a"); r.Status != push.Expired || r.FCMSendYN != "N" || r.Attempts != 0 || fcm.of("a") != 0 {
		t.Errorf("sent %d times; record %+v", fcm.of("a"), r)
	}
	if r := b.get(t, "b"); r.Status != push.Sent {
		t.Errorf("record %+v", r)
	}
}

func TestReserved(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	fcm := &counting{}
	soon, later := job("soon"), job("later")
	soon.DueAt, later.DueAt = time.Now().Add(300*time.Millisecond), time.Now().Add(time.Hour)
	b.accept(t, soon, later)
	_, stop := b.running(t, fcm, ConsumerOptions{})
	eventually(t, "it is sent", func() bool { return b.get(t, "soon").Status == push.Sent })
	stop()
	if at, err := time.Parse(pushlog.TimeFormat, b.get(t, "soon").FCMSendTime); err != nil || at.Before(soon.DueAt.Truncate(time.Millisecond)) {
		t.Errorf("due %v, sent %v, %v", soon.DueAt, at, err)
	}
	if b.get(t, "later").Status != push.Scheduled || fcm.of("later") != 0 {
		t.Error("what is due later was sent")
	}
}

func TestEntriesByHand(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 3} {
		t.Run(fmt.Sprint(partitions, " partitions"), func(t *testing.T) {
			t.Parallel()
			b := setup(t, partitions)
			fcm := &counting{}
			add := func(lane int, values ...string) string {
				return b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: laneKey(b.keys.Partition(0), lane), Values: values}).Val()
			}
			add(laneNormal, "id", "mine", "device_id", "t1", "msg_title", "안녕", "data", `{"k":"v"}`, "ttl", "60")
			add(laneNormal, "ttl", "60", "id", "mine", "device_id", "t1", "msg_title", "안녕", "data", ` { "k" : "v" } `, "priority", "normal")
			add(laneUrgent, "device_id", "t2 ", "msg_contents", "급합니다", "priority", "      ")
			add(laneNormal, "id", "future", "device_id", "t3", "msg_title", "x", "sndn_rsev_hour", time.Now().AddDate(0, 1, 0).Format("2006-01-02 15:04"))
			bad := map[string]string{
				"other content": add(laneNormal, "id", "mine", "device_id", "t1", "msg_title", "the same id again"),
				"unknown field": add(laneNormal, "device_id", "t", "msg_title", "x", "colour", "red"),
				"no token":      add(laneUrgent, "msg_title", "x"),
				"names nothing": add(laneNormal, "id", "nobody"),
				"bytes":         add(laneNormal, "device_id", "t", "msg_title", "\xff\xfe"),
				"many fields":   add(laneNormal, manyFields()...),
				"huge":          add(laneNormal, "device_id", strings.Repeat("x", 100_000), "msg_title", "x"),
			}
			_, stop := b.running(t, fcm, ConsumerOptions{})
			eventually(t, "only the reserved one is open", func() bool {
				counts, err := b.log.Counts(t.Context())
				normal, urgent, e := ReadBacklog(t.Context(), b.rdb, b.keys)
				return err == nil && e == nil && counts[push.Scheduled] == 1 && counts[push.Sent]+counts[push.Failed] == 2+int64(len(bad)) &&
					normal.Unread+normal.Pending+urgent.Unread+urgent.Pending == 0
			})
			stop()
			if r := b.get(t, "mine"); r.Status != push.Sent || r.MsgTitle != "안녕" || r.Data["k"] != "v" || r.TTL != 60 || fcm.of("mine") != 1 {
				t.Errorf("sent %d times: %+v", fcm.of("mine"), r)
			}
			if fcm.total() != 2 {
				t.Errorf("%d sends, want 2: %v", fcm.total(), fcm.sends)
			}
			page, err := b.log.List(t.Context(), pushlog.Query{Page: 1, Size: 100, Filter: pushlog.Filter{Statuses: []push.Status{push.Failed}}})
			if err != nil || len(page.Records) != len(bad) {
				t.Fatalf("%d failed, %v", len(page.Records), err)
			}
			for _, r := range page.Records {
				if r.ErrorCode != push.CodeInvalidJob || !strings.HasPrefix(r.Result, "INVALID_JOB: ") || len(r.Result) > 1100 || len(r.Raw) < 10 || len(r.Raw) > 50_000 {
					t.Errorf("record %+v", r)
				}
				if got := b.get(t, r.ID); got.ID != r.ID {
					t.Errorf("%s can't be found by its id", r.ID)
				}
			}
			page, err = b.log.List(t.Context(), pushlog.Query{Page: 1, Size: 100, Filter: pushlog.Filter{Statuses: []push.Status{push.Sent}}})
			if err != nil || len(page.Records) != 2 {
				t.Fatalf("%d sent, %v", len(page.Records), err)
			}
			for _, r := range page.Records {
				if r.DeviceID == "t2" && r.Priority != push.Urgent {
					t.Errorf("the lane was forgotten: %+v", r)
				}
			}
		})
	}
}

// manyFields are those of an entry of 11 MB.
func manyFields() []string {
	fields := []string{"msg_title", "x"}
	for i := range 10_000 {
		fields = append(fields, fmt.Sprintf("%d-%s", i, strings.Repeat("n", 600)), strings.Repeat("\x01", 500))
	}
	return fields
}

// A read whose reply was lost has handed us entries that we do not know of.
func TestOwnPendingIsFoundAfterAnError(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.accept(t, many("j", 300)...)
	c := b.consumer(t, "a", nil)
	known := b.read(t, c, p, 10)
	lost, err := newReader(c, p).read(t.Context(), 200)
	if err != nil || len(lost) < 200 {
		t.Fatalf("read %d, %v", len(lost), err)
	}
	r := newReader(c, p)
	r.lookForOwn()
	found := map[string]bool{}
	for r.own != nil {
		entries, err := r.read(t.Context(), 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			found[fmt.Sprint(e.lane, e.id)] = true
		}
	}
	if len(found) != len(lost) {
		t.Errorf("found %d, want %d", len(found), len(lost))
	}
	for _, d := range known {
		if found[fmt.Sprint(d.lane, d.entry)] {
			t.Errorf("%s is in hand, and was found anew", d.job.ID)
		}
	}
}

// The scripts are forgotten, the connections cut, the group destroyed, Redis
// killed and started again: every push is sent all the same.
func TestTroubleWithRedis(t *testing.T) {
	t.Parallel()
	troubles := map[string]func(t *testing.T, b *bundle){
		"SCRIPT FLUSH": func(t *testing.T, b *bundle) { b.rdb.ScriptFlush(t.Context()) },
		"CLIENT KILL":  func(t *testing.T, b *bundle) { b.rdb.ClientKillByFilter(t.Context(), "TYPE", "normal") },
		"XGROUP DESTROY": func(t *testing.T, b *bundle) {
			b.rdb.XGroupDestroy(t.Context(), "push:{0}:jobs", Group)
			b.rdb.XGroupDestroy(t.Context(), "push:{0}:jobs:urgent", Group)
		},
		"kill -9 and restart": func(t *testing.T, b *bundle) { b.srv.Kill(); b.srv.Start(t) },
		"READONLY, as after a failover": func(t *testing.T, b *bundle) {
			b.rdb.ReplicaOf(t.Context(), "127.0.0.1", "1")
			time.Sleep(100 * time.Millisecond) // some calls fail, or none: both must do
			b.rdb.ReplicaOf(t.Context(), "NO", "ONE")
		},
		"UNBLOCKED, the streams vanish for a moment": func(t *testing.T, b *bundle) {
			for _, stream := range []string{"push:{0}:jobs", "push:{0}:jobs:urgent"} {
				b.rdb.Eval(t.Context(), "redis.call('RENAME', KEYS[1], KEYS[2]) redis.call('RENAME', KEYS[2], KEYS[1])", []string{stream, stream + ":away"})
			}
		},
		"an answer that takes its time": func(t *testing.T, b *bundle) {
			b.rdb.Do(t.Context(), "CLIENT", "PAUSE", 300, "ALL")
		},
	}
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1, "--appendonly", "yes", "--appendfsync", "always")
			fcm := &counting{then: func(context.Context, string, int) push.Outcome {
				time.Sleep(time.Millisecond)
				return accepted
			}}
			_, stop := b.running(t, fcm, ConsumerOptions{Concurrency: 4})
			jobs := many("j", 1500)
			for batch := range 5 {
				b.accept(t, jobs[batch*300:(batch+1)*300]...)
				eventually(t, "work goes on", func() bool { return fcm.total() > batch*200 })
				trouble(t, b)
			}
			eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
			stop()
			for _, j := range jobs {
				if r := b.get(t, j.ID); r.Status != push.Sent || fcm.of(j.ID) < 1 {
					t.Fatalf("%s: sent %d times, record %+v", j.ID, fcm.of(j.ID), r)
				}
			}
			if name != "XGROUP DESTROY" && fcm.total() != len(jobs) {
				t.Errorf("%d sends for %d pushes", fcm.total(), len(jobs))
			}
		})
	}
}

// While Redis is away there is a line in the log each second, not one for each
// failure, and nobody spins.
func TestOutageIsLoggedOnceASecond(t *testing.T) {
	t.Parallel()
	b := setup(t, 3, "--appendonly", "yes")
	core, logs := observer.New(zap.WarnLevel)
	var calls atomic.Int64
	b.rdb.AddHook(countingHook{&calls})
	_, stop := b.running(t, &counting{}, ConsumerOptions{Logger: zap.New(core)})
	b.srv.Kill()
	began, before := time.Now(), calls.Load()
	eventually(t, "three seconds to pass, and a line", func() bool { return time.Since(began) > 3*time.Second && logs.Len() > 0 })
	seconds := time.Since(began).Seconds()
	lines, made := logs.Len(), calls.Load()-before
	b.srv.Start(t)
	b.accept(t, job("a"))
	eventually(t, "it to go on", func() bool { return b.get(t, "a").Status == push.Sent })
	stop()
	if float64(lines) > seconds+1 {
		t.Errorf("%d lines in %.1f s: %v", lines, seconds, logs.All())
	}
	if float64(made) > 100*seconds { // a dozen goroutines that wait between their tries
		t.Errorf("%d calls in %.1f s", made, seconds)
	}
}

// countingHook counts what is asked of Redis.
type countingHook struct{ n *atomic.Int64 }

func (h countingHook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h countingHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { h.n.Add(1); return next(ctx, cmd) }
}

func (h countingHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { h.n.Add(1); return next(ctx, cmds) }
}

// A Redis that somebody flushes is a new, empty one: what was in it is gone, the
// consumer goes on with what comes.
func TestFlush(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	var slow atomic.Bool
	slow.Store(true)
	fcm := &counting{then: func(context.Context, string, int) push.Outcome {
		for slow.Load() {
			time.Sleep(time.Millisecond)
		}
		return accepted
	}}
	c, stop := b.running(t, fcm, ConsumerOptions{Concurrency: 4})
	b.accept(t, many("before", 20)...)
	eventually(t, "some to be in flight", func() bool { return fcm.total() == 4 })
	b.rdb.FlushAll(t.Context())
	slow.Store(false)
	b.accept(t, many("after", 50)...)
	eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
	eventually(t, "nothing to be in hand", func() bool { return c.InFlight() == 0 })
	stop()
	if counts, err := b.log.Counts(t.Context()); err != nil || counts[push.Sent] != 50 || len(counts) != 7 {
		t.Errorf("counts %v, %v", counts, err)
	}
	for key := range redistest.Dump(t, b.rdb) {
		if strings.Contains(key, ":record:before") {
			t.Errorf("%s came back", key)
		}
	}
	b.nothingLeft(t)
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	_, stop := b.running(t, &counting{}, ConsumerOptions{Name: "a", Version: "v1", OpsAddr: "127.0.0.1:1"})
	eventually(t, "a heartbeat", func() bool { return b.rdb.HGet(t.Context(), "push:worker:a", "state").Val() == "running" })
	h := b.rdb.HGetAll(t.Context(), "push:worker:a").Val()
	for field, want := range map[string]string{"role": "consumer", "version": "v1", "ops_addr": "127.0.0.1:1", "in_hand": "0", "sent": "0"} {
		if h[field] != want {
			t.Errorf("%s is %q, want %q", field, h[field], want)
		}
	}
	if ttl := b.rdb.TTL(t.Context(), "push:worker:a").Val(); ttl <= 0 || ttl > workerTTL {
		t.Errorf("TTL %v", ttl)
	}
	stop()
	b.nothingLeft(t)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	reg := prometheus.NewPedanticRegistry()
	fcm := &counting{then: func(_ context.Context, id string, n int) push.Outcome {
		if n == 1 && id == "b" {
			return unavailable
		}
		return accepted
	}}
	later := job("later")
	later.DueAt = time.Now().Add(time.Hour)
	b.accept(t, job("a"), job("b"), later)
	c, stop := b.running(t, fcm, ConsumerOptions{Registerer: reg})
	eventually(t, "both are sent", func() bool { return b.get(t, "a").Status == push.Sent && b.get(t, "b").Status == push.Sent })
	stop()
	for label, want := range map[string]float64{"ACCEPTED": 2, "UNAVAILABLE": 1, "INTERNAL": 0} {
		if got := testutil.ToFloat64(c.metrics.tries.WithLabelValues(label)); got != want {
			t.Errorf("tries %s: %v, want %v", label, got, want)
		}
	}
	for label, want := range map[string]float64{"sent": 2, "retrying": 1, "failed": 0} {
		if got := testutil.ToFloat64(c.metrics.settled.WithLabelValues(label)); got != want {
			t.Errorf("settled %s: %v, want %v", label, got, want)
		}
	}
	want := `
		# HELP pushstream_in_hand Pushes that this consumer has taken and not settled.
		# TYPE pushstream_in_hand gauge
		pushstream_in_hand 0
	`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "pushstream_in_hand"); err != nil {
		t.Error(err)
	}
	if n, err := testutil.GatherAndCount(reg, "pushstream_queue_seconds"); err != nil || n != 1 {
		t.Errorf("%d series, %v", n, err)
	}
}

func TestWrongPartitions(t *testing.T) {
	t.Parallel()
	b := setup(t, 3)
	wrong := pushlog.Keys{Prefix: "push", Partitions: 2}
	c := NewConsumer(b.rdb, b.srv.Client(t), wrong, &counting{}, ConsumerOptions{})
	if err := c.Run(t.Context()); !errors.Is(err, ErrPartitions) {
		t.Errorf("ran with other partitions: %v", err)
	}
	if err := EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
		t.Errorf("the right number: %v", err)
	}
}

// Out of memory, Redis takes no new jobs, but lets finished work go.
func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.accept(t, many("j", 500)...)
	if err := b.rdb.ConfigSet(t.Context(), "maxmemory", "1mb").Err(); err != nil {
		t.Fatal(err)
	}
	if got := b.accept(t, job("new")); got[0] != RefusedMemory {
		t.Fatalf("accept answers %v", got)
	}
	_, stop := b.running(t, &counting{}, ConsumerOptions{})
	eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
	stop()
	if counts, err := b.log.Counts(t.Context()); err != nil || counts[push.Sent] != 500 {
		t.Errorf("counts %v, %v", counts, err)
	}
}

// The lifetime of a job that was added by hand began when it was added.
func TestOldEntryByHand(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	fcm := &counting{}
	old := fmt.Sprint(time.Now().Add(-3*time.Hour).UnixMilli(), "-0")
	b.rdb.Del(t.Context(), "push:{0}:jobs")
	b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: "push:{0}:jobs", ID: old, Values: []string{"id", "late", "device_id", "t", "msg_title", "x", "ttl", "600"}})
	b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: "push:{0}:jobs", Values: []string{"id", "fresh", "device_id", "t", "msg_title", "x", "ttl", "600"}})
	_, stop := b.running(t, fcm, ConsumerOptions{})
	eventually(t, "every push is terminal", func() bool { return b.terminal(t) && fcm.of("fresh") == 1 })
	stop()
	if r := b.get(t, "late"); r.Status != push.Expired || fcm.of("late") != 0 {
		t.Errorf("sent %d times: %+v", fcm.of("late"), r)
	}
}
