package admin

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/jobs"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// fieldConfirm is that of a flush beside its filter: it must be confirmFlush, since
// what leaves the log does not come back.
const (
	fieldConfirm = "confirm"
	confirmFlush = "flush"
)

// Flushable returns the states of what can leave the log.
func Flushable() []push.Status {
	return push.StatusesFor(push.Remove)
}

// ParseFlush reads what is to leave the log, by name, and names every mistake.
// zone is that in which people see times.
func ParseFlush(given Given, zone *time.Location) (pushlog.Filter, error) {
	p := &parser{Given: given}
	f := p.flush(zone)
	return f, p.err()
}

func (p *parser) flush(zone *time.Location) pushlog.Filter {
	f := p.filter(zone)
	if slices.ContainsFunc(f.Statuses, func(s push.Status) bool { return s.Valid() && !s.Takes(push.Remove) }) {
		p.fault("%s must be one of %v, or several: only what has ended can leave the log", FieldStatus, Flushable())
	}
	return f
}

func flushMembers() []member {
	return filterMembers(member{fieldConfirm, text}, member{fieldReason, text})
}

// currentFlush is the answer to flush.
type currentFlush struct {
	Flush *stream.Flush `json:"flush"` // null: none within a day
}

func (a *api) startFlush(c *gin.Context) {
	in, ok := readBody(c, flushMembers()...)
	if !ok {
		return
	}
	f, reason := in.flush(a.Zone), in.reason(true)
	word, _ := in.one(fieldConfirm)
	in.check(word == confirmFlush, "%s must be %q: what leaves the log does not come back", fieldConfirm, confirmFlush)
	if in.refusedBody(c) {
		return
	}
	note(c, zap.Strings("filter", slices.Sorted(maps.Keys(in.Given))))
	if !a.mayAsk(c, in) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	subject, customer := in.describe(fieldConfirm)
	if !a.enter(c, audit.Entry{Action: audit.Flush, Subject: subject, Customer: customer, Reason: reason}) {
		return
	}
	flush, err := a.control.StartFlush(ctx, f, whoIs(c).Name)
	a.answerFlush(c, flush, err, http.StatusAccepted, "ordered")
}

func (a *api) cancelFlush(c *gin.Context) {
	reason, ok := readReason(c)
	if !ok || !a.enter(c, audit.Entry{Action: audit.FlushCancel, Reason: reason}) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	flush, err := a.control.CancelFlush(ctx)
	a.answerFlush(c, flush, err, http.StatusOK, "cancelled")
}

// answerFlush answers what has changed a flush.
func (a *api) answerFlush(c *gin.Context, f *stream.Flush, err error, status int, outcome string) {
	switch {
	case errors.Is(err, stream.ErrFlushRunning), errors.Is(err, stream.ErrNoFlush):
		httpapi.Fail(c, http.StatusConflict, err.Error())
	case errors.Is(err, pushlog.ErrFilter):
		httpapi.Fail(c, http.StatusUnprocessableEntity, err.Error())
	case err != nil:
		httpapi.Unavailable(c, err)
	default:
		note(c, zap.String("started_at", f.StartedAt), zap.Int64("removed", f.Removed))
		conclude(c, outcome)
		c.JSON(status, maskedFlush(f))
	}
}

func (a *api) flush(c *gin.Context) {
	ctx, cancel := bounded(c)
	defer cancel()
	f, err := a.control.Flush(ctx)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusOK, currentFlush{maskedFlush(f)})
}

// maskedFlush is a flush without whom it is about.
func maskedFlush(f *stream.Flush) *stream.Flush {
	if f == nil {
		return nil
	}
	shown := *f
	shown.Filter = stream.FlushFilter(maskedFilter(jobs.Filter(f.Filter)))
	return &shown
}

// maskedFilter is a filter without whom it is about.
func maskedFilter(f jobs.Filter) jobs.Filter {
	f.Csno, f.DeviceID = mask(push.FieldCsno, f.Csno), mask(push.FieldDeviceID, f.DeviceID)
	f.Contains, f.Equals = mask(f.Column, f.Contains), mask(f.Column, f.Equals)
	return f
}
