package admin

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	// maxLong is how many expensive requests there are at the same time: searches,
	// histograms, exports, counts.
	maxLong = 16
	// maxLongEach is how many of them one asker has; maxWaitEach how many more of one
	// wait for a place, and longWait for how long.
	maxLongEach = 4
	maxWaitEach = 8
	longWait    = 2 * time.Second
	// longASecond is how many an asker may begin in a second, longAtOnce how many in
	// one go.
	longASecond, longAtOnce = 20, 100
)

// shares gives each asker a share of the places for expensive requests: one who makes
// many waits for his own, and leaves the others theirs.
type shares struct {
	pace   *pace
	places chan struct{} // of all

	mu sync.Mutex
	of map[asker]*share
}

// share is one asker's.
type share struct {
	places chan struct{}
	there  int // that have a place, or wait for one
}

func newShares() *shares {
	return &shares{pace: newPace(longASecond, longAtOnce), places: make(chan struct{}, maxLong), of: map[asker]*share{}}
}

// enter waits for a place. If there is none in time, or the asker came too often, leave
// is nil, and wait is when to come again.
func (s *shares) enter(ctx context.Context, w asker) (leave func(), wait time.Duration) {
	mine := s.join(w)
	if mine == nil {
		return nil, time.Second
	}
	if wait := s.pace.wait(ctx, w, time.Second); wait > 0 {
		s.part(w)
		return nil, wait
	}
	ctx, cancel := context.WithTimeout(ctx, longWait)
	defer cancel()
	for i, places := range []chan struct{}{mine.places, s.places} {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			if i > 0 {
				<-mine.places
			}
			s.part(w)
			return nil, time.Second
		}
	}
	return func() {
		<-s.places
		<-mine.places
		s.part(w)
	}, 0
}

func (s *shares) join(w asker) *share {
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := s.of[w]
	if mine == nil {
		mine = &share{places: make(chan struct{}, maxLongEach)}
		s.of[w] = mine
	}
	if mine.there == maxLongEach+maxWaitEach {
		return nil
	}
	mine.there++
	return mine
}

func (s *shares) part(w asker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if mine := s.of[w]; mine != nil {
		if mine.there--; mine.there == 0 {
			delete(s.of, w)
		}
	}
}

// fairly lets an expensive request pass when there is a place in its asker's share.
func (a *api) fairly(c *gin.Context) {
	leave, wait := a.shares.enter(c.Request.Context(), askerOf(c))
	if leave == nil {
		tooOften(c, wait, "too many searches, exports or counts of yours at the same time, or one after the other")
		return
	}
	defer leave()
	c.Next()
}

// weighed is fairly for a request whose parameters say whether it is expensive.
func (a *api) weighed(c *gin.Context) {
	if expensive(c) {
		a.fairly(c)
	}
}

// expensive reports whether a GET may have to look at many pushes: an index answers
// only for one condition.
func expensive(c *gin.Context) bool {
	given := c.Request.URL.Query()
	if given.Has(fieldSpan) || given.Has(fieldSearch) || given.Has(FieldColumn) || slices.ContainsFunc(openFields(false), given.Has) {
		return true
	}
	indexed := slices.DeleteFunc(append(openFields(true), FieldStatus, FieldErrorCode), func(name string) bool { return !given.Has(name) })
	return len(indexed) > 1
}
