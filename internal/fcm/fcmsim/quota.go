package fcmsim

import (
	"strconv"
	"sync"
	"time"
)

// quota is one bucket for each project, filled again each minute from the
// project's first request on.
type quota struct {
	perMinute int

	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	since time.Time
	used  int
}

func newQuota(perMinute int) *quota {
	return &quota{perMinute: perMinute, buckets: map[string]*bucket{}}
}

// take spends one request of project and returns nil, or a 429 that says when
// the bucket is full again. A 429 spends nothing.
func (q *quota) take(project string, now time.Time) *answer {
	if q.perMinute == 0 {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.buckets[project]
	if b == nil {
		b = &bucket{since: now}
		q.buckets[project] = b
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
	return quotaHit(strconv.Itoa(int((left + time.Second - 1) / time.Second)))
}
