package main

import (
	"context"
	"time"

	"pushstream/internal/fcm/fcmsim"
)

// healthy is FCM on a good day: it takes a moment to answer, so that there is
// always something in flight.
func (s *storm) healthy() fcmsim.Config {
	c := fcmsim.Config{Seed: s.flags.Seed, Latency: fcmsim.Latency{MedianMS: 60, Sigma: 0.7}, KeepMessages: -1, SlowFor: slowFor}
	if s.flags.Parties {
		c.DevicePerMinute = noisyLimit
	}
	return c
}

// slowFor is how late a token ending on -slow is answered.
const slowFor = 3 * time.Second

// trouble is one way in which FCM is not well.
type trouble struct {
	name       string
	faults     map[string]float64
	retryAfter int // seconds; 0: FCM does not say
	hangFor    time.Duration
}

// holding are the faults that hold all sending, and therefore come alone.
var holding = []string{fcmsim.QuotaExceeded, fcmsim.Unauthenticated, fcmsim.PermissionDenied, fcmsim.NotFound}

// troubles are what FCM may have. Together they know every fault.
func troubles() []trouble {
	some := map[string]float64{}
	for _, name := range fcmsim.Faults() {
		some[name] = 0.015
	}
	for _, name := range holding {
		delete(some, name)
	}
	return []trouble{
		{name: "a bit of everything", faults: some, retryAfter: 1, hangFor: time.Second},
		{name: "accepted, and the answer broken", faults: map[string]float64{
			fcmsim.ResetAfter: 0.08, fcmsim.UnavailableAfter: 0.08, fcmsim.Truncated: 0.08}},
		{name: "outage, 503", faults: map[string]float64{fcmsim.Unavailable: 1}},
		{name: "outage, broken connections", faults: map[string]float64{fcmsim.ResetBefore: 0.7, fcmsim.HTML502: 0.3}},
		{name: "quota", faults: map[string]float64{fcmsim.QuotaExceeded: 0.3}, retryAfter: 1},
		{name: "permission denied", faults: map[string]float64{fcmsim.PermissionDenied: 1}},
		{name: "not the project, or not us", faults: map[string]float64{fcmsim.NotFound: 0.5, fcmsim.Unauthenticated: 0.5}},
		{name: "hangs", faults: map[string]float64{fcmsim.Hang: 0.2}, hangFor: 3 * time.Second},
		{name: "something between us and FCM", faults: map[string]float64{
			fcmsim.Redirect: 0.06, fcmsim.Redirect300: 0.06, fcmsim.Garbage: 0.06, fcmsim.GoAway: 0.06}},
	}
}

// strikeFCM gives FCM one trouble after the other until ctx ends, and leaves
// it healthy.
func (s *storm) strikeFCM(ctx context.Context) {
	d := newDraws(s.flags.Seed, trackFCM)
	all := newDeck(d, troubles())
	work := context.WithoutCancel(ctx)
	for sleep(ctx, d.span(500*time.Millisecond, 2500*time.Millisecond)) {
		t, lasts := all.deal(), d.span(1500*time.Millisecond, 4*time.Second)
		c := s.healthy()
		c.Seed, c.Faults, c.HangFor = d.Uint64(), t.faults, t.hangFor
		if t.retryAfter > 0 {
			c.RetryAfter, c.RetryAfterSeconds = fcmsim.RetryAfterSeconds, t.retryAfter
		}
		end := s.journal.begin(event{what: fcmFault, note: t.name})
		s.must(s.sys.configure(work, c))
		sleep(ctx, lasts)
		s.must(s.sys.configure(work, s.healthy()))
		end()
	}
}
