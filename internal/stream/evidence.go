package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pushstream/internal/loop"
	"pushstream/internal/redisscript"
)

// weighEvery is how often a worker that has nothing new says how it fares. It counts as
// living for lostAfter.
const weighEvery = 2 * time.Second

// The states of a worker in the evidence.
const (
	sideClosed = "closed"
	sideOpen   = "open"
	sidePaused = "paused"
	sideGone   = "gone"
)

// side is how the worker counts.
func (c *Consumer) side() string {
	switch {
	case c.draining.Load():
		return sideGone
	case c.paused.Load():
		return sidePaused
	case c.gate.breaker.isOpen():
		return sideOpen
	}
	return sideClosed
}

// weighSome reports how FCM answers this worker, if there is something to report.
func (g *gate) weighSome(ctx context.Context, side string) error {
	g.weighing.Lock()
	since := g.weighed
	g.weighing.Unlock()
	answered, _, open := g.breaker.word(since, time.Now())
	if answered < 0 && open == nil && g.held.Load() == nil && time.Since(since) < weighEvery {
		return nil
	}
	return g.weigh(ctx, side)
}

// weighNow reports it after an answer that concerns all workers. What ends a hold is
// reported until it succeeds, since all workers wait for it.
func (g *gate) weighNow(ctx context.Context, must bool) {
	for failures := 0; ; failures++ {
		err := g.weigh(ctx, g.side())
		if err == nil {
			return
		}
		g.trouble.note("reporting how FCM answers", err)
		if !must || !loop.Backoff(ctx, failures) {
			return
		}
	}
}

var weighScript = library.Load("weigh_evidence", redisscript.Writes, redisscript.Names{
	Keys: "hold rate evidence",
	Args: "worker state answered_ms accepted_ms ramp_up_ms life_ms believe_ms reason code detail failing_ms failed_ms probe_ms tokens hashes"})

// weigh runs the script, and notes what it says of the others and of the hold.
func (g *gate) weigh(ctx context.Context, side string) error {
	g.weighing.Lock()
	defer g.weighing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	began := time.Now()
	answered, accepted, open := g.breaker.word(g.weighed, began)
	if side == sideOpen && open == nil {
		side = sideClosed // it has just closed
	}
	if side != sideOpen {
		open = []any{"", "", "", 0, 0, 0, 0, ""}
	}
	args := []any{g.name, side, answered, accepted, g.rampUp.Milliseconds(), lostAfter.Milliseconds(), believedFor.Milliseconds()}
	result, err := weighScript.Run(ctx, g.rdb, []string{holdKey(g.keys, g.project), rateKey(g.keys, g.project), evidenceKey(g.keys, g.project)},
		append(args, open...)...)
	if err != nil {
		return fmt.Errorf("report evidence: %w", err)
	}
	answer, _ := result.([]any)
	if len(answer) != 4 {
		return errors.New("report evidence: unexpected answer")
	}
	g.weighed = began
	others, _ := answer[1].(int64)
	ago, _ := answer[2].(int64)
	left, _ := answer[3].(int64)
	g.breaker.hears(int(others), time.Duration(ago)*time.Millisecond, began)
	if left > 0 && g.breaker.believe(time.Duration(left)*time.Millisecond, time.Now()) {
		g.log.Info("this worker sends again: the hold was ended")
		defer g.changed()
	}
	h, err := readHold(ctx, g.rdb, g.keys, g.project)
	if err != nil {
		return err
	}
	g.see(h)
	return nil
}
