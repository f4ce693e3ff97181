package fcmsim

import (
	"sync"
	"sync/atomic"
)

// Stats is what happened since start or reset.
type Stats struct {
	Requests      int64 `json:"requests"`       // to messages:send
	RequestsHTTP2 int64 `json:"requests_http2"` // of these, over HTTP/2
	IDs           int64 `json:"ids"`            // distinct msg_ids that were tried
	Accepted      int64 `json:"accepted"`       // messages that went out to phones
	AcceptedIDs   int64 `json:"accepted_ids"`   // distinct msg_ids among them
	Validated     int64 `json:"validated"`      // good messages with validate_only

	// Duplicates are acceptances of a msg_id after its first, the sum of the
	// two below it. See doc.go.
	Duplicates            int64 `json:"duplicates"`
	DuplicatesUnavoidable int64 `json:"duplicates_unavoidable"`
	DuplicatesOurs        int64 `json:"duplicates_ours"`

	// AnswersBroken are acceptances whose answer a fault broke or withheld,
	// or whose client was gone.
	AnswersBroken int64 `json:"answers_broken"`
	// EarlyRetries are tries of a msg_id before the Retry-After it was given.
	EarlyRetries int64 `json:"early_retries"`
	// RedirectsFollowed are requests to where redirects lead.
	RedirectsFollowed int64 `json:"redirects_followed"`
	TokenRequests     int64 `json:"token_requests"`

	// ByCode counts answers: FCM's code, OK, or what else went out. Its sum is
	// Requests once nothing is in flight.
	ByCode map[string]int64 `json:"by_code"`
	// ByFault counts the faults that struck, by name.
	ByFault map[string]int64 `json:"by_fault"`
}

// counters is Stats while it is being counted.
type counters struct {
	requests, http2, ids, accepted, acceptedIDs, validated atomic.Int64
	duplicates, unavoidable, broken, early                 atomic.Int64
	redirects, tokens                                      atomic.Int64
	byCode, byFault                                        tally
}

func (c *counters) snapshot() Stats {
	s := Stats{
		Requests:          c.requests.Load(),
		RequestsHTTP2:     c.http2.Load(),
		IDs:               c.ids.Load(),
		Accepted:          c.accepted.Load(),
		AcceptedIDs:       c.acceptedIDs.Load(),
		Validated:         c.validated.Load(),
		AnswersBroken:     c.broken.Load(),
		EarlyRetries:      c.early.Load(),
		RedirectsFollowed: c.redirects.Load(),
		TokenRequests:     c.tokens.Load(),
		ByCode:            c.byCode.snapshot(),
		ByFault:           c.byFault.snapshot(),
	}
	// A duplicate counts before it counts as unavoidable: read in the other
	// order, so that ours is never negative.
	s.DuplicatesUnavoidable = c.unavoidable.Load()
	s.Duplicates = c.duplicates.Load()
	s.DuplicatesOurs = s.Duplicates - s.DuplicatesUnavoidable
	return s
}

// tally counts by name. The names are a small closed set, so it stays small.
type tally struct{ counts sync.Map } // string to *atomic.Int64

func (t *tally) add(name string) {
	count, ok := t.counts.Load(name)
	if !ok {
		count, _ = t.counts.LoadOrStore(name, new(atomic.Int64))
	}
	count.(*atomic.Int64).Add(1)
}

func (t *tally) snapshot() map[string]int64 {
	out := map[string]int64{}
	t.counts.Range(func(name, count any) bool {
		out[name.(string)] = count.(*atomic.Int64).Load()
		return true
	})
	return out
}
