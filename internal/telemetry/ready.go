package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	readyFresh    = time.Second             // how long results are shown again
	readyDeadline = 1500 * time.Millisecond // of the checks of one scrape, all at the same time
)

// readyCollector shows the checks of /readyz as metrics. They are made at a scrape, at
// most once a second, and a scrape waits for them for a bounded time: a check that does
// not end has failed.
type readyCollector struct {
	checks []Check

	mu      sync.Mutex
	results []bool
	at      time.Time
	making  chan struct{} // closed when the checks under way have ended; nil if none are
}

var readyDesc = prometheus.NewDesc("pushstream_ready", "1 if a check of /readyz passes, 0 if not.", []string{"check"}, nil)

// Describe implements prometheus.Collector.
func (r *readyCollector) Describe(ch chan<- *prometheus.Desc) { ch <- readyDesc }

// Collect implements prometheus.Collector.
func (r *readyCollector) Collect(ch chan<- prometheus.Metric) {
	for i, passed := range r.current() {
		value := 0.0
		if passed {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(readyDesc, prometheus.GaugeValue, value, r.checks[i].Name)
	}
}

func (r *readyCollector) current() []bool {
	r.mu.Lock()
	if r.results != nil && time.Since(r.at) < readyFresh {
		defer r.mu.Unlock()
		return r.results
	}
	if r.making == nil {
		r.making = make(chan struct{})
		go r.renew(r.making)
	}
	making := r.making
	r.mu.Unlock()

	limit := time.NewTimer(readyDeadline)
	defer limit.Stop()
	select {
	case <-making:
	case <-limit.C: // a check that heeds no deadline
		return make([]bool, len(r.checks))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.results
}

// renew makes every check once.
func (r *readyCollector) renew(making chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), readyDeadline)
	defer cancel()
	results := make([]bool, len(r.checks))
	var all sync.WaitGroup
	for i, c := range r.checks {
		all.Go(func() { results[i] = c.Run(ctx) == nil })
	}
	all.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results, r.at, r.making = results, time.Now(), nil
	close(making)
}
