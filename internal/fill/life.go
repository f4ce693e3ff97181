package fill

import (
	"math"
	"math/rand/v2"
	"time"

	"pushstream/internal/push"
)

// ends says how many of 100,000 pushes end in which way.
var ends = []struct {
	weight int
	end    end
}{
	{94_600, end{push.Sent, nil}},
	{1_250, end{push.Sent, []push.Code{push.CodeUnavailable}}},
	{100, end{push.Sent, []push.Code{push.CodeUnavailable, push.CodeUnavailable}}},
	{30, end{push.Sent, []push.Code{push.CodeInternal}}},
	{20, end{push.Sent, []push.Code{push.CodeNoAnswer}}},

	{1_500, end{push.Failed, []push.Code{push.CodeUnregistered}}},
	{500, end{push.Failed, []push.Code{push.CodeSuppressed}}},
	{370, end{push.Failed, []push.Code{push.CodeInvalidArgument}}},
	{260, end{push.Failed, []push.Code{push.CodeSenderIDMismatch}}},
	{200, end{push.Failed, []push.Code{push.CodeThirdPartyAuth}}},
	{20, end{push.Failed, []push.Code{push.CodeUnavailable, push.CodeUnregistered}}},
	{150, end{push.Failed, []push.Code{push.CodeUnspecified, push.CodeUnspecified, push.CodeUnspecified}}},

	{450, end{push.Expired, nil}},                               // it was not sent in time
	{250, end{push.Expired, []push.Code{push.CodeUnavailable}}}, // FCM was away until its end: the last code comes again
	{300, end{push.Cancelled, nil}},
}

// end is a way to end: as what, and the codes of the tries that went wrong.
type end struct {
	status push.Status
	codes  []push.Code
}

// said is FCM's answer to each code.
var said = map[push.Code]struct {
	status int
	detail string
}{
	push.CodeAccepted:         {200, ""},
	push.CodeUnavailable:      {503, "The service is currently unavailable."},
	push.CodeInternal:         {500, "Internal error encountered."},
	push.CodeNoAnswer:         {0, "written, but no answer came: timed out"},
	push.CodeUnregistered:     {404, "Requested entity was not found."},
	push.CodeInvalidArgument:  {400, push.BlamesToken + "The registration token is not a valid FCM registration token"},
	push.CodeSenderIDMismatch: {403, "SenderId mismatch"},
	push.CodeThirdPartyAuth:   {401, "Auth error from APNS or Web Push Service"},
	push.CodeUnspecified:      {500, "Unknown error."},
}

// try is one request to FCM.
type try struct {
	start time.Time
	took  time.Duration
	code  push.Code
	wait  time.Duration // until the next one; 0 if it was the last
}

func (t try) end() time.Time { return t.start.Add(t.took) }

// life is what happened to one push.
type life struct {
	accepted, expires time.Time
	due               time.Time // its reserved time; zero: none
	status            push.Status
	code              push.Code // of how it ended; "" if it has none
	tries             []try
	ended             time.Time
}

// start is when it went onto its stream.
func (l *life) start() time.Time {
	if l.due.IsZero() {
		return l.accepted
	}
	return l.due
}

// chance is where everything random comes from.
type chance struct{ *rand.Rand }

// one says yes once in n times.
func (c chance) one(n int) bool { return c.IntN(n) == 0 }

// span is a time between two others.
func (c chance) span(least, most time.Duration) time.Duration {
	return least + time.Duration(c.Int64N(int64(most-least)))
}

// answer is how long FCM takes: mostly some 40 ms, seldom much longer.
func (c chance) answer() time.Duration {
	return min(12*time.Millisecond+time.Duration(math.Exp(c.NormFloat64()*0.6)*28)*time.Millisecond, 900*time.Millisecond)
}

// end chooses how a push ends.
func (c chance) end() end {
	x := c.IntN(100_000)
	for _, e := range ends {
		if x -= e.weight; x < 0 {
			return e.end
		}
	}
	return ends[0].end
}

// slowest is how long a push may take that ends as most do.
const slowest = 2 * time.Second

// live says what becomes of a push that was accepted at a time, lives for ttl, and
// has ended by a time, which must be later by slowest. due is its reserved time, or
// zero.
func (c chance) live(accepted, due time.Time, ttl time.Duration, by time.Time) life {
	l := life{accepted: accepted, due: due}
	l.expires = l.start().Add(ttl)
	if c.run(&l, c.end()); l.ended.After(by) {
		l = life{accepted: accepted, expires: accepted.Add(ttl)} // too young for that
		c.run(&l, ends[0].end)
	}
	return l
}

func (c chance) run(l *life, e end) {
	l.status = e.status
	switch {
	case e.status == push.Cancelled:
		l.ended = l.accepted.Add(c.span(0, time.Second)) // before anybody read it
		if !l.due.IsZero() {
			l.ended = l.accepted.Add(c.span(0, l.due.Sub(l.accepted)))
		}
		return
	case e.status == push.Expired && e.codes == nil:
		l.ended = l.expires.Add(c.span(0, 20*time.Second))
		return
	case e.codes != nil && e.codes[0] == push.CodeSuppressed:
		l.code = push.CodeSuppressed
		l.ended = l.start().Add(c.span(time.Millisecond, 20*time.Millisecond))
		return
	}
	c.try(l, e)
	last := l.tries[len(l.tries)-1]
	if l.ended = last.end(); last.code != push.CodeAccepted {
		l.code = last.code
	}
}

// try sends until it is over.
func (c chance) try(l *life, e end) {
	start := l.start().Add(c.span(time.Millisecond, 12*time.Millisecond))
	for n := 0; ; n++ {
		t := try{start: start, took: c.answer(), code: push.CodeAccepted}
		switch {
		case n < len(e.codes):
			t.code = e.codes[n]
		case e.status == push.Expired:
			t.code = e.codes[len(e.codes)-1]
		}
		if t.code == push.CodeNoAnswer {
			t.took = 10 * time.Second
		}
		over := t.code == push.CodeAccepted || e.status == push.Failed && n == len(e.codes)-1
		if !over {
			t.wait = backoff(n + 1)
			t.wait += time.Duration(c.Float64() * 0.2 * float64(t.wait))
			due := t.end().Add(t.wait)
			if !due.Before(l.expires) {
				t.wait = l.lastWait(t.end())
			}
			switch {
			case t.wait == 0:
				l.status, over = push.Expired, true
			case n > 0 && due.After(l.tries[0].end().Add(time.Hour)): // no attempt is made longer
				l.status, t.wait, over = push.Failed, 0, true
			}
		}
		l.tries = append(l.tries, t)
		if over {
			return
		}
		start = t.end().Add(t.wait + c.span(time.Millisecond, 300*time.Millisecond))
	}
}

// lastWait is the wait before one more try, if the next one would come after the push's
// end; 0 if there is no time for one. It is as internal/stream has it.
func (l *life) lastWait(now time.Time) time.Duration {
	margin, left := min(5*time.Second, l.expires.Sub(l.accepted)/4), l.expires.Sub(now)
	if left <= margin {
		return 0
	}
	return max(left-margin, left/2)
}

// backoff is the wait after the nth try, less its jitter: as internal/stream has it.
func backoff(n int) time.Duration {
	return min(10*time.Second<<min(n-1, 6), 10*time.Minute)
}
