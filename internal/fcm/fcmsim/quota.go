package fcmsim

import (
	"strconv"
	"sync"
	"time"
)

// quota is one bucket for each project, or each token, filled again each minute from
// the first request on.
type quota struct {
	perMinute int
	limit     limit

	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	since time.Time
	used  int
}

func newQuota(perMinute int) *quota {
	return &quota{perMinute: perMinute, limit: limitProject, buckets: map[string]*bucket{}}
}

// newDeviceQuota is the limit of each token.
func newDeviceQuota(perMinute int) *quota {
	q := newQuota(perMinute)
	q.limit = limitDevice
	return q
}

// take spends one request of a project or token and returns nil, or a 429 that says when
// the bucket is full again. A 429 spends nothing.
func (q *quota) take(name string, now time.Time) *answer {
	if q.perMinute == 0 {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.buckets[name]
	if b == nil {
		b = &bucket{since: now}
		q.buckets[name] = b
	}
	if passed := now.Sub(b.since); passed >= time.Minute {
		b.since = b.since.Add(passed.Truncate(time.Minute))
		b.used = 0
	}
	if b.used < q.perMinute {
		b.used++
		return nil
	}
	left := b.since.Add(time.Minute).Sub(now)
	return limitHit(q.limit, strconv.Itoa(int((left+time.Second-1)/time.Second)))
}
