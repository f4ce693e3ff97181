package stream

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	maxDelay     = 10 * time.Minute // longest wait that we choose ourselves
	retryWindow  = time.Hour        // no push is tried longer: FCM's advice
	quotaDelay   = time.Minute      // after QUOTA_EXCEEDED without Retry-After: FCM's documentation
	maxUnclear   = 3                // tries that may end in UNSPECIFIED_ERROR
	triesAtStart = 5                // of very many tries, the record keeps so many of the first
	triesAtEnd   = 20               // and so many of the last
)

// delivery is one in-flight push of this consumer.
type delivery struct {
	partition  pushlog.Partition
	lane       int
	entry      string
	job        push.Job
	acceptedAt time.Time
	expiresAt  time.Time // zero: never
	retryUntil time.Time // zero: not tried before
	attempts   int       // tries before this one
	before     int       // tries before the last redrive: they don't count against it
	deliveries int       // with this one
	handed     int       // times that the entry was handed out without an answer, this one included
	redriven   bool      // a person has it tried once more
	hash       string    // of its token: see tokenHash
	listed     bool      // its token is suppressed, or that could not be looked up
	suppressed string    // why it is not sent; empty if it is
	permit     permit    // to send it; a probe has it from the start
	takenAt    time.Time
	waits      time.Duration // so much longer its token waits, when it was taken
	refusals   int           // times in a row that it was refused in a strange way: see refusal
	refusedAt  time.Time     // the last of them

	// Of inFlight: guarded by its lock.
	leasedAt time.Time          // since when at least Redis knows that it is ours
	lost     bool               // it is another's now
	finished bool               // it is being settled
	cancel   context.CancelFunc // of its request
}

// settlement is what becomes of a delivery.
type settlement struct {
	*delivery
	release  bool        // hand it back untouched; nothing else counts then
	abandon  bool        // let go of it and write nothing: whose it is has become unclear
	status   push.Status // sent, failed, expired, or retrying
	code     push.Code   // empty if it was sent
	tried    int         // attempts with this try, if it counts
	result   string
	at       time.Time // of FCM's answer
	try      int       // number of the try, 0 if there was none
	line     string    // what the record says of it
	drop     int       // number of an old try that makes room, 0 for none
	due      time.Time // of the next try
	decided  time.Time // when that was found, by this machine's clock; zero: unknown
	newUntil time.Time // retry_until, if it is to be set

	tokenWait time.Duration // its token is over a limit of FCM's, and waits
	refused   string        // what the record is to keep of refusals

	deadToken bool // FCM called the token invalid: it is to be suppressed
}

// now is what Redis's clock says in ms, if it was not set since the time of the next try
// was found; empty if that is not known.
func (s *settlement) now() string {
	if s.decided.IsZero() {
		return ""
	}
	return strconv.FormatInt(s.at.Add(time.Since(s.decided)).UnixMilli(), 10)
}

// policy turns the outcome of a try into a settlement.
type policy struct {
	consumer string
	minDelay time.Duration
	random   func() float64 // 0 ≤ x < 1
}

// expired settles a delivery whose lifetime is over.
func (p policy) expired(d *delivery, now time.Time) settlement {
	return settlement{delivery: d, status: push.Expired, tried: d.attempts, result: "expired before it could be sent", at: now}
}

// suppressed settles a delivery whose token is suppressed.
func (p policy) suppressed(d *delivery, now time.Time) settlement {
	return settlement{delivery: d, status: push.Failed, code: push.CodeSuppressed, tried: d.attempts, at: now,
		result: string(push.CodeSuppressed) + ": not sent, the device token is suppressed: " + d.suppressed}
}

// settle settles a delivery by the outcome of a try that began at start, as the gate has
// ruled.
func (p policy) settle(d *delivery, o push.Outcome, start time.Time, r ruling) settlement {
	if r.handOver {
		return settlement{delivery: d, release: true}
	}
	if r.refusals > 0 {
		return p.refuse(d, o, start, r)
	}
	s := p.decide(d, o, start, r.counts)
	if s.status == push.Retrying {
		s.tokenWait = tokenWait(o)
	}
	return s
}

// decide settles a delivery by the outcome of a try that began at start. If the
// try does not count, FCM's trouble was known, or concerns all pushes; but one that
// FCM may have accepted counts always, so that its line stays in the record.
func (p policy) decide(d *delivery, o push.Outcome, start time.Time, counts bool) settlement {
	if o.Code == push.CodeStopped {
		return settlement{delivery: d, release: true}
	}
	verdict := o.Code.Verdict()
	if !counts && verdict != push.VerdictSent && o.Code != push.CodeNoAnswer {
		verdict = push.VerdictHold
	}
	s := settlement{delivery: d, code: o.Code, tried: d.attempts + 1, result: resultOf(&d.job, o), at: start.Add(o.Took),
		try: d.attempts + 1, line: tryLine(p.consumer, o, start)}
	if s.try-triesAtEnd > triesAtStart {
		s.drop = s.try - triesAtEnd
	}
	if verdict == push.VerdictHold {
		s.tried = d.attempts // no attempt: the next try takes this one's place
	}
	switch {
	case verdict == push.VerdictSent:
		s.status, s.code = push.Sent, ""
	case verdict == push.VerdictFail, o.Code == push.CodeUnspecified && s.tried-d.before >= maxUnclear:
		s.status = push.Failed
	default:
		p.wait(&s, o, verdict == push.VerdictHold)
	}
	s.deadToken = s.status == push.Failed && o.DeadToken()
	if s.status == push.Retrying {
		s.line += " retry_in=" + short(s.due.Sub(s.at))
	}
	return s
}

// wait finds the time of the next try, or ends the push if that would come too
// late. A try that was held does not count, nor does its hour begin.
func (p policy) wait(s *settlement, o push.Outcome, held bool) {
	s.due = s.at.Add(p.delay(o, s.tried-s.before, held))
	s.status = push.Retrying
	if !s.expiresAt.IsZero() && !s.due.Before(s.expiresAt) {
		due, ok := lastTry(s.delivery, s.at)
		if !ok {
			s.status = push.Expired
			return
		}
		s.due = due
	}
	if held {
		return
	}
	until := s.retryUntil
	if until.IsZero() {
		until = s.at.Add(retryWindow)
		s.newUntil = until
	}
	if s.due.After(until) {
		s.status = push.Failed
	}
}

// delay is how long to wait after a try. Retry-After is always kept; from the
// second try on our own doubling is, too, lest a push that is told "in one
// second" for ever be tried thousands of times. The jitter only adds.
// https://firebase.google.com/docs/cloud-messaging/scale-fcm#handling-retries
func (p policy) delay(o push.Outcome, attempts int, held bool) time.Duration {
	var d time.Duration
	switch {
	case o.Code == push.CodeQuotaExceeded:
		d = max(quotaWait(o), p.minDelay)
	case held:
		d = max(o.RetryAfter, p.minDelay)
	case o.RetryAfter > 0:
		d = max(o.RetryAfter, p.doubled(attempts-1))
	default:
		d = p.doubled(attempts)
	}
	return d + time.Duration(p.random()*0.2*float64(d))
}

// doubled is nothing before the first try, the least delay after it, and twice
// as much after each further one.
func (p policy) doubled(attempts int) time.Duration {
	if attempts < 1 {
		return 0
	}
	d := p.minDelay
	for range attempts - 1 {
		if d *= 2; d >= maxDelay {
			return max(maxDelay, p.minDelay)
		}
	}
	return d
}

func newPolicy(consumer string, minDelay time.Duration) policy {
	return policy{consumer: consumer, minDelay: cmp.Or(minDelay, 10*time.Second), random: rand.Float64}
}

// tryLine is what the record says of one try:
// 2026-11-22T00:30:01.123Z consumer-a 503 UNAVAILABLE took=31ms
func tryLine(consumer string, o push.Outcome, start time.Time) string {
	status := "-"
	if o.HTTPStatus != 0 {
		status = strconv.Itoa(o.HTTPStatus)
	}
	return fmt.Sprintf("%s %s %s %s took=%s", stamp(start), consumer, status, o.Code, short(o.Took))
}

// resultOf is FCM's answer in one text: the message's name, or code and reason, without
// what it repeats of the push.
func resultOf(j *push.Job, o push.Outcome) string {
	if o.Code == push.CodeAccepted {
		return cmp.Or(o.MessageID, "accepted, the answer was cut short")
	}
	return strings.TrimSuffix(string(o.Code)+": "+push.Clean(o.Detail, j), ": ")
}

// stamp writes a time as records have it.
func stamp(t time.Time) string { return t.UTC().Format(pushlog.TimeFormat) }

// short writes a duration without more digits than anybody reads.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}
