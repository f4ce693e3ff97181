package stream

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"

	"pushstream/internal/logkeep"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redismemory"
)

// reserved is a push for later.
func reserved(id string, in time.Duration) push.Job {
	j := job(id)
	j.DueAt = time.Now().Add(in)
	return j
}

func urgent(id string) push.Job {
	j := job(id)
	j.Priority = push.Urgent
	return j
}

// numbered are n jobs made by one.
func numbered(one func(id string) push.Job, prefix string, n int) (jobs []push.Job) {
	for i := range n {
		jobs = append(jobs, one(fmt.Sprint(prefix, i)))
	}
	return jobs
}

func times(n int, a Answer) []Answer { return slices.Repeat([]Answer{a}, n) }

// What is reserved for tomorrow takes no room from what is sent today.
func TestReservedIsNoBacklog(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.producer = NewProducer(b.rdb, b.keys, ProducerOptions{MaxBacklog: 10, MaxScheduled: 50})
	due := time.Now().Add(24 * time.Hour)
	tomorrow := func(id string) push.Job { j := job(id); j.DueAt = due; return j }
	if got := b.accept(t, numbered(tomorrow, "campaign-", 60)...); !slices.Equal(got, append(times(50, Scheduled), times(10, RefusedScheduled)...)) {
		t.Errorf("%v", got)
	}
	if got := b.accept(t, numbered(job, "n", 12)...); !slices.Equal(got, append(times(10, Queued), times(2, Refused)...)) {
		t.Errorf("%v", got)
	}
	if got := b.accept(t, tomorrow("campaign-0"), tomorrow("more")); !slices.Equal(got, []Answer{Repeated, RefusedScheduled}) {
		t.Errorf("%v", got)
	}
	room, err := b.producer.Room(t.Context())
	if err != nil || room.Backlog != 10 || room.Scheduled != 50 {
		t.Errorf("%+v, %v", room, err)
	}
	limit, said := b.producer.Refusal(t.Context(), []Answer{Queued, RefusedScheduled, Refused, Refused})
	if limit != LimitBacklog || !strings.Contains(said, "10 unfinished pushes of at most 10 (MAX_BACKLOG)") || !strings.Contains(said, "50 of at most 50 (MAX_SCHEDULED)") {
		t.Errorf("%s: %s", limit, said)
	}
	if limit, said := b.producer.Refusal(t.Context(), []Answer{Queued, Repeated}); limit != "" || said != "" {
		t.Error(limit, said)
	}
}

// Reserved pushes that come due together fill the backlog, and urgent ones get through
// all the same, up to a share of it.
func TestUrgentHasRoom(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"on the stream": false, "due and not promoted": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			b.producer = NewProducer(b.rdb, b.keys, ProducerOptions{MaxBacklog: 20})
			b.accept(t, numbered(func(id string) push.Job { return reserved(id, time.Hour) }, "r", 500)...)
			past := float64(time.Now().Add(-time.Second).UnixMilli())
			for _, id := range b.rdb.ZRange(t.Context(), "push:{0}:due", 0, -1).Val() {
				b.rdb.ZAddXX(t.Context(), "push:{0}:due", redis.Z{Score: past, Member: id})
			}
			if !late {
				if _, err := promote(t.Context(), b.rdb, b.keys, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			if room, err := b.producer.Room(t.Context()); err != nil || room.Backlog != 500 {
				t.Errorf("%+v, %v", room, err)
			}
			if got := b.accept(t, numbered(job, "n", 3)...); !slices.Equal(got, times(3, Refused)) {
				t.Errorf("%v", got)
			}
			if got := b.accept(t, numbered(urgent, "u", 3)...); !slices.Equal(got, []Answer{Queued, Queued, Refused}) {
				t.Errorf("%v", got)
			}
		})
	}
}

// What waits for its next try is backlog, however far off that is.
func TestRetriesAreBacklog(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.producer = NewProducer(b.rdb, b.keys, ProducerOptions{MaxBacklog: 3})
	c := b.consumer(t, "c", nil)
	b.accept(t, numbered(job, "a", 3)...)
	now := time.Now()
	for _, d := range b.read(t, c, b.keys.Partition(0), 5) {
		b.settle(t, c, c.policy.decide(d, unavailable, now, true))
	}
	if got := b.accept(t, job("b")); got[0] != Refused {
		t.Error(got)
	}
}

func TestRoomMetrics(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	registry := prometheus.NewRegistry()
	b.producer = NewProducer(b.rdb, b.keys, ProducerOptions{MaxBacklog: 1000, MaxScheduled: 2000, Registerer: registry})
	b.accept(t, append(numbered(job, "a", 3), reserved("b", time.Hour))...)
	b.rdb.ConfigSet(t.Context(), "maxmemory", "1")
	b.accept(t, job("c"))
	want := `
# HELP pushstream_backlog_limit MAX_BACKLOG of this process; 0 is no limit.
# TYPE pushstream_backlog_limit gauge
pushstream_backlog_limit 1000
# HELP pushstream_refused_total Jobs refused, by the limit that they met.
# TYPE pushstream_refused_total counter
pushstream_refused_total{limit="backlog"} 0
pushstream_refused_total{limit="memory"} 1
pushstream_refused_total{limit="scheduled"} 0
# HELP pushstream_scheduled_limit MAX_SCHEDULED of this process; 0 is no limit.
# TYPE pushstream_scheduled_limit gauge
pushstream_scheduled_limit 2000
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "pushstream_backlog_limit",
		"pushstream_refused_total", "pushstream_scheduled_limit"); err != nil {
		t.Error(err)
	}
	if backlog, scheduled, err := CountRoom(t.Context(), b.rdb, b.keys); backlog != 3 || scheduled != 1 || err != nil {
		t.Errorf("%d, %d, %v", backlog, scheduled, err)
	}
	limit, said := b.producer.Refusal(t.Context(), []Answer{RefusedMemory})
	if limit != LimitMemory || !strings.Contains(said, "Redis is out of memory") || !strings.Contains(said, "of 0.0 MiB used, with a backlog of 3") {
		t.Errorf("%s: %s", limit, said)
	}
}

// A Redis that finished pushes fill goes on taking new ones: the oldest finished ones
// leave. What has not ended stays.
func TestFinishedPushesMakeRoom(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, "--maxmemory", "8mb")
	long := func(id string) push.Job {
		j := urgent(id)
		j.MsgContents = strings.Repeat("주문이 체결되었습니다. ", 20)
		return j
	}
	waits := numbered(func(id string) push.Job { return reserved(id, time.Hour) }, "waits-", 50)
	b.accept(t, waits...)
	registry := prometheus.NewRegistry()
	_, stop := b.running(t, &counting{}, ConsumerOptions{Registerer: registry})
	defer stop()
	defer background(t, logkeep.NewRetainer(b.rdb, b.keys, logkeep.Options{Owner: "r", Registerer: registry}).Run)()
	const all, batch = 8000, 50
	for n := 0; n < all; n += batch {
		// On a busy machine it may be full for a moment.
		eventually(t, fmt.Sprint("the ones from ", n, " on are accepted"), func() bool {
			return !slices.ContainsFunc(b.accept(t, numbered(long, fmt.Sprint("p", n, "-"), batch)...), Answer.Refused)
		})
		eventually(t, "they are sent", func() bool {
			backlog, _, err := CountRoom(t.Context(), b.rdb, b.keys)
			return err == nil && backlog == 0
		})
	}
	eventually(t, "there is memory again", func() bool {
		m, err := redismemory.Read(t.Context(), b.rdb)
		return err == nil && m.Share() < 0.9
	})
	rows := b.rdb.ZCard(t.Context(), "push:{0}:index").Val()
	if rows > all/2 || rows < 500 {
		t.Errorf("%d rows are left", rows)
	}
	for _, j := range waits {
		if r := b.get(t, j.ID); r.Status != push.Scheduled {
			t.Errorf("%+v", r)
		}
	}
	b.get(t, fmt.Sprint("p", all-batch, "-", batch-1)) // the newest stay
	if _, err := b.log.Get(t.Context(), "p0-0"); err != pushlog.ErrNotFound {
		t.Errorf("the oldest: %v", err)
	}
	if n, err := testutil.GatherAndCount(registry, "pushstream_removed_total"); err != nil || n != 3 {
		t.Error(n, err)
	}
}
