package redisclock

import "github.com/prometheus/client_golang/prometheus"

var (
	offsetDesc = prometheus.NewDesc("pushstream_clock_offset_seconds", "How far Redis's clock is ahead of this machine's; negative if it is behind.", nil, nil)
	spreadDesc = prometheus.NewDesc("pushstream_clock_spread_seconds", "How far the clocks of Redis's nodes are apart, on a Cluster.", nil, nil)
	stepsDesc  = prometheus.NewDesc("pushstream_clock_steps_total", "Jumps of Redis's clock, as this process saw them.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *Clock) Describe(ch chan<- *prometheus.Desc) {
	ch <- offsetDesc
	ch <- spreadDesc
	ch <- stepsDesc
}

// Collect implements prometheus.Collector. Until Redis has answered there is no offset.
func (c *Clock) Collect(ch chan<- prometheus.Metric) {
	if c.Known() {
		ch <- prometheus.MustNewConstMetric(offsetDesc, prometheus.GaugeValue, c.Offset().Seconds())
	}
	ch <- prometheus.MustNewConstMetric(spreadDesc, prometheus.GaugeValue, c.Spread().Seconds())
	ch <- prometheus.MustNewConstMetric(stepsDesc, prometheus.CounterValue, float64(c.steps.Load()))
}
