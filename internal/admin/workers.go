package admin

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/stream"
)

// fieldDesired is the only field of the body of desire.
const fieldDesired = "desired"

// workerList is the workers, or those of one name, and what all are to do.
type workerList struct {
	Items   []stream.Worker `json:"items"`
	Desired stream.State    `json:"desired"`
}

func (a *api) workers(c *gin.Context) {
	ctx, cancel := bounded(c)
	defer cancel()
	a.answerWorkers(ctx, c, "")
}

func (a *api) desire(c *gin.Context) {
	// The control takes an empty name for all of them, and a path may have one.
	if c.Param("name") == "" {
		httpapi.Fail(c, http.StatusNotFound, stream.ErrNoWorker.Error())
		return
	}
	a.setDesired(c, c.Param("name"))
}

func (a *api) desireAll(c *gin.Context) { a.setDesired(c, "") }

// setDesired pauses or resumes the workers of a name, or all if it is empty.
func (a *api) setDesired(c *gin.Context, name string) {
	if name != "" {
		note(c, zap.String("name", clip(name)))
	}
	in, ok := readBody(c, membersOf(text, fieldDesired, fieldReason)...)
	if !ok {
		return
	}
	desired, reason := choice(in, fieldDesired, "", stream.Running, stream.Paused), in.reason(false)
	if in.refusedBody(c) {
		return
	}
	do, action := a.control.Pause, audit.Pause
	if desired == stream.Running {
		do, action = a.control.Resume, audit.Resume
	}
	if !a.enter(c, audit.Entry{Action: action, Subject: cmp.Or(clip(name), "all"), Reason: reason}) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	switch err := do(ctx, name); {
	case errors.Is(err, stream.ErrNoWorker):
		conclude(c, "missing")
		httpapi.Fail(c, http.StatusNotFound, err.Error())
	case err != nil:
		httpapi.Unavailable(c, err)
	default:
		conclude(c, string(desired))
		a.answerWorkers(ctx, c, name)
	}
}

// answerWorkers lists the workers of a name, or all if it is empty.
func (a *api) answerWorkers(ctx context.Context, c *gin.Context, name string) {
	workers, err := a.control.Workers(ctx)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	all, err := a.control.PausedAll(ctx)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	list := workerList{Items: workers, Desired: stream.Running}
	if all {
		list.Desired = stream.Paused
	}
	if name != "" {
		list.Items = slices.DeleteFunc(workers, func(w stream.Worker) bool { return w.Name != name })
	}
	c.JSON(http.StatusOK, list)
}
