package fcmsim

import (
	"errors"
	"math"
	"time"
)

// Latency is how long an answer takes: FixedMS, or a lognormal draw around
// MedianMS with Sigma (of the natural logarithm; 0.5 puts the 99th percentile
// at 3.2 medians). The zero value is none.
type Latency struct {
	FixedMS  float64 `json:"fixed_ms,omitempty"`
	MedianMS float64 `json:"median_ms,omitempty"`
	Sigma    float64 `json:"sigma,omitempty"`
}

func (l Latency) validate() []error {
	var errs []error
	limit := float64(MaxDelay / time.Millisecond)
	if !(l.FixedMS >= 0 && l.FixedMS <= limit) {
		errs = append(errs, errors.New("latency.fixed_ms: must be 0 to "+MaxDelay.String()))
	}
	if !(l.MedianMS >= 0 && l.MedianMS <= limit) {
		errs = append(errs, errors.New("latency.median_ms: must be 0 to "+MaxDelay.String()))
	}
	if !(l.Sigma >= 0 && l.Sigma <= 5) {
		errs = append(errs, errors.New("latency.sigma: must be 0 to 5"))
	}
	if l.FixedMS > 0 && l.MedianMS > 0 {
		errs = append(errs, errors.New("latency: fixed_ms and median_ms exclude each other"))
	}
	if l.Sigma > 0 && l.MedianMS == 0 {
		errs = append(errs, errors.New("latency.sigma: needs median_ms"))
	}
	return errs
}

// draw returns the latency of one try, at most MaxDelay.
func (l Latency) draw(seed uint64, who identity) time.Duration {
	ms := l.FixedMS
	if l.MedianMS > 0 {
		// Box-Muller; 1-u keeps the logarithm away from zero.
		radius := math.Sqrt(-2 * math.Log(1-who.uniform(seed, saltRadius)))
		normal := radius * math.Cos(2*math.Pi*who.uniform(seed, saltAngle))
		ms = l.MedianMS * math.Exp(l.Sigma*normal)
	}
	return min(time.Duration(ms*float64(time.Millisecond)), MaxDelay)
}
