package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// what happened.
type what string

const (
	killed            what = "kill -9"
	stopped           what = "SIGTERM"
	paused            what = "SIGSTOP"
	started           what = "start"
	endedItself       what = "ended by itself"
	redisAway         what = "Redis away"
	connectionsKilled what = "connections killed"
	scriptsFlushed    what = "scripts flushed"
	groupDestroyed    what = "group destroyed"
	fcmFault          what = "FCM"
	partyTrouble      what = "one party"
	writesRefused     what = "writes refused"
	phase             what = "phase"
)

// event is one line of the journal.
type event struct {
	what  what
	who   string    // name of the process, if it struck one
	pid   int       // its pid
	at    time.Time // when it began
	until time.Time // when it was over; zero for a moment, and for what is not over
	note  string
}

// isOf reports whether the event struck a member of the group: its name is
// that of the process, its pid, and chance.
func (e event) isOf(member string) bool {
	return e.pid != 0 && strings.HasPrefix(member, e.who+"-"+strconv.Itoa(e.pid)+"-")
}

// journal is every fault of the storm. It is safe for concurrent use.
type journal struct {
	mu     sync.Mutex
	events []event
}

// note adds a moment.
func (j *journal) note(e event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.at.IsZero() {
		e.at = time.Now()
	}
	j.events = append(j.events, e)
}

// begin adds what lasts, and returns how to end it.
func (j *journal) begin(e event) (end func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.at.IsZero() {
		e.at = time.Now()
	}
	n := len(j.events)
	j.events = append(j.events, e)
	return func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.events[n].until = time.Now()
	}
}

// history is what the journal says so far, in the order of time.
func (j *journal) history() history {
	j.mu.Lock()
	defer j.mu.Unlock()
	h := slices.Clone(j.events)
	slices.SortStableFunc(h, func(a, b event) int { return a.at.Compare(b.at) })
	return h
}

// history is a journal to look things up in, in the order of time.
type history []event

// find returns the first event between two times that ok accepts.
func (h history) find(from, to time.Time, ok func(event) bool) (event, bool) {
	for _, e := range h {
		if !e.at.Before(from) && !e.at.After(to) && ok(e) {
			return e, true
		}
	}
	return event{}, false
}

// count is how many events ok accepts.
func (h history) count(ok func(event) bool) int {
	n := 0
	for _, e := range h {
		if ok(e) {
			n++
		}
	}
	return n
}

// away is how long Redis was away between two times.
func (h history) away(from, to time.Time) time.Duration {
	return h.during(from, to, func(e event) bool { return e.what == redisAway })
}

// during is how long between two times any event went on that ok accepts.
func (h history) during(from, to time.Time, ok func(event) bool) time.Duration {
	var sum time.Duration
	for _, e := range h { // in the order of time
		end := e.until
		if end.IsZero() || end.After(to) {
			end = to
		}
		if begin := latest(e.at, from); ok(e) && end.After(begin) {
			sum += end.Sub(begin)
			from = end // what overlaps counts once
		}
	}
	return sum
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// between are the events that were going on at some time between two.
func (h history) between(from, to time.Time) history {
	var some history
	for _, e := range h {
		if end := e.until; !e.at.After(to) && (!e.at.Before(from) || end.After(from)) {
			some = append(some, e)
		}
	}
	return some
}

// print writes a line for each event, with seconds since begin.
func (h history) print(w io.Writer, begin time.Time) {
	for _, e := range h {
		line := fmt.Sprintf("%9.3f  %s", e.at.Sub(begin).Seconds(), e.what)
		if e.who != "" {
			line += " " + e.who
		}
		if e.pid != 0 {
			line += fmt.Sprintf(" (pid %d)", e.pid)
		}
		if !e.until.IsZero() {
			line += fmt.Sprintf(" for %.3f s", e.until.Sub(e.at).Seconds())
		}
		if e.note != "" {
			line += ": " + e.note
		}
		fmt.Fprintln(w, line)
	}
}
