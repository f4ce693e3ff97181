package admin

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/jobs"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// The fields of a job beside its filter.
const (
	fieldJobKind = "kind"
	fieldDryRun  = "dry_run"
)

const (
	countTime = 5 * time.Second // for a dry run
	ofTime    = 2 * time.Second // for the count that a job begins with
)

func jobMembers() []member {
	return filterMembers(member{fieldJobKind, text}, member{fieldReason, text}, member{fieldDryRun, flag}, member{fieldSearch, text})
}

// jobList is all jobs that are remembered.
type jobList struct {
	Items []jobs.Job `json:"items"`
}

// jobCount is the answer to a dry run.
type jobCount struct {
	Count        int64     `json:"count"`
	Exact        bool      `json:"exact"`            // false: there are at least so many
	Until        time.Time `json:"until"`            // of the order, for it to take what was counted
	Oldest       string    `json:"oldest,omitempty"` // accepted_at
	PastTTL      int64     `json:"past_ttl"`         // older than their ttl, to be redriven
	PastTTLExact bool      `json:"past_ttl_exact"`
}

// ParseJob reads which pushes a job selects, by name, and names every mistake. zone is that
// of reserved times.
func ParseJob(given Given, kind jobs.Kind, zone *time.Location) (pushlog.Filter, error) {
	p := &parser{Given: given}
	f := p.selected(kind, zone)
	return f, p.err()
}

// job reads what is to be done.
func (p *parser) job(zone *time.Location) jobs.Order {
	kind := choice(p, fieldJobKind, append([]jobs.Kind{""}, jobs.Kinds()...)...)
	return jobs.Order{Kind: kind, Filter: p.selected(kind, zone)}
}

// selected reads which pushes a job of a kind selects.
func (p *parser) selected(kind jobs.Kind, zone *time.Location) pushlog.Filter {
	f, states := p.filter(zone), kind.States()
	wrong := func(s push.Status) bool { return s.Valid() && !slices.Contains(states, s) }
	p.check(len(f.Statuses) > 0, "%s must be given", FieldStatus)
	if states != nil && (len(f.Statuses) == 0 || slices.ContainsFunc(f.Statuses, wrong)) {
		p.fault("%s must be one of %v, or several, to %s them", FieldStatus, states, kind)
	}
	return f
}

// startJob orders a job, or, as a dry run, counts what it would select.
func (a *api) startJob(c *gin.Context) {
	in, ok := readBody(c, jobMembers()...)
	if !ok || !a.withSearch(c, in) {
		return
	}
	dry := in.is(fieldDryRun)
	o := in.job(a.Zone)
	o.Reason = in.reason(!dry)
	if in.refusedBody(c) {
		return
	}
	note(c, zap.String("kind", string(o.Kind)), zap.Strings("filter", slices.Sorted(maps.Keys(in.Given))))
	if !a.mayAsk(c, in) {
		return
	}
	if dry {
		if a.searched(c, in) {
			a.countJob(c, o)
		}
		return
	}
	if o.ID, ok = idempotencyID(c, 12); !ok {
		return
	}
	action := map[jobs.Kind]audit.Action{jobs.Redrive: audit.Redrive, jobs.Cancel: audit.Cancel}[o.Kind]
	subject, customer := in.describe(fieldJobKind, fieldDryRun)
	if !a.enter(c, audit.Entry{Action: action, Subject: subject, Customer: customer, Reason: o.Reason}) {
		return
	}
	o.By = whoIs(c).Name
	o.Of, o.Oldest = a.countOf(c, o)
	ctx, cancel := bounded(c)
	defer cancel()
	j, err := a.Jobs.Order(ctx, o)
	if errors.Is(err, jobs.ErrDiffers) {
		httpapi.Fail(c, http.StatusUnprocessableEntity, httpapi.IdempotencyHeader+" was used before, for another job")
		return
	}
	a.answerJob(c, j, err, http.StatusAccepted, "ordered")
}

// countJob answers how many pushes a job would select.
func (a *api) countJob(c *gin.Context, o jobs.Order) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), countTime)
	defer cancel()
	e, err := a.Jobs.Estimate(ctx, o.Kind, o.Filter)
	if err != nil {
		a.told(c, cameOf(err), finding{})
		failed(c, err, http.StatusUnprocessableEntity)
		return
	}
	a.told(c, audit.Done, a.whose(c, o.Filter, finding{total: e.Count, exact: e.Exact}, 0))
	conclude(c, "counted")
	c.JSON(http.StatusOK, jobCount{e.Count, e.Exact, e.Until.UTC(), e.Oldest, e.PastTTL, e.PastExact})
}

// countOf is how many pushes a job will select, if that is known soon, and when the oldest
// was accepted.
func (a *api) countOf(c *gin.Context, o jobs.Order) (n int64, oldest string) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), ofTime)
	defer cancel()
	n, oldest, exact, err := a.Jobs.Count(ctx, o.Kind, o.Filter)
	if err != nil || !exact {
		return jobs.NotCounted, oldest
	}
	return n, oldest
}

func (a *api) jobs(c *gin.Context) {
	ctx, cancel := bounded(c)
	defer cancel()
	all, err := a.Jobs.List(ctx)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	for i := range all {
		all[i] = maskedJob(c, all[i])
	}
	c.JSON(http.StatusOK, jobList{all})
}

func (a *api) job(c *gin.Context) {
	id, ok := jobID(c)
	if !ok {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	j, err := a.Jobs.Get(ctx, id)
	a.answerJob(c, j, err, http.StatusOK, "")
}

func (a *api) cancelJob(c *gin.Context) {
	id, ok := jobID(c)
	if !ok {
		return
	}
	note(c, zap.String("job", id))
	reason, ok := readReason(c)
	if !ok || !a.enter(c, audit.Entry{Action: audit.JobCancel, Subject: id, Reason: reason}) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	j, err := a.Jobs.Cancel(ctx, id, whoIs(c).Name)
	a.answerJob(c, j, err, http.StatusOK, "cancelled")
}

// jobID is the id in the path. One that can't be one it answers itself.
func jobID(c *gin.Context) (string, bool) {
	id := c.Param("id")
	if !jobs.ValidID(id) {
		httpapi.Fail(c, http.StatusNotFound, jobs.ErrNone.Error())
		return "", false
	}
	return id, true
}

// answerJob answers with a job, or why there is none.
func (a *api) answerJob(c *gin.Context, j *jobs.Job, err error, status int, outcome string) {
	switch {
	case errors.Is(err, jobs.ErrNone):
		httpapi.Fail(c, http.StatusNotFound, err.Error())
	case errors.Is(err, jobs.ErrEnded), errors.Is(err, jobs.ErrTooMany):
		httpapi.Fail(c, http.StatusConflict, err.Error())
	case errors.Is(err, pushlog.ErrFilter):
		httpapi.Fail(c, http.StatusUnprocessableEntity, err.Error())
	case err != nil:
		httpapi.Unavailable(c, err)
	default:
		if outcome != "" {
			note(c, zap.String("job", j.ID), zap.Int64("of", j.Of), zap.Int64("matched", j.Matched))
			conclude(c, outcome)
		}
		c.JSON(status, maskedJob(c, *j))
	}
}

// maskedJob is a job without whom it is about. Why it was ordered, people write as they
// like: only they see it, and who may read the audit log, where it stands too.
func maskedJob(c *gin.Context, j jobs.Job) jobs.Job {
	j.Filter = maskedFilter(j.Filter)
	if who := whoIs(c); j.By != who.Name && !who.May(access.Audit) {
		j.Reason = hidden
	}
	return j
}
