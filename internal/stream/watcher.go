package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"pushstream/internal/loop"
)

// watchEvery is how often a consumer looks whether it is to pause, and whether
// sending is held. It obeys within a second.
const watchEvery = 400 * time.Millisecond

// everyone is the field of the control hash that is for all consumers.
const everyone = "*"

// paused is the value of a field of the control hash.
const paused = "paused"

// watcher looks until ctx ends. It stops the consumer when the store is set to another
// project.
func (c *Consumer) watcher(ctx context.Context, stop context.CancelCauseFunc) {
	for ctx.Err() == nil {
		err := c.watch(ctx)
		switch {
		case errors.Is(err, ErrProject):
			c.log.Error("stopping: this store is set to another project", zap.Error(err))
			stop(err)
		case err != nil && ctx.Err() == nil:
			c.trouble.note("looking for orders", err)
		}
		loop.Sleep(ctx, watchEvery)
	}
	// The others must not wait for this worker's answers.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := c.gate.weigh(last, sideGone); err != nil {
		c.trouble.note("leaving the evidence", err)
	}
}

// watch reads what is desired of this consumer, the hold, and the store's project, and
// obeys.
func (c *Consumer) watch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	pipe := c.rdb.Pipeline()
	control := pipe.HMGet(ctx, controlKey(c.keys), everyone, c.opt.Instance)
	hold := pipe.HGetAll(ctx, holdKey(c.keys, c.opt.Project))
	project := pipe.MGet(ctx, projectKey(c.keys)) // nil is no error of MGET
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("read control and hold: %w", err)
	}
	if err := c.checkProject(ctx, project.Val()[0]); err != nil {
		return err
	}
	c.gate.see(parseHold(c.opt.Project, hold.Val(), c.clock.Now()))
	all, one := control.Val()[0] != nil, control.Val()[1] != nil
	if c.pausedAll && !all {
		// All go on at the same time.
		if _, err := endHold(ctx, c.rdb, c.keys, c.opt.Project, c.opt.RampUp, noHold); err != nil {
			return err
		}
	}
	c.pausedAll = all
	c.pause(all || one)
	c.gate.holdIfAllLimited(ctx)
	return c.gate.weighSome(ctx, c.side())
}

// pause has the consumer pause, or go on.
func (c *Consumer) pause(pause bool) {
	if c.paused.Swap(pause) == pause {
		return
	}
	if pause {
		c.log.Info("paused", zap.Int("in_hand", c.InFlight()))
	} else {
		c.log.Info("resumed")
	}
	c.adjust()
}

// adjust closes the intake while the consumer is paused, or its circuit breaker is open and
// the project is not held; else it opens the intake. Deliveries that no worker has begun are
// released; sends in flight finish.
func (c *Consumer) adjust() {
	c.adjusting.Lock()
	paused := c.paused.Load()
	open := !paused && !c.gate.alone()
	c.unpaused.set(!paused)
	changed := c.intake.set(open)
	c.adjusting.Unlock()
	if changed && !open {
		c.returnWaiting()
	}
	select {
	case c.beatNow <- struct{}{}:
	default: // it is about to
	}
}

// returnWaiting releases what no worker has begun.
func (c *Consumer) returnWaiting() {
	for {
		select {
		case d, ok := <-c.jobs:
			if !ok {
				return
			}
			c.finish(d)
			c.settled <- settlement{delivery: d, release: true}
			c.slots.give(1)
		default:
			return
		}
	}
}
