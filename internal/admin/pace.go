package admin

import (
	"context"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"pushstream/internal/access"
	"pushstream/internal/httpapi"
)

// asker is who makes requests: limits are each one's own.
type asker struct {
	kind access.Kind
	name string
}

func askerOf(c *gin.Context) asker { return asker{whoIs(c).Kind, whoIs(c).Name} }

// manyAskers is how many are remembered before those that have done nothing lately
// are forgotten.
const manyAskers = 1000

// pace is how often each asker may do something, by a token bucket.
type pace struct {
	limit rate.Limit
	burst int

	mu sync.Mutex
	of map[asker]*rate.Limiter
}

func newPace(perSecond float64, burst int) *pace {
	return &pace{limit: rate.Limit(perSecond), burst: burst, of: map[asker]*rate.Limiter{}}
}

func (p *pace) limiter(w asker) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.of[w]; l != nil {
		return l
	}
	if len(p.of) >= manyAskers {
		for who, l := range p.of {
			if l.Tokens() >= float64(p.burst) {
				delete(p.of, who)
			}
		}
	}
	l := rate.NewLimiter(p.limit, p.burst)
	p.of[w] = l
	return l
}

// take takes one, and says how long the asker has to wait for it: 0 if it is there.
// One that has to be waited for is not taken.
func (p *pace) take(w asker) time.Duration {
	r := p.limiter(w).Reserve()
	wait := r.Delay()
	if wait > 0 {
		r.Cancel()
	}
	return wait
}

// wait takes one, and waits for it, if that is not longer than most. Else it is not
// taken, and the wait that it needs is returned.
func (p *pace) wait(ctx context.Context, w asker, most time.Duration) time.Duration {
	r := p.limiter(w).Reserve()
	wait := r.Delay()
	if wait > most {
		r.Cancel()
		return wait
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
	return 0
}

// tooOften answers 429, and says when to come again.
func tooOften(c *gin.Context, wait time.Duration, detail string) {
	c.Header("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
	httpapi.Fail(c, 429, detail)
}

// The paces of each asker. They bound what one can have written into Redis: an entry
// of the audit log has some hundred bytes.
const (
	actsASecond, actsAtOnce         = 20, 600 // what is audited
	refusalsASecond, refusalsAtOnce = 1, 120  // of what is audited and then refused
	sendsASecond, sendsAtOnce       = 2, 120  // test pushes
	looksASecond, looksAtOnce       = 1, 240  // audited searches for personal data
)

// paces are those of all askers.
type paces struct{ acts, refusals, sends, looks *pace }

func newPaces() paces {
	return paces{newPace(actsASecond, actsAtOnce), newPace(refusalsASecond, refusalsAtOnce), newPace(sendsASecond, sendsAtOnce), newPace(looksASecond, looksAtOnce)}
}

// inPace reports whether somebody may do something that is audited; if not, it
// answers.
func (a *api) inPace(c *gin.Context) bool {
	w := askerOf(c)
	if w.name == "" { // a login has limits of its own
		return true
	}
	if left := a.paces.refusals.limiter(w).Tokens(); left < 1 {
		tooOften(c, time.Second, "too many requests of yours were refused: wait, and look at what they answered")
		return false
	}
	if wait := a.paces.acts.take(w); wait > 0 {
		tooOften(c, wait, "too many changes at once: slow down, or use a job that changes all pushes of a filter")
		return false
	}
	return true
}
