package share

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrFull is that too many of a party wait already.
var ErrFull = errors.New("too many requests wait at the same time")

// LineOptions are how a Line is divided.
type LineOptions struct {
	Places  int  // that work at the same time
	Waiting int  // that may wait for a place: of those that go ahead, and of the others
	Whole   bool // one party may have all places, since each is taken for a moment only; else its share
}

// Who waits for a place.
type Who struct {
	Party string // whose share it takes
	Kind  string // of the work: each kind of a party has turns of its own
	Ahead bool   // goes before all that do not
}

// Line gives places to who waits, in turns: one of each party and kind, then the next
// of each. So a party with many waiting delays another by one turn.
type Line struct {
	opt   LineOptions
	rooms [2]*Amounts // of those that go ahead, and of the others

	mu    sync.Mutex
	used  int            // places
	of    map[string]int // the same by party; who has none is not in it
	flows [2][]*flow     // in the order of their turns; none is without a waiter
}

// flow is who waits of a party and a kind, the first first.
type flow struct {
	party, kind string
	waiters     []chan struct{} // closed when it has its place
}

// NewLine divides places.
func NewLine(o LineOptions) *Line {
	return &Line{opt: o, of: map[string]int{}, rooms: [2]*Amounts{NewAmounts(int64(o.Waiting)), NewAmounts(int64(o.Waiting))}}
}

// Enter waits for a place until ctx ends; leave gives it back, once. ErrFull if too many
// of the party wait.
func (l *Line) Enter(ctx context.Context, w Who) (leave func(), err error) {
	class := 1
	if w.Ahead {
		class = 0
	}
	if !l.rooms[class].Take(w.Party, 1) {
		return nil, ErrFull
	}
	defer l.rooms[class].Give(w.Party, 1)
	turn := make(chan struct{})
	l.mu.Lock()
	l.join(class, w, turn)
	l.next()
	l.mu.Unlock()
	select {
	case <-turn:
		return func() { l.leave(w.Party) }, nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	waits := l.quit(class, w, turn)
	l.mu.Unlock()
	if !waits { // the place came in the same moment
		l.leave(w.Party)
	}
	return nil, ctx.Err()
}

// Waiting is how many wait.
func (l *Line) Waiting() int64 { return l.rooms[0].Used() + l.rooms[1].Used() }

func (l *Line) find(class int, w Who) int {
	return slices.IndexFunc(l.flows[class], func(f *flow) bool { return f.party == w.Party && f.kind == w.Kind })
}

func (l *Line) join(class int, w Who, turn chan struct{}) {
	if i := l.find(class, w); i >= 0 {
		l.flows[class][i].waiters = append(l.flows[class][i].waiters, turn)
		return
	}
	l.flows[class] = append(l.flows[class], &flow{party: w.Party, kind: w.Kind, waiters: []chan struct{}{turn}})
}

// quit takes one out of the line, and reports whether it was still in it.
func (l *Line) quit(class int, w Who, turn chan struct{}) bool {
	i := l.find(class, w)
	if i < 0 {
		return false
	}
	f := l.flows[class][i]
	at := slices.Index(f.waiters, turn)
	if at < 0 {
		return false
	}
	if f.waiters = slices.Delete(f.waiters, at, at+1); len(f.waiters) == 0 {
		l.flows[class] = slices.Delete(l.flows[class], i, i+1)
	}
	return true
}

// next gives free places to the next in line.
func (l *Line) next() {
	for class := range l.flows {
		for i := 0; i < len(l.flows[class]); {
			f := l.flows[class][i]
			if !l.take(f.party) {
				i++ // it has its share
				continue
			}
			close(f.waiters[0])
			f.waiters = f.waiters[1:]
			l.flows[class] = slices.Delete(l.flows[class], i, i+1)
			if len(f.waiters) > 0 {
				l.flows[class] = append(l.flows[class], f)
			}
		}
	}
}

// take takes a place for a party, if there is one and the party may have it.
func (l *Line) take(party string) bool {
	free := l.opt.Places - l.used
	if free <= 0 || !l.opt.Whole && l.of[party] >= free {
		return false
	}
	l.used++
	l.of[party]++
	return true
}

// leave gives a place back.
func (l *Line) leave(party string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used--
	if l.of[party]--; l.of[party] == 0 {
		delete(l.of, party)
	}
	l.next()
}
