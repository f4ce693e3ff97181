package admin

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pushstream/internal/access"
	"pushstream/internal/apikey"
)

const (
	// endingSoon is how long before its end a token or key is counted as ending.
	endingSoon = 14 * 24 * time.Hour
	// endingTime is how long Redis may take to tell.
	endingTime = 2 * time.Second
)

// endingCollector counts API tokens and producer keys that are about to end, or do not work any
// more. Without an answer of Redis it tells nothing.
type endingCollector struct {
	access *access.Store
	keys   *apikey.Store
	desc   *prometheus.Desc
}

// NewEndingCollector returns the metric of tokens and keys that need somebody.
func NewEndingCollector(tokens *access.Store, keys *apikey.Store) prometheus.Collector {
	return &endingCollector{tokens, keys, prometheus.NewDesc("pushstream_credentials",
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
	keys, err := e.keys.List(ctx)
	if err != nil {
		return
	}
	out, err := e.keys.ShutOut(ctx, keys)
	if err != nil {
		return
	}
	type labels struct{ kind, state string }
	n, now := map[labels]int{}, time.Now()
	count := func(kind string, end time.Time, expired, stopped bool) {
		switch {
		case expired:
			n[labels{kind, "expired"}]++
		case stopped:
			n[labels{kind, "stopped"}]++
		case !end.IsZero() && end.Sub(now) < endingSoon:
			n[labels{kind, "soon"}]++
		}
	}
	for _, t := range tokens {
		count("api_token", t.ExpiresAt, t.Expired, t.Stopped)
	}
	for _, k := range keys {
		count("producer_key", k.ExpiresAt, k.Expired(now), out[k.Owner])
	}
	for _, kind := range []string{"api_token", "producer_key"} {
		for _, state := range []string{"soon", "expired", "stopped"} {
			ch <- prometheus.MustNewConstMetric(e.desc, prometheus.GaugeValue, float64(n[labels{kind, state}]), kind, state)
		}
	}
}
