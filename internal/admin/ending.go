package admin

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pushstream/internal/access"
)

const (
	// endingSoon is how long before its end a token is counted as ending.
	endingSoon = 14 * 24 * time.Hour
	// endingTime is how long Redis may take to tell.
	endingTime = 2 * time.Second
)

// endingCollector counts API tokens that are about to end, or do not work any more; those by
// which producers are used apart. Without an answer of Redis it tells nothing.
type endingCollector struct {
	access *access.Store
	desc   *prometheus.Desc
}

// NewEndingCollector returns the metric of tokens that need attention.
func NewEndingCollector(tokens *access.Store) prometheus.Collector {
	return &endingCollector{tokens, prometheus.NewDesc("pushstream_credentials",
		"API tokens and producer keys that need attention: soon (they expire within 14 days), expired, stopped (the owner is disabled).",
		[]string{"kind", "state"}, nil)}
}

// Describe implements prometheus.Collector.
func (e *endingCollector) Describe(ch chan<- *prometheus.Desc) { ch <- e.desc }

// Collect implements prometheus.Collector.
func (e *endingCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), endingTime)
	defer cancel()
	tokens, err := e.access.Tokens(ctx)
	if err != nil {
		return
	}
	type labels struct{ kind, state string }
	n, now := map[labels]int{}, time.Now()
	for _, t := range tokens {
		kind := "api_token"
		if access.SubmitsOnly(t.Scopes) {
			kind = "producer_key"
		}
		switch {
		case t.Expired:
			n[labels{kind, "expired"}]++
		case t.Stopped:
			n[labels{kind, "stopped"}]++
		case !t.ExpiresAt.IsZero() && t.ExpiresAt.Sub(now) < endingSoon:
			n[labels{kind, "soon"}]++
		}
	}
	for _, kind := range []string{"api_token", "producer_key"} {
		for _, state := range []string{"soon", "expired", "stopped"} {
			ch <- prometheus.MustNewConstMetric(e.desc, prometheus.GaugeValue, float64(n[labels{kind, state}]), kind, state)
		}
	}
}
