package logkeep

import "github.com/prometheus/client_golang/prometheus"

// What asked for the removal of records: label of a metric.
const (
	byRetention = "retention"
	byMemory    = "memory" // Redis is nearly full
)

// newMetrics registers the metrics of a Retainer, and returns the counters of removed
// records by what asked for it.
func newMetrics(o Options) map[string]prometheus.Counter {
	removed := map[string]prometheus.Counter{}
	for _, by := range []string{byRetention, byMemory} {
		removed[by] = prometheus.NewCounter(RemovedOpts(by))
		if o.Registerer != nil {
			o.Registerer.MustRegister(removed[by])
		}
	}
	if o.Registerer != nil {
		o.Registerer.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "pushstream_log_max_rows",
			Help: "LOG_MAX_ROWS of this consumer: pushes in the log above which the oldest leave it; 0 is no limit.",
		}, func() float64 { return float64(o.MaxRows) }))
	}
	return removed
}

// RemovedOpts describe the counter of records that were removed from the log, by what
// asked for it.
func RemovedOpts(by string) prometheus.CounterOpts {
	return prometheus.CounterOpts{
		Name:        "pushstream_removed_total",
		Help:        "Records that this consumer removed from the log, by what asked for it.",
		ConstLabels: prometheus.Labels{"by": by},
	}
}
