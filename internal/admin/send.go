package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/stream"
)

const fieldValidateOnly = "validate_only"

// Validator asks FCM whether it would take a push, without sending it.
type Validator interface {
	Validate(ctx context.Context, j *push.Job) push.Outcome
}

// receipt is the answer to a push that was handed in.
type receipt struct {
	ID     string `json:"id"`
	Answer string `json:"answer"` // queued, scheduled, expired or repeated
	Bytes  int    `json:"bytes"`  // as FCM counts them
}

// verdict is the answer to a push that was only to be looked at.
type verdict struct {
	Bytes    int         `json:"bytes"`     // as FCM counts them
	MaxBytes int         `json:"max_bytes"` // that it takes
	FCM      *fcmVerdict `json:"fcm"`       // null: FCM was not asked, since this process does not know it
	// Suppressed is what is known of the token if pushes to it are not sent, whatever FCM
	// said now; null if they are.
	Suppressed *stream.SuppressedToken `json:"suppressed"`
	Project    string                  `json:"project"` // to which pushes are sent; empty if no consumer has started yet
}

// fcmVerdict is FCM's word on a push.
type fcmVerdict struct {
	OK         bool      `json:"ok"`
	Code       push.Code `json:"code"`
	HTTPStatus int       `json:"http_status,omitempty"`
	Detail     string    `json:"detail,omitempty"`
	TookMS     int64     `json:"took_ms"`
}

// send takes one push, as the producer does; or only says whether it and FCM would take
// it.
func (a *api) send(c *gin.Context) {
	in := readQuery(c, fieldValidateOnly)
	only := choice(&in.parser, fieldValidateOnly, "false", "true") == "true"
	if in.refused(c) {
		return
	}
	id, ok := idempotencyID(c, 32)
	if !ok {
		return
	}
	job, ok := a.readJob(c)
	if !ok {
		return
	}
	if wait := a.paces.sends.take(askerOf(c)); wait > 0 {
		tooOften(c, wait, "too many test pushes: slow down; back ends hand in theirs at the producer")
		return
	}
	if only {
		a.validate(c, &job)
		return
	}
	if job.ID == "" {
		job.ID = id
	}
	if !a.enter(c, audit.Entry{Action: audit.Send, Subject: job.ID, Customer: job.Csno}) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	jobs := []push.Job{job}
	answers, err := a.producer.Accept(ctx, jobs)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	note(c, zap.String("id", jobs[0].ID))
	conclude(c, answers[0].String())
	status := http.StatusAccepted
	switch {
	case answers[0].Refused(): // by its memory: an admin sets no other limits
		limit, why := a.producer.Refusal(ctx, answers)
		c.Header("Retry-After", "5")
		httpapi.FailWith(c, httpapi.Problem{Status: http.StatusTooManyRequests, Type: httpapi.LimitPrefix + string(limit), Detail: why})
		return
	case answers[0] == stream.Unusable:
		httpapi.Fail(c, http.StatusConflict, "keys in Redis that belong to this push hold other types than they should: nothing was accepted; remove them, or use another id")
		return
	case answers[0] == stream.Conflict:
		httpapi.FailWith(c, httpapi.Problem{Status: http.StatusConflict, Type: httpapi.TypeConflict,
			Detail: "there is another push of this id, or of this " + httpapi.IdempotencyHeader + ": nothing was changed or sent; hand this one in with another"})
		return
	case answers[0] == stream.Repeated:
		status = http.StatusOK
	}
	c.JSON(status, receipt{jobs[0].ID, answers[0].String(), jobs[0].PayloadSize()})
}

// readJob reads a job, with all checks of the producer's door. One that is wrong it
// answers itself, and returns false.
func (a *api) readJob(c *gin.Context) (push.Job, bool) {
	if kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || kind != "application/json" {
		httpapi.Fail(c, http.StatusUnsupportedMediaType, "the body must be JSON: Content-Type: application/json")
		return push.Job{}, false
	}
	body, err := io.ReadAll(c.Request.Body)
	switch {
	case httpapi.TooLarge(err):
		httpapi.Fail(c, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", maxBody))
		return push.Job{}, false
	case err != nil:
		httpapi.Fail(c, http.StatusBadRequest, httpapi.BodyFault(err))
		return push.Job{}, false
	}
	job, err := push.FromJSON(body, a.Zone)
	var faults push.Faults
	if errors.As(err, &faults) {
		httpapi.FailWith(c, httpapi.Problem{Status: http.StatusUnprocessableEntity, Detail: "the push is not valid",
			Faults: []httpapi.ItemFaults{{Faults: faults}}})
		return job, false
	}
	return job, true
}

// validate asks FCM, if this process knows it.
func (a *api) validate(c *gin.Context, j *push.Job) {
	v := verdict{Bytes: j.PayloadSize(), MaxBytes: push.MaxPayload}
	conclude(c, "valid")
	ctx, cancel := bounded(c)
	defer cancel()
	var err error
	if v.Project, err = a.control.Project(ctx); err == nil {
		v.Suppressed, err = a.suppressed(ctx, v.Project, j.DeviceID)
	}
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	if a.FCM != nil {
		o := a.FCM.Validate(ctx, j)
		if c.Request.Context().Err() != nil {
			c.AbortWithStatus(gone)
			return
		}
		v.FCM = &fcmVerdict{o.Code == push.CodeAccepted, o.Code, o.HTTPStatus, o.Detail, o.Took.Milliseconds()}
		conclude(c, string(o.Code))
	}
	c.JSON(http.StatusOK, v)
}
