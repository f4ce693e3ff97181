package main

import (
	"context"
	"time"
)

// strikeProducers kills and stops producers, one at a time, until ctx ends.
func (s *storm) strikeProducers(ctx context.Context) {
	d := newDraws(s.flags.Seed, trackProducers)
	faults := newDeck(d, card(2, killed), card(1, stopped))
	for sleep(ctx, d.span(2*time.Second, 5*time.Second)) {
		u, after := s.sys.producers[d.IntN(len(s.sys.producers))], d.span(0, time.Second)
		if faults.deal() == killed {
			u.kill()
		} else {
			s.stopUnit(u)
		}
		s.must(u.restart(ctx, after))
	}
}
