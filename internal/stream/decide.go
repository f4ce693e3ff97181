package stream

import (
	"cmp"
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
	retryWindow  = time.Hour        // nobody tries longer: FCM's advice
	quotaDelay   = time.Minute      // after QUOTA_EXCEEDED without Retry-After: FCM's documentation
	maxUnclear   = 3                // tries that may end in UNSPECIFIED_ERROR
	triesAtStart = 5                // of very many tries, the record keeps so many of the first
	triesAtEnd   = 20               // and so many of the last
)

// delivery is one push in this consumer's hand.
type delivery struct {
	partition  pushlog.Partition
	lane       int
	entry      string
	job        push.Job
	acceptedAt time.Time
	expiresAt  time.Time // zero: never
	retryUntil time.Time // zero: not tried before
	attempts   int       // tries before this one
	deliveries int       // with this one
}

// settlement is what becomes of a delivery.
type settlement struct {
	*delivery
	release bool        // hand it back untouched
	status  push.Status // sent, failed, expired, or retrying
	code    push.Code
	due     time.Time // of the next try
	try     string    // the record's field for this try, and its text; empty if there was none
	line    string
	drop    string   // an old try that makes room
	fields  []string // what the record gets, name and value in turn
}

// policy turns the outcome of a try into a settlement.
type policy struct {
	consumer string
	minDelay time.Duration
	random   func() float64 // 0 ≤ x < 1
}

// expired settles a delivery that nobody may try any more.
func (p policy) expired(d *delivery, now time.Time) settlement {
	return settlement{delivery: d, status: push.Expired, fields: []string{
		pushlog.FieldConsumer, p.consumer,
		pushlog.FieldDeliveries, strconv.Itoa(d.deliveries),
		pushlog.FieldFCMSendYN, "N",
		pushlog.FieldFCMSendTime, stamp(now),
		pushlog.FieldResult, "expired before it could be sent",
	}}
}

// decide settles a delivery by the outcome of a try that began at start.
func (p policy) decide(d *delivery, o push.Outcome, start time.Time) settlement {
	if o.Code == push.CodeStopped {
		return settlement{delivery: d, release: true}
	}
	verdict := o.Code.Verdict()
	attempts := d.attempts + 1
	end := start.Add(o.Took)
	s := settlement{delivery: d, code: o.Code, try: pushlog.PrefixTry + strconv.Itoa(attempts)}
	if attempts-triesAtEnd > triesAtStart {
		s.drop = pushlog.PrefixTry + strconv.Itoa(attempts-triesAtEnd)
	}
	if verdict == push.VerdictHold {
		attempts = d.attempts // nobody's attempt: the next try takes this one's place
	}
	s.fields = append(make([]string, 0, 20),
		pushlog.FieldAttempts, strconv.Itoa(attempts),
		pushlog.FieldDeliveries, strconv.Itoa(d.deliveries),
		pushlog.FieldConsumer, p.consumer,
		pushlog.FieldResult, resultOf(o))

	switch {
	case verdict == push.VerdictSent:
		s.status, s.code = push.Sent, ""
	case verdict == push.VerdictFail, o.Code == push.CodeUnspecified && attempts >= maxUnclear:
		s.status = push.Failed
	default:
		p.wait(&s, o, attempts, end)
	}
	s.line = tryLine(p.consumer, o, start)
	if s.status == push.Retrying {
		s.line += " retry_in=" + short(s.due.Sub(end))
	} else {
		yn := "N"
		if s.status == push.Sent {
			yn = "Y"
		}
		s.fields = append(s.fields, pushlog.FieldFCMSendYN, yn, pushlog.FieldFCMSendTime, stamp(end))
	}
	if s.code != "" || d.attempts > 0 {
		s.fields = append(s.fields, pushlog.FieldErrorCode, string(s.code))
	}
	s.fields = append(s.fields, s.try, s.line)
	return s
}

// wait finds the time of the next try, or ends the push if that would come too
// late.
func (p policy) wait(s *settlement, o push.Outcome, attempts int, now time.Time) {
	s.due = now.Add(p.delay(o, attempts))
	s.status = push.Retrying
	if !s.expiresAt.IsZero() && !s.due.Before(s.expiresAt) {
		s.status = push.Expired
		return
	}
	if o.Code.Verdict() == push.VerdictHold {
		return
	}
	until := s.retryUntil
	if until.IsZero() {
		until = now.Add(retryWindow)
		s.fields = append(s.fields, pushlog.FieldRetryUntil, stamp(until))
	}
	if s.due.After(until) {
		s.status = push.Failed
	}
}

// delay is how long to wait after a try. Retry-After is always kept; from the
// second try on our own doubling is, too, lest a push that is told "in one
// second" for ever be tried thousands of times. The jitter only adds.
// https://firebase.google.com/docs/cloud-messaging/scale-fcm#handling-retries
func (p policy) delay(o push.Outcome, attempts int) time.Duration {
	var d time.Duration
	switch {
	case o.Code.Verdict() == push.VerdictHold:
		d = max(o.RetryAfter, p.minDelay)
	case o.RetryAfter > 0:
		d = max(o.RetryAfter, p.doubled(attempts-1))
	case o.Code == push.CodeQuotaExceeded:
		d = max(quotaDelay, p.doubled(attempts))
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

// resultOf is FCM's answer in one text: the message's name, or code and reason.
func resultOf(o push.Outcome) string {
	if o.Code == push.CodeAccepted {
		return cmp.Or(o.MessageID, "accepted, the answer was cut short")
	}
	return strings.TrimSuffix(string(o.Code)+": "+o.Detail, ": ")
}

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
