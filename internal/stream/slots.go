package stream

import "context"

// slots are the places for in-flight pushes. A reader takes as many as are free
// before it reads, so that nothing is read that can't be started.
type slots struct {
	free chan struct{}
	turn chan struct{} // one reader takes at a time, so that two can't each hold half of what they need
}

func newSlots(n int) *slots {
	s := &slots{free: make(chan struct{}, n), turn: make(chan struct{}, 1)}
	s.give(n)
	return s
}

// take waits for the least number of slots, then takes what is free up to the
// most. It returns 0 if ctx ends first.
func (s *slots) take(ctx context.Context, least, most int) int {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	defer func() { <-s.turn }()
	for n := range most {
		if n < least {
			select {
			case <-s.free:
			case <-ctx.Done():
				s.give(n)
				return 0
			}
			continue
		}
		select {
		case <-s.free:
		default:
			return n
		}
	}
	return most
}

func (s *slots) give(n int) {
	for range n {
		s.free <- struct{}{}
	}
}
