package fcm

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"pushstream/internal/push"
)

type metrics struct {
	seconds  map[push.Code]prometheus.Observer // every code of push.Codes; read only
	inFlight prometheus.Gauge
}

// newMetrics registers the metrics at reg, unless it is nil.
func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "pushstream_fcm_request_seconds",
		Help:    "Time of one try to send a push to FCM, by the code that it ended with.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15, 30},
	}, []string{"code"})
	m := &metrics{
		seconds: make(map[push.Code]prometheus.Observer),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "pushstream_fcm_in_flight",
			Help: "Requests to FCM under way.",
		}),
	}
	for _, code := range push.Codes() {
		m.seconds[code] = seconds.WithLabelValues(string(code))
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{seconds, m.inFlight} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of fcm: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) observe(out push.Outcome) {
	m.seconds[out.Code].Observe(out.Took.Seconds())
}
