package push

// Status is the state of a push, as it stands in its record's field "status".
type Status string

// The states of a push. Sent means that FCM accepted it, not that a phone
// showed it.
const (
	Scheduled Status = "scheduled" // waits for its reserved time
	Queued    Status = "queued"    // on a stream: unread, or in a consumer's hand
	Retrying  Status = "retrying"  // waits for its next try
	Sent      Status = "sent"      // FCM accepted it
	Failed    Status = "failed"    // refused for good; only a redrive changes it
	Expired   Status = "expired"   // its ttl ran out before FCM accepted it
	Cancelled Status = "cancelled" // taken back before it was sent
)

// Statuses returns all states, in the order in which a push may meet them.
func Statuses() []Status {
	return []Status{Scheduled, Queued, Retrying, Sent, Failed, Expired, Cancelled}
}

// Terminal reports whether nothing more will happen to a push in this state
// by itself.
func (s Status) Terminal() bool {
	return s == Sent || s == Failed || s == Expired || s == Cancelled
}

// Valid reports whether s is one of the states.
func (s Status) Valid() bool {
	switch s {
	case Scheduled, Queued, Retrying, Sent, Failed, Expired, Cancelled:
		return true
	}
	return false
}
