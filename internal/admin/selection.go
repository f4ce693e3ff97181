package admin

import (
	"context"
	"slices"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/stream"
)

// Redrivable and Cancellable return the states that a push can be in to be
// redriven, or cancelled.
func Redrivable() []push.Status { return push.StatusesFor(push.Redrive) }

// Cancellable: see Redrivable.
func Cancellable() []push.Status { return push.StatusesFor(push.Cancel) }

// ParseSelection reads a selection, by name, of pushes in one of the states. It
// names every mistake.
//
// zone is that of reserved times.
func ParseSelection(given Given, states []push.Status, zone *time.Location) (stream.Selection, error) {
	p := &parser{Given: given}
	s := p.selection(states)
	s.Zone = zone
	return s, p.err()
}

func (p *parser) selection(states []push.Status) stream.Selection {
	p.Normalize()
	var s stream.Selection
	status, _ := p.one(FieldStatus)
	s.Status = push.Status(status)
	p.check(slices.Contains(states, s.Status), "%s must be one of %v", FieldStatus, states)
	s.Since, s.Until = p.instants(FieldSince, FieldUntil)
	s.ErrorCode = p.code()
	s.Csno, s.PushGrpID, s.DeviceID = p.text(push.FieldCsno), p.text(push.FieldPushGrpID), p.token(push.FieldDeviceID)
	s.FCMSent, s.Reserved = p.ranges()
	return s
}

// selector is RedriveSelected or CancelSelected of stream.Control.
type selector func(ctx context.Context, s stream.Selection, tell func(stream.Progress)) (stream.Progress, error)

// WorkThrough redrives or cancels a selection until it is done or ctx ends; and
// then it stops between two steps, so that the counts are true.
func WorkThrough(ctx context.Context, do selector, s stream.Selection, tell func(stream.Progress)) (p stream.Progress, done bool, err error) {
	steps, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	stopped := false
	p, err = do(steps, s, func(p stream.Progress) {
		if tell != nil {
			tell(p)
		}
		if ctx.Err() != nil {
			stopped = true
			end()
		}
	})
	if stopped {
		return p, err == nil, nil
	}
	return p, err == nil, err
}
