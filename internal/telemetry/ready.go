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
	at      time.Time     // of results
	making  chan struct{} // closed when the checks under way have ended; nil if none are
	began   time.Time     // when these were begun
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

// begin starts the checks, unless they are under way or fresh, so that they go on while
// other metrics are gathered; done is closed when they have ended, nil if they are fresh.
func (r *readyCollector) begin() (done chan struct{}, began time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.making == nil && (r.results == nil || time.Since(r.at) >= readyFresh) {
		r.making, r.began = make(chan struct{}), time.Now()
		go r.renew(r.making)
	}
	return r.making, r.began
}

// current is what the checks say; those that do not end in time have failed.
func (r *readyCollector) current() []bool {
	if done, began := r.begin(); done != nil {
		limit := time.NewTimer(readyDeadline - time.Since(began))
		defer limit.Stop()
		select {
		case <-done:
		case <-limit.C: // a check that heeds no deadline
			return make([]bool, len(r.checks))
		}
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
