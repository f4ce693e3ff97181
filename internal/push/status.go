package push

import "slices"

// Status is the state of a push, as it stands in its record's field "status".
type Status string

// The states of a push. Sent means that FCM accepted it, not that a phone
// showed it.
const (
	Scheduled Status = "scheduled" // waits for its reserved time
	Queued    Status = "queued"    // on a stream: unread, or in flight
	Retrying  Status = "retrying"  // waits for its next try
	Sent      Status = "sent"      // FCM accepted it
	Failed    Status = "failed"    // refused for good; only a redrive changes it
	Expired   Status = "expired"   // its ttl ran out before FCM accepted it
	Cancelled Status = "cancelled" // taken back before it was sent
)

// Verb is what is done to a push from outside of its delivery.
type Verb string

// The verbs.
const (
	Redrive Verb = "redrive"  // it goes back to the stream
	Cancel  Verb = "cancel"   // it is not sent
	Move    Verb = "move"     // it gets another reserved time
	SendNow Verb = "send_now" // it waits no longer
	Promote Verb = "promote"  // its time has come
	Remove  Verb = "remove"   // it leaves the log
)

// state is a state, and everything that depends on which one it is.
type state struct {
	status          Status
	korean, english string // what people call it, in files for Excel
	terminal        bool   // nothing more happens to it by itself
	coded           bool   // it can have an error code
	takenBy         []Verb
}

// states are all states, in the order in which a push may meet them. This is the only
// list of them: scripts get it from here, see pushlog.Lua.
var states = []state{
	{status: Scheduled, korean: "예약", english: "Scheduled", takenBy: []Verb{Cancel, Move, SendNow, Promote}},
	{status: Queued, korean: "대기", english: "Queued", coded: true, takenBy: []Verb{Cancel}},
	{status: Retrying, korean: "재시도", english: "Retrying", coded: true, takenBy: []Verb{Cancel, SendNow, Promote}},
	{status: Sent, korean: "FCM접수", english: "Accepted", terminal: true, takenBy: []Verb{Remove}},
	{status: Failed, korean: "실패", english: "Failed", terminal: true, coded: true, takenBy: []Verb{Redrive, Remove}},
	{status: Expired, korean: "만료", english: "Expired", terminal: true, coded: true, takenBy: []Verb{Redrive, Remove}},
	{status: Cancelled, korean: "취소", english: "Cancelled", terminal: true, coded: true, takenBy: []Verb{Redrive, Remove}},
}

// statuses are some of them.
func statuses(some func(*state) bool) (list []Status) {
	for i := range states {
		if some(&states[i]) {
			list = append(list, states[i].status)
		}
	}
	return list
}

// Statuses returns all states, in the order in which a push may meet them.
func Statuses() []Status { return statuses(func(*state) bool { return true }) }

// TerminalStatuses returns the states in which nothing more happens to a push by itself.
func TerminalStatuses() []Status { return statuses(func(s *state) bool { return s.terminal }) }

// OpenStatuses returns the others.
func OpenStatuses() []Status { return statuses(func(s *state) bool { return !s.terminal }) }

// CodedStatuses returns the states in which a push can have an error code.
func CodedStatuses() []Status { return statuses(func(s *state) bool { return s.coded }) }

// StatusesFor returns the states in which a push can be for a verb to change it.
func StatusesFor(v Verb) []Status {
	return statuses(func(s *state) bool { return slices.Contains(s.takenBy, v) })
}

// Verbs returns every verb.
func Verbs() []Verb { return []Verb{Redrive, Cancel, Move, SendNow, Promote, Remove} }

// of is the state of a name; nil if there is none.
func (s Status) of() *state {
	for i := range states {
		if states[i].status == s {
			return &states[i]
		}
	}
	return nil
}

// Terminal reports whether nothing more will happen to a push in this state
// by itself.
func (s Status) Terminal() bool { return s.Valid() && s.of().terminal }

// Takes reports whether a verb changes a push in this state.
func (s Status) Takes(v Verb) bool { return s.Valid() && slices.Contains(s.of().takenBy, v) }

// Valid reports whether s is one of the states.
func (s Status) Valid() bool { return s.of() != nil }

// Labels returns what people call the state in Korean and in English, in files for Excel;
// both are the name of one that is not known.
func (s Status) Labels() [2]string {
	if of := s.of(); of != nil {
		return [2]string{of.korean, of.english}
	}
	return [2]string{string(s), string(s)}
}
