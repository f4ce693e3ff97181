package admin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/stream"
)

// selectionTime is how long one request works through a selection. The server
// wants every answer within a minute.
const selectionTime = 45 * time.Second

// The fields of a selection, as the API names them.
const (
	FieldStatus    = "status"
	FieldSince     = "since"
	FieldUntil     = "until"
	FieldErrorCode = "error_code"
)

// SelectionFields returns the names that ParseSelection knows.
func SelectionFields() []string {
	return []string{FieldStatus, FieldSince, FieldUntil, FieldErrorCode, push.FieldCsno, push.FieldPushGrpID, push.FieldDeviceID}
}

// Redrivable and Cancellable return the states that a push can be in to be
// redriven, or cancelled.
func Redrivable() []push.Status { return []push.Status{push.Failed, push.Expired, push.Cancelled} }

// Cancellable: see Redrivable.
func Cancellable() []push.Status { return []push.Status{push.Scheduled, push.Queued, push.Retrying} }

// ErrorCodes returns the codes that a record may have.
func ErrorCodes() []push.Code {
	codes := slices.DeleteFunc(push.Codes(), func(c push.Code) bool { return c == push.CodeAccepted || c == push.CodeStopped })
	return append(codes, push.CodeInvalidJob, push.CodeSuppressed, push.CodePoison)
}

// ParseSelection reads a selection, by name, of pushes in one of the states. It
// names every mistake. A value that was given and is empty is one: it must not
// select more than was meant.
func ParseSelection(given map[string]string, states []push.Status) (stream.Selection, error) {
	s := stream.Selection{
		Status: push.Status(given[FieldStatus]), ErrorCode: push.Code(given[FieldErrorCode]),
		Csno: given[push.FieldCsno], PushGrpID: given[push.FieldPushGrpID], DeviceID: given[push.FieldDeviceID],
	}
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	instant := func(name string) (t time.Time) {
		if text, is := given[name]; is {
			var err error
			t, err = time.Parse(time.RFC3339, text)
			check(err == nil, "%s must be a time as RFC 3339 has it, such as 2026-11-24T09:30:00+09:00", name)
		}
		return t
	}
	check(slices.Contains(states, s.Status), "%s must be one of %v", FieldStatus, states)
	s.Since, s.Until = instant(FieldSince), instant(FieldUntil)
	check(s.Since.IsZero() || s.Until.IsZero() || s.Since.Before(s.Until), "%s must be before %s", FieldSince, FieldUntil)
	if _, is := given[FieldErrorCode]; is {
		check(slices.Contains(ErrorCodes(), s.ErrorCode), "%s must be one of %v", FieldErrorCode, ErrorCodes())
	}
	for _, name := range []string{push.FieldCsno, push.FieldPushGrpID} {
		text, is := given[name]
		check(!is || text != "", "%s must not be empty", name)
		check(utf8.RuneCountInString(text) <= push.MaxText, "%s is longer than %d characters", name, push.MaxText)
	}
	text, is := given[push.FieldDeviceID]
	check(!is || text != "", "%s must not be empty", push.FieldDeviceID)
	check(len(text) <= push.MaxToken, "%s is longer than %d bytes", push.FieldDeviceID, push.MaxToken)
	return s, errors.Join(faults...)
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
	a.changeSelected(c, a.control.RedriveSelected, Redrivable())
}

func (a *api) cancelSelected(c *gin.Context) {
	a.changeSelected(c, a.control.CancelSelected, Cancellable())
}

func (a *api) changeSelected(c *gin.Context, do selector, states []push.Status) {
	given, faults, ok := readBody(c, SelectionFields()...)
	if !ok {
		return
	}
	s, err := ParseSelection(given, states)
	if err := errors.Join(append(faults, err)...); err != nil {
		httpapi.Fail(c, http.StatusUnprocessableEntity, err.Error())
		return
	}
	note(c, zap.String("selected", string(s.Status)), zap.Strings("by", slices.Sorted(maps.Keys(given))))
	ctx, cancel := context.WithTimeout(c.Request.Context(), selectionTime)
	defer cancel()
	defer context.AfterFunc(a.stop, cancel)()
	p, done, err := WorkThrough(ctx, do, s, nil)
	note(c, zap.Int("looked", p.Looked), zap.Int("matched", p.Matched), zap.Any("changes", p.Changes))
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	if done {
		conclude(c, "done")
	} else {
		conclude(c, "not done")
	}
	c.JSON(http.StatusOK, selected{p.Looked, p.Matched, p.Changes, done})
}
