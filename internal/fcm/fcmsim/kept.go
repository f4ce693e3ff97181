package fcmsim

import (
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Message is what is known of one msg_id.
type Message struct {
	MsgID         string    `json:"msg_id"`
	Attempts      int       `json:"attempts"`
	Accepted      int       `json:"accepted"`       // times it went out
	AnswersBroken int       `json:"answers_broken"` // acceptances that the client didn't learn of
	EarlyRetries  int       `json:"early_retries"`
	First         time.Time `json:"first"` // arrival of the first try
	Last          time.Time `json:"last"`  // arrival of the last one
	LastAccepted  time.Time `json:"last_accepted,omitzero"`
	// Body is the request that was accepted last, as it came; nil if it isn't
	// kept any more.
	Body json.RawMessage `json:"body,omitempty"`
}

// Accepted is one acceptance.
type Accepted struct {
	MsgID string          `json:"msg_id,omitempty"`
	Name  string          `json:"name"` // what FCM calls it: projects/{p}/messages/{opaque}
	At    time.Time       `json:"at"`
	Body  json.RawMessage `json:"body"` // the request as it came
}

// Acceptance says when a message went out, and whether the client can't have
// learned of it, since a fault broke or withheld the answer or the client was
// gone.
type Acceptance struct {
	At     time.Time
	Broken bool
}

// ring keeps the last acceptances. Its slots are used again, so that keeping
// costs a copy and no garbage.
type ring struct {
	mu    sync.Mutex
	limit int // none if it isn't positive
	slots []slot
	next  int // the oldest slot, once all are in use
}

type slot struct {
	id   string
	at   time.Time
	name []byte
	body []byte
}

func (r *ring) add(id string, at time.Time, name, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.limit <= 0 {
		return
	}
	if len(r.slots) < r.limit {
		r.slots = append(r.slots, slot{id, at, slices.Clone(name), slices.Clone(body)})
		return
	}
	s := &r.slots[r.next]
	r.next = (r.next + 1) % len(r.slots)
	s.id, s.at = id, at
	s.name = append(s.name[:0], name...)
	s.body = append(s.body[:0], body...)
}

// resize makes limit the limit, and forgets what is kept if that changes it.
func (r *ring) resize(limit int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if limit != r.limit {
		r.limit, r.slots, r.next = limit, nil, 0
	}
}

// newest returns up to limit acceptances, the last one first; all if limit is
// negative.
func (r *ring) newest(limit int) []Accepted {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.slots)
	if limit >= 0 {
		n = min(n, limit)
	}
	out := make([]Accepted, n)
	for i := range out {
		s := r.back(i)
		out[i] = Accepted{s.id, string(s.name), s.at, slices.Clone(s.body)}
	}
	return out
}

// lastBody returns the body of id that was accepted last, or nil.
func (r *ring) lastBody(id string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.slots {
		if s := r.back(i); s.id == id {
			return slices.Clone(s.body)
		}
	}
	return nil
}

// back returns the slot of i acceptances ago.
func (r *ring) back(i int) *slot {
	n := len(r.slots)
	return &r.slots[(r.next+n-1-i)%n]
}
