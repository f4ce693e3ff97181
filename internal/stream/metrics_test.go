package stream

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// series are the counters, and the counts of histograms, of one name that are not zero,
// by their labels; all is how many there are.
func series(t *testing.T, reg prometheus.Gatherer, name string) (got map[string]float64, all int) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got = map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() != name {
				continue
			}
			all++
			labels := ""
			for _, l := range m.GetLabel() {
				labels += " " + l.GetValue()
			}
			if v := m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount()); v > 0 {
				got[labels[min(1, len(labels)):]] = v
			}
		}
	}
	return got, all
}

// Whatever ends a push counts it, by state and code: also scripts that no try came
// before.
func TestEndedMetrics(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.All()[0]
	reg := prometheus.NewPedanticRegistry()
	fcm := &counting{then: func(_ context.Context, id string, _ int) push.Outcome {
		if id == "dead" {
			return push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404}
		}
		return accepted
	}}
	b.accept(t, job("poison"))
	d := b.read(t, b.consumer(t, "crashed", nil), p, 1)
	b.rdb.Do(t.Context(), "XCLAIM", jobsKey(p), Group, "crashed", 0, d[0].entry, "IDLE", 60_000, "RETRYCOUNT", maxDeliveries, "JUSTID")
	b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: jobsKey(p), Values: []string{"what", "is this"}})
	b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: jobsKey(p), ID: fmt.Sprint(time.Now().Add(time.Second).UnixMilli(), "-0"), Values: []string{"id", "no-record"}})
	late := job("late")
	late.TTL = 1
	b.accept(t, late)
	time.Sleep(1100 * time.Millisecond) // its ttl
	b.accept(t, job("sent"), job("dead"))
	c, stop := b.running(t, fcm, ConsumerOptions{Registerer: reg, Lease: NewLease(2 * time.Second)})
	eventually(t, "all of it ended", func() bool { return b.terminal(t) })
	again := job("again")
	again.DeviceID = job("dead").DeviceID
	b.accept(t, again)
	eventually(t, "this one, too", func() bool { return b.terminal(t) })
	stop()
	got, all := series(t, reg, "pushstream_ended_total")
	want := map[string]float64{"ACCEPTED sent": 1, "UNREGISTERED failed": 1, "SUPPRESSED failed": 1, "INVALID_JOB failed": 2, "POISON failed": 1, "none expired": 1}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	if all < 25 {
		t.Errorf("%d series: they are not all there from the start", all)
	}
	life, _ := series(t, reg, "pushstream_accepted_to_ended_seconds")
	if want := map[string]float64{"sent": 1, "failed": 3, "expired": 1}; fmt.Sprint(life) != fmt.Sprint(want) { // when what is unreadable was accepted, nobody knows
		t.Errorf("%v, want %v", life, want)
	}
	for _, code := range push.UntriedCodes() {
		if n := testutil.ToFloat64(c.metrics.ended.WithLabelValues("failed", string(code))); n == 0 {
			t.Errorf("%s does not show", code)
		}
	}
}

// A caller that does not learn what became of its jobs is counted as well.
func TestAcceptUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	reg := prometheus.NewPedanticRegistry()
	producer := NewProducer(b.rdb, b.keys, ProducerOptions{Registerer: reg})
	if got, all := series(t, reg, "pushstream_accept_total"); len(got) != 0 || all < 5 {
		t.Errorf("%v of %d at the start", got, all)
	}
	b.srv.Kill()
	if _, err := producer.Accept(t.Context(), []push.Job{job("a"), job("b")}); err == nil {
		t.Error("no error without Redis")
	}
	if got, _ := series(t, reg, "pushstream_accept_total"); got["unknown"] != 2 {
		t.Errorf("%v", got)
	}
}
