package main

import (
	"context"
	"time"
)

// strikeConsumers kills, stops and pauses consumers until ctx ends, then waits
// until all of them run again.
func (s *storm) strikeConsumers(ctx context.Context) {
	d := newDraws(s.flags.Seed, trackConsumers)
	faults := newDeck(d, card(6, s.killConsumer), card(2, s.stopConsumer), card(2, s.pauseConsumer))
	for sleep(ctx, d.span(300*time.Millisecond, 1500*time.Millisecond)) {
		// All is drawn, whether it can strike or not: the next draws are the same.
		fault, n, share := faults.deal(), d.IntN(len(s.sys.consumers)), d.Float64()
		if u := claimOne(s.sys.consumers, n, len(s.sys.consumers)/2); u != nil {
			s.strikes.Go(func() {
				defer u.release()
				fault(ctx, u, share)
			})
		}
	}
}

// killConsumer kills a consumer, and starts it again within 2 s.
func (s *storm) killConsumer(ctx context.Context, u *unit, share float64) {
	at := time.Now()
	p := u.kill()
	s.watcher.follow(u.name, p.PID(), at, nil)
	s.must(u.restart(ctx, time.Duration(share*float64(2*time.Second))))
}

// stopConsumer stops a consumer as an orchestrator does, and starts it again.
func (s *storm) stopConsumer(ctx context.Context, u *unit, share float64) {
	s.stopUnit(u)
	s.must(u.restart(ctx, time.Duration(share*float64(time.Second))))
}

// stopUnit stops a process. That it hands back all is asked for only while
// Redis is there.
func (s *storm) stopUnit(u *unit) {
	begin := time.Now()
	if err := u.stop(); err != nil && s.journal.history().away(begin, time.Now()) == 0 {
		s.complain("%s did not stop cleanly: %v\n%s", u.name, err, u.process().Tail())
	}
}

// pauseConsumer stops a consumer where it is, for longer than its lease, and
// lets it go on as if nothing had happened. One at a time: the others must be
// there to die.
func (s *storm) pauseConsumer(ctx context.Context, u *unit, share float64) {
	if !s.pausing.TryLock() {
		return
	}
	defer s.pausing.Unlock()
	at := time.Now()
	p, goOn, err := u.pause()
	if err != nil {
		s.must(err)
		return
	}
	over := make(chan struct{})
	s.watcher.follow(u.name, p.PID(), at, over)
	sleep(ctx, time.Duration((1.3+0.7*share)*float64(s.flags.Lease)))
	close(over)
	s.must(goOn())
}
