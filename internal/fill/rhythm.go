package fill

import (
	"math"
	"sort"
	"time"
)

// hourly is how many pushes come in each hour of a working day, as parts of the
// day: the market opens at nine and closes at half past three.
var hourly = [24]float64{1, 0.5, 0.3, 0.2, 0.3, 0.5, 1, 3, 7, 14, 10, 8, 7, 8, 10, 13, 6, 5, 5, 4, 3, 3, 4, 2}

// weekend is what a day without a market has of that.
const weekend = 0.2

// rhythm spreads pushes over a time, ascending.
type rhythm struct {
	from  time.Time
	until []float64 // share of all pushes that came up to the end of each slot
}

// slot is in how long a time pushes are spread evenly.
const slot = 15 * time.Minute

// newRhythm spreads over days up to an end; zone says when it is day.
func newRhythm(end time.Time, days int, zone *time.Location) rhythm {
	r := rhythm{from: end.AddDate(0, 0, -days), until: make([]float64, days*int(24*time.Hour/slot))}
	sum := 0.0
	for i := range r.until {
		at := r.from.Add(time.Duration(i)*slot + slot/2).In(zone)
		hour, next := at.Hour(), (at.Hour()+1)%24
		part := float64(at.Minute()) / 60
		weight := hourly[hour]*(1-part) + hourly[next]*part
		if day := at.Weekday(); day == time.Saturday || day == time.Sunday {
			weight *= weekend
		}
		sum += weight
		r.until[i] = sum
	}
	for i := range r.until {
		r.until[i] /= sum
	}
	return r
}

// at is when a share of all pushes, from 0 to 1, had come.
func (r rhythm) at(share float64) time.Time {
	i := min(sort.SearchFloat64s(r.until, share), len(r.until)-1)
	before := 0.0
	if i > 0 {
		before = r.until[i-1]
	}
	part := (share - before) / (r.until[i] - before)
	return r.from.Add(time.Duration(i)*slot + time.Duration(math.Max(part, 0)*float64(slot)))
}
