package stream

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pushstream/internal/push"
)

type consumerMetrics struct {
	tries     *prometheus.CounterVec
	settled   *prometheus.CounterVec
	ended     *prometheus.CounterVec
	life      *prometheus.HistogramVec
	queued    prometheus.Histogram
	lost      prometheus.Counter
	postponed prometheus.Counter
	claimed   prometheus.Counter
	late      prometheus.Counter
	removed   prometheus.Counter
}

// newConsumerMetrics registers a consumer's metrics, every label value at
// zero; reg may be nil.
func newConsumerMetrics(reg prometheus.Registerer, c *Consumer) *consumerMetrics {
	m := &consumerMetrics{
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pushstream_tries_total",
			Help: "Tries to send a push, by how they ended.",
		}, []string{"code"}),
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pushstream_settled_total",
			Help: "Pushes that left this consumer's hand, by the state they went to; retrying are the retries.",
		}, []string{"status"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pushstream_ended_total",
			Help: "Pushes that this consumer brought to an end, by state and code; code is none for what expired without a try.",
		}, []string{"status", "code"}),
		life: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "pushstream_accepted_to_ended_seconds",
			Help:    "Time from a push's acceptance to its end, by state; with the wait for its reserved time, if it had one.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400},
		}, []string{"status"}),
		queued: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "pushstream_queue_seconds",
			Help:    "Time from a push's arrival on the stream to the start of its request.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600},
		}),
	}
	m.lost = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "pushstream_leases_lost_total",
		Help: "Pushes that another consumer took from this one, because Redis had not heard of them for a lease.",
	})
	m.postponed = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "pushstream_postponed_total",
		Help: "Times that a push was not tried, because its device token was over a limit of FCM's and waits.",
	})
	m.claimed = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "pushstream_reclaimed_total",
		Help: "Pushes that this consumer reclaimed: their lease had expired, or another consumer had released them.",
	})
	m.late = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "pushstream_late_total",
		Help: "Outcomes that this consumer brought for pushes that were another's by then, or settled.",
	})
	m.removed = prometheus.NewCounter(prometheus.CounterOpts{ // those of internal/logkeep have other labels
		Name:        "pushstream_removed_total",
		Help:        "Records that this consumer removed from the log, by what asked for it.",
		ConstLabels: prometheus.Labels{"by": "flush"},
	})
	for _, code := range push.Codes() {
		m.tries.WithLabelValues(string(code))
	}
	for _, s := range []push.Status{push.Sent, push.Failed, push.Expired, push.Retrying} {
		m.settled.WithLabelValues(string(s))
	}
	for _, s := range []push.Status{push.Sent, push.Failed, push.Expired} {
		m.life.WithLabelValues(string(s))
	}
	m.ended.WithLabelValues(string(push.Sent), string(push.CodeAccepted))
	m.ended.WithLabelValues(string(push.Expired), noCode)
	for _, code := range append(push.Codes(), push.UntriedCodes()...) {
		if v := code.Verdict(); v != push.VerdictSent {
			m.ended.WithLabelValues(string(push.Failed), string(code))
			if v != push.VerdictFail {
				m.ended.WithLabelValues(string(push.Expired), string(code))
			}
		}
	}
	if reg != nil {
		reg.MustRegister(m.tries, m.settled, m.ended, m.life, m.queued, m.lost, m.postponed, m.claimed, m.late, m.removed, holdCollector{c.gate}, circuitCollector{c.gate.breaker}, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "pushstream_in_hand",
			Help: "Pushes that this consumer has taken and not settled.",
		}, func() float64 { return float64(c.InFlight()) }), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "pushstream_paused",
			Help: "1 while this consumer is paused.",
		}, func() float64 {
			if c.state() == Paused {
				return 1
			}
			return 0
		}))
	}
	return m
}

// noCode is the code of what expired without a try.
const noCode = "none"

// end counts a push that ended at a time; a zero acceptedAt is one that is not known.
func (m *consumerMetrics) end(status push.Status, code push.Code, acceptedAt, at time.Time) {
	label := string(code)
	switch {
	case status == push.Sent:
		label = string(push.CodeAccepted)
	case label == "":
		label = noCode
	}
	m.ended.WithLabelValues(string(status), label).Inc()
	if !acceptedAt.IsZero() {
		m.life.WithLabelValues(string(status)).Observe(max(at.Sub(acceptedAt), 0).Seconds())
	}
}

// holdCollector shows the hold as this consumer knows it.
type holdCollector struct{ gate *gate }

var holdDesc = prometheus.NewDesc("pushstream_held", "1 while all sending to the project is held, by the reason.", []string{"reason"}, nil)

// Describe implements prometheus.Collector.
func (holdCollector) Describe(ch chan<- *prometheus.Desc) { ch <- holdDesc }

// Collect implements prometheus.Collector.
func (h holdCollector) Collect(ch chan<- prometheus.Metric) {
	held := h.gate.Held()
	for _, reason := range Reasons() {
		value := 0.0
		if held != nil && held.Reason == reason {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(holdDesc, prometheus.GaugeValue, value, string(reason))
	}
}

// circuitCollector shows whether the circuit breaker is open.
type circuitCollector struct{ breaker *breaker }

var circuitDesc = prometheus.NewDesc("pushstream_circuit_open",
	"1 while the circuit breaker of this consumer is open, because it does not reach FCM, by the reason.", []string{"reason"}, nil)

// Describe implements prometheus.Collector.
func (circuitCollector) Describe(ch chan<- *prometheus.Desc) { ch <- circuitDesc }

// Collect implements prometheus.Collector.
func (c circuitCollector) Collect(ch chan<- prometheus.Metric) {
	circuit := c.breaker.circuit()
	for _, reason := range Reasons() {
		if reason == HoldQuota {
			continue // the project's alone
		}
		value := 0.0
		if circuit != nil && circuit.Reason == reason {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(circuitDesc, prometheus.GaugeValue, value, string(reason))
	}
}
