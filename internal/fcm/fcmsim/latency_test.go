package fcmsim

import (
	"slices"
	"testing"
	"time"
)

func TestLatency(t *testing.T) {
	t.Parallel()
	draws := func(l Latency) []time.Duration {
		var all []time.Duration
		for i := range 10_001 {
			all = append(all, l.draw(1, identity{hash: uint64(i), try: 1}))
		}
		slices.Sort(all)
		return all
	}
	if got := draws(Latency{}); got[len(got)-1] != 0 {
		t.Errorf("none: up to %s", got[len(got)-1])
	}
	if got := draws(Latency{FixedMS: 1.5}); got[0] != 1500*time.Microsecond || got[len(got)-1] != got[0] {
		t.Errorf("fixed: %s to %s", got[0], got[len(got)-1])
	}
	// Seeded, so the bounds hold for ever or never.
	got := draws(Latency{MedianMS: 100, Sigma: 0.5})
	median, p99 := got[len(got)/2].Milliseconds(), got[len(got)*99/100].Milliseconds()
	if median < 97 || median > 103 || p99 < 300 || p99 > 340 { // 100·e^(0.5·2.326) = 320
		t.Errorf("lognormal: median %d ms, 99th percentile %d ms", median, p99)
	}
	if got := draws(Latency{MedianMS: 500_000, Sigma: 5}); got[len(got)-1] != MaxDelay {
		t.Errorf("the longest is %s", got[len(got)-1])
	}
}

func TestDrawsAreIndependent(t *testing.T) {
	t.Parallel()
	base := identity{hash: 5, try: 1}
	seen := map[float64]string{}
	for name, u := range map[string]float64{
		"base":         base.uniform(1, saltFault),
		"another seed": base.uniform(2, saltFault),
		"another salt": base.uniform(1, saltAngle),
		"another id":   identity{hash: 6, try: 1}.uniform(1, saltFault),
		"another try":  identity{hash: 5, try: 2}.uniform(1, saltFault),
	} {
		if u < 0 || u >= 1 {
			t.Errorf("%s: %v", name, u)
		}
		if other, ok := seen[u]; ok {
			t.Errorf("%s draws as %s", name, other)
		}
		seen[u] = name
	}
}
