package admin

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/stream"
)

// selectionTime is how long one request works through a selection: less than most
// proxies wait for an answer.
const selectionTime = 45 * time.Second

// SelectionFields returns the names that ParseSelection knows.
func SelectionFields() []string {
	return []string{FieldStatus, FieldSince, FieldUntil, FieldErrorCode, push.FieldCsno, push.FieldPushGrpID, push.FieldDeviceID}
}

// Redrivable and Cancellable return the states that a push can be in to be
// redriven, or cancelled.
func Redrivable() []push.Status { return []push.Status{push.Failed, push.Expired, push.Cancelled} }

// Cancellable: see Redrivable.
func Cancellable() []push.Status { return []push.Status{push.Scheduled, push.Queued, push.Retrying} }

// ParseSelection reads a selection, by name, of pushes in one of the states. It
// names every mistake.
func ParseSelection(given Given, states []push.Status) (stream.Selection, error) {
	p := &parser{Given: given}
	s := p.selection(states)
	return s, p.err()
}

func (p *parser) selection(states []push.Status) stream.Selection {
	var s stream.Selection
	status, _ := p.one(FieldStatus)
	s.Status = push.Status(status)
	p.check(slices.Contains(states, s.Status), "%s must be one of %v", FieldStatus, states)
	s.Since, s.Until = p.instants()
	s.ErrorCode = p.code()
	s.Csno, s.PushGrpID, s.DeviceID = p.text(push.FieldCsno), p.text(push.FieldPushGrpID), p.token()
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

// selected is the answer to a redrive or cancel of a selection.
type selected struct {
	Looked  int                   `json:"looked"`
	Matched int                   `json:"matched"`
	Changes map[stream.Change]int `json:"changes"`
	Done    bool                  `json:"done"`
}

func (a *api) redriveSelected(c *gin.Context) {
	a.changeSelected(c, audit.Redrive, a.control.RedriveSelected, Redrivable())
}

func (a *api) cancelSelected(c *gin.Context) {
	a.changeSelected(c, audit.Cancel, a.control.CancelSelected, Cancellable())
}

func (a *api) changeSelected(c *gin.Context, action audit.Action, do selector, states []push.Status) {
	in, ok := readBody(c, membersOf(text, append(SelectionFields(), fieldReason)...)...)
	if !ok {
		return
	}
	s, reason := in.selection(states), in.reason(false)
	if in.refusedBody(c) {
		return
	}
	note(c, zap.String("selected", string(s.Status)), zap.Strings("filter", slices.Sorted(maps.Keys(in.Given))))
	subject, customer := in.describe()
	if !a.enter(c, audit.Entry{Action: action, Subject: subject, Customer: customer, Reason: reason}) {
		return
	}
	ctx, cancel := a.long(c, selectionTime)
	defer cancel()
	p, done, err := WorkThrough(ctx, do, s, nil)
	note(c, zap.Int("looked", p.Looked), zap.Int("matched", p.Matched), zap.Any("changes", p.Changes))
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	if done {
		conclude(c, "done")
	} else {
		conclude(c, notDone)
	}
	c.JSON(http.StatusOK, selected{p.Looked, p.Matched, p.Changes, done})
}
