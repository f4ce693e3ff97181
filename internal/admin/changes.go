package admin

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// changed is the answer to a redrive or cancel of one push.
type changed struct {
	ID     string      `json:"id"`
	Status push.Status `json:"status"`
}

// changer is Redrive or Cancel of stream.Control.
type changer func(ctx context.Context, ids ...string) ([]stream.Change, error)

func (a *api) redrive(c *gin.Context) {
	a.change(c, audit.Redrive, a.control.Redrive, push.Queued)
}
func (a *api) cancel(c *gin.Context) { a.change(c, audit.Cancel, a.control.Cancel, push.Cancelled) }

// change redrives or cancels one push; done is its state then.
func (a *api) change(c *gin.Context, action audit.Action, do changer, done push.Status) {
	ctx, cancel := bounded(c)
	defer cancel()
	id := push.Short(c.Param("id"))
	if !push.ValidID(id) {
		httpapi.Fail(c, http.StatusNotFound, pushlog.ErrNotFound.Error())
		return
	}
	note(c, zap.String("id", id))
	reason, ok := readReason(c)
	if !ok || !a.enter(c, audit.Entry{Action: action, Subject: id, Reason: reason}) {
		return
	}
	changes, err := do(ctx, id)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	conclude(c, string(changes[0]))
	switch change := changes[0]; change {
	case stream.Change(done):
		c.JSON(http.StatusOK, changed{id, done})
	case stream.ChangeMissing:
		httpapi.Fail(c, http.StatusNotFound, Explain(change))
	default:
		httpapi.Fail(c, http.StatusConflict, Explain(change))
	}
}

// Explain says in words what a redrive or cancel came to.
func Explain(change stream.Change) string {
	switch change {
	case stream.ChangeMissing:
		return pushlog.ErrNotFound.Error()
	case stream.ChangeInFlight:
		return "too late: some consumer may be sending it"
	case stream.ChangeWaiting:
		return "it has not ended: queued"
	case stream.ChangeUnsendable:
		return "it can't be sent: it never was a job that could be read"
	}
	switch status := push.Status(change); {
	case status == push.Sent:
		return "it was sent already"
	case status.Terminal():
		return "it has ended already: " + string(status)
	case status.Valid():
		return "it has not ended: " + string(status)
	}
	return string(change)
}
