package stream

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"pushstream/internal/push"
)

// What opens the circuit breaker of a worker. See docs/adr/0018-holds-on-evidence.md for
// the reasons of each figure.
const (
	silentTries  = 20               // tries in a row that FCM did not answer
	silentLong   = 5                // enough of them if they last longer than silentFor
	silentFor    = time.Second      // or wellFor, if all were answered with 5xx
	silentTokens = 3                // different tokens among them, unless none was sent at all
	refusedTries = 3                // different tokens refused in a row
	foreignTries = 5                // different tokens with SENDER_ID_MISMATCH in a row
	wellFor      = 10 * time.Second // after an answer: until then it takes silentTries of either
	longestWait  = 3                // first waits between two probes: a push in half a minute does no harm
	mostTokens   = 64               // of a run that are told apart
	shownTokens  = 8                // of them that the evidence names, by their hashes
)

// breaker is the circuit breaker of one worker. It is closed while the worker gets
// through to FCM. It opens when the worker's own tries fail in a row; then the worker
// probes with one push at a time until FCM answers.
type breaker struct {
	first time.Duration // wait before the first probe

	mu       sync.Mutex
	answered time.Time // when FCM last answered this worker
	accepted time.Time // and last accepted a push
	failing  streak    // tries without an answer, or refused, since answered
	foreign  streak    // tries with SENDER_ID_MISMATCH, since accepted
	recent   window    // of UNREGISTERED among the last tries
	believed time.Time // until then neither of the two opens it: FCM has accepted something, or an operator said so
	open     *Circuit  // nil while it is closed
	opened   time.Time
	since    time.Time // when what opened it began
	failed   time.Time // when it last failed while open
	tokens   []string  // that it failed with since
	probing  bool      // a probe is under way
	next     time.Time // of the next probe
	every    time.Duration

	// Of the others, by the newest answer of weigh_evidence.
	others    int       // living workers that send
	elsewhere time.Time // when FCM last answered any worker
}

// Circuit says why the circuit breaker of a worker is open.
type Circuit struct {
	Reason  Reason    `json:"reason"`
	Code    push.Code `json:"code"`             // of its last failure
	Detail  string    `json:"detail,omitempty"` // of the same
	Mend    string    `json:"mend"`
	Since   string    `json:"since"`
	Tokens  int       `json:"tokens"`             // different device tokens that it failed with
	ProbeAt string    `json:"probe_at,omitempty"` // when it tries again with a single push
}

// Error words it for /readyz.
func (c *Circuit) Error() string {
	text := fmt.Sprintf("circuit breaker open since %s: %s, %s %s, with %d device tokens; next probe at %s",
		c.Since, c.Reason, c.Code, c.Detail, c.Tokens, c.ProbeAt)
	return text + "; " + c.Reason.Mend()
}

// streak is a number of failures in a row.
type streak struct {
	since   time.Time
	tries   int
	written int // tries whose request may have been written
	refused int // tries that were refused
	spoken  int // tries that were answered with an HTTP status
	tokens  []string
	barred  []string // tokens that were refused
}

func (r *streak) add(token string, o push.Outcome, refused bool, now time.Time) {
	if r.tries == 0 {
		r.since = now
	}
	r.tries++
	if !surelyNotSent(o) {
		r.written++
	}
	if o.HTTPStatus != 0 {
		r.spoken++
	}
	r.tokens = with(r.tokens, token)
	if refused {
		r.refused++
		r.barred = with(r.barred, token)
	}
}

// with adds a token to a short list, once.
func with(tokens []string, token string) []string {
	for _, t := range tokens {
		if t == token {
			return tokens
		}
	}
	if len(tokens) >= mostTokens {
		return tokens
	}
	return append(tokens, token)
}

// surelyNotSent reports whether no request can have reached FCM.
func surelyNotSent(o push.Outcome) bool {
	return o.Code == push.CodeNotSent || o.Code == push.CodeCredential && o.HTTPStatus == 0
}

// ruling is what becomes of a push after a try, beside what FCM answered.
type ruling struct {
	counts   bool // the try is one of the push's own
	handOver bool // the push goes back for other workers, at once
	refusals int  // times in a row that it was refused while others got through; 0: this is no such refusal
}

// change says what a try did to the breaker.
type change int

const (
	unchanged change = iota
	opens
	closes
)

// judge takes the answer to a try with a token (by its hash). held is the project's
// hold, nil if there is none.
func (b *breaker) judge(probe bool, token string, o push.Outcome, held *Hold, now time.Time) (ruling, change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if probe {
		b.probing = false
	}
	reason := Reason("") // what the project or this worker is known to suffer from
	if held != nil && held.Until == "" {
		reason = held.Reason
	}
	if b.open != nil {
		reason = b.open.Reason
	}
	switch signOf(o.Code) {
	case neutral:
		return ruling{}, unchanged
	case absent, refusing:
		return b.fails(probe, token, o, reason, now)
	}
	// FCM answers.
	b.answered, b.failing = now, streak{}
	suspect := false // an answer that is no acceptance, while such answers are the trouble
	switch o.Code {
	case push.CodeAccepted:
		b.accepted, b.foreign = now, streak{}
		b.recent.add(token, false, now)
	case push.CodeSenderIDMismatch:
		b.foreign.add(token, o, false, now)
		b.recent.add(token, false, now)
		suspect = reason == HoldMismatch
		if n := len(b.foreign.tokens); b.open == nil && now.After(b.believed) &&
			(suspect && probe || n >= silentTries || n >= foreignTries && now.Sub(b.accepted) > wellFor) {
			b.trip(HoldMismatch, o, b.foreign.tokens, b.foreign.since, now)
			return ruling{handOver: true}, opens
		}
	case push.CodeUnregistered:
		b.recent.add(token, true, now)
		suspect = reason == HoldUnregistered
		if b.open == nil && now.After(b.believed) && (suspect && probe || b.recent.wave(now)) {
			since, tokens := b.recent.end(now)
			b.trip(HoldUnregistered, o, tokens, since, now)
			return ruling{handOver: true}, opens
		}
	default: // FCM found something else wrong: it is one of the last tries, too
		b.recent.add(token, false, now)
	}
	if suspect {
		b.fail(probe, token, o, now)
		return ruling{handOver: true}, unchanged
	}
	if b.open == nil || b.open.Reason.answers() && o.Code != push.CodeAccepted {
		return ruling{counts: true}, unchanged
	}
	b.close(now)
	return ruling{counts: true}, closes
}

// fails takes a try that FCM did not answer, or that was refused without FCM's word.
func (b *breaker) fails(probe bool, token string, o push.Outcome, reason Reason, now time.Time) (ruling, change) {
	refused := signOf(o.Code) == refusing
	b.failing.add(token, o, refused, now)
	if b.open != nil {
		b.fail(probe, token, o, now)
		return ruling{handOver: probe || refused || surelyNotSent(o)}, unchanged
	}
	r, long := &b.failing, silentFor
	if r.spoken == r.tries {
		long = wellFor // FCM answers, if only with errors: single pushes may well succeed
	}
	trips := probe || // of a hold: it is known what is the matter
		refused && o.HTTPStatus == 0 || // the token endpoint has said so
		refused && len(r.barred) >= refusedTries && (now.Sub(b.answered) > wellFor || r.refused >= silentTries) ||
		!refused && (r.tries >= silentTries || r.tries >= silentLong && now.Sub(r.since) >= long) &&
			(len(r.tokens) >= silentTokens || r.written == 0)
	if trips {
		b.trip(reasonOf(o.Code), o, r.tokens, r.since, now)
		return ruling{handOver: probe || refused || surelyNotSent(o)}, opens
	}
	known := reason != "" || refused
	return ruling{counts: !known, handOver: o.Code == push.CodeNotSent && b.others > 0}, unchanged
}

// trip opens it.
func (b *breaker) trip(reason Reason, o push.Outcome, tokens []string, since, now time.Time) {
	b.opened, b.since, b.failed, b.every = now, since, now, b.first
	b.tokens, b.next = tokens, now.Add(b.every)
	b.open = &Circuit{Reason: reason, Mend: reason.Mend(), Since: stamp(now), Code: o.Code, Detail: o.Detail, Tokens: len(tokens)}
}

// fail notes one more failure, if it is open.
func (b *breaker) fail(probe bool, token string, o push.Outcome, now time.Time) {
	if b.open == nil {
		return
	}
	b.failed, b.tokens = now, with(b.tokens, token)
	b.open.Code, b.open.Detail, b.open.Tokens = o.Code, o.Detail, len(b.tokens)
	if probe {
		b.every = min(2*b.every, longestWait*b.first)
		b.next = now.Add(b.every)
	}
}

// close closes it.
func (b *breaker) close(now time.Time) {
	if b.open.Reason.answers() {
		b.believed = now.Add(believedFor)
	}
	b.open, b.failing, b.foreign, b.recent.tries = nil, streak{}, streak{}, nil
}

// believe has UNREGISTERED believed for a while, since an operator ended a hold for it; a
// breaker that is open for it closes. It reports whether it did.
func (b *breaker) believe(left time.Duration, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := now.Add(left); until.After(b.believed) {
		b.believed = until
	}
	if b.open == nil || b.open.Reason != HoldUnregistered || now.Add(left).Sub(b.opened) < believedFor {
		return false // it opened later
	}
	b.close(now)
	return true
}

// probeNow has an open breaker probe at once, after the project's hold has ended.
func (b *breaker) probeNow(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open != nil {
		b.next, b.every = now, b.first
	}
}

// probe lets one push probe, or says when to ask again. A worker that has not stepped
// back probes the project's hold at once: it has not failed yet.
func (b *breaker) probe(now time.Time) (bool, time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.probing:
		return false, askEvery
	case b.open != nil && now.Before(b.next):
		return false, b.next.Sub(now)
	}
	b.probing = true
	return true, 0
}

// giveBack takes back a probe that was not made.
func (b *breaker) giveBack() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

// spares reports whether a token was UNREGISTERED in a wave only.
func (b *breaker) spares(token string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.recent.spared[token] && (b.open != nil || time.Since(b.opened) < time.Minute)
}

// toRestore returns the tokens that are to be taken off the suppression list, once.
func (b *breaker) toRestore() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	tokens := b.recent.pending
	b.recent.pending = nil
	return tokens
}

// restoreLater takes back what toRestore returned.
func (b *breaker) restoreLater(tokens []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recent.pending = append(b.recent.pending, tokens...)
}

// circuit is why the breaker is open, nil if it is closed.
func (b *breaker) circuit() *Circuit {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == nil {
		return nil
	}
	c := *b.open
	c.ProbeAt = stamp(b.next)
	return &c
}

func (b *breaker) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open != nil
}

// hears notes what weigh_evidence says of the other workers: how many send, and how long ago FCM
// last answered one; less than 0 if that is unknown.
func (b *breaker) hears(others int, ago time.Duration, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.others = others
	if ago >= 0 {
		b.elsewhere = now.Add(-ago)
	}
}

// lastAnswer is when FCM last answered any worker of the project, as far as this one
// knows.
func (b *breaker) lastAnswer() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.elsewhere.After(b.answered) {
		return b.elsewhere
	}
	return b.answered
}

// word is what this worker reports to weigh_evidence: answered_ms, accepted_ms, and if the
// breaker is open, reason and all that follows it.
func (b *breaker) word(since, now time.Time) (answered, accepted int64, open []any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ago := func(at time.Time) int64 {
		if !at.After(since) {
			return -1
		}
		return max(now.Sub(at).Milliseconds(), 0)
	}
	answered, accepted = ago(b.answered), ago(b.accepted)
	if c := b.open; c != nil {
		open = []any{string(c.Reason), string(c.Code), c.Detail, now.Sub(b.since).Milliseconds(), now.Sub(b.failed).Milliseconds(),
			max(b.next.Sub(now).Milliseconds(), 0), c.Tokens, strings.Join(b.tokens[max(0, len(b.tokens)-shownTokens):], " ")}
	}
	return answered, accepted, open
}
