package admin

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// duePage is a page of what waits for its time.
type duePage struct {
	Items []stream.Due `json:"items"`
	Page  int          `json:"page"`
	Size  int          `json:"size"`
	Pages int64        `json:"pages"`
	Total int64        `json:"total"`
}

// moved is the answer to another time for a push.
type moved struct {
	ID     string      `json:"id"`
	Status push.Status `json:"status"`
	DueAt  string      `json:"due_at,omitempty"` // if it waits
}

// scheduled answers with a page of what waits, the next ones first.
func (a *api) scheduled(c *gin.Context) {
	in := readQuery(c, fieldPage, fieldSize, FieldStatus)
	number, size := in.number(fieldPage, 1, 1, maxPage), in.number(fieldSize, defaultSize, 1, pushlog.MaxPageSize)
	status := push.Status("")
	if _, is := in.one(FieldStatus); is {
		status = choice(&in.parser, FieldStatus, append([]push.Status{""}, push.StatusesFor(push.Promote)...)...)
	}
	if in.refused(c) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	p, err := a.control.Waiting(ctx, a.log, status, number, size)
	if err != nil {
		failed(c, err, http.StatusBadRequest)
		return
	}
	for i := range p.Items {
		p.Items[i].Push = masked(p.Items[i].Push)
	}
	c.JSON(http.StatusOK, duePage{p.Items, number, size, pagesOf(p.Total, size), p.Total})
}

func moveMembers() []member { return membersOf(text, push.FieldSndnRsevHour, fieldReason) }

// move gives a push that is scheduled another time.
func (a *api) move(c *gin.Context) {
	id, ok := pushID(c)
	if !ok {
		return
	}
	in, ok := readBody(c, moveMembers()...)
	if !ok {
		return
	}
	text, _ := in.one(push.FieldSndnRsevHour)
	due, fault := push.ParseDue(text, a.Zone)
	if fault == "" && due.IsZero() {
		fault = "must be a date and time to come; send-now sends it at once"
	}
	text = push.NormalDue(text, due, a.Zone)
	in.check(fault == "", "%s %s", push.FieldSndnRsevHour, fault)
	reason := in.reason(false)
	if in.refusedBody(c) {
		return
	}
	if !a.enter(c, audit.Entry{Action: audit.Move, Subject: id, Reason: reason, Details: map[string]string{"to": text}}) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	changes, err := a.control.Move(ctx, due, text, id)
	if errors.Is(err, stream.ErrMove) {
		httpapi.Fail(c, http.StatusUnprocessableEntity, push.FieldSndnRsevHour+": "+err.Error())
		return
	}
	answerMove(c, changes, err, stream.ChangeScheduled, moved{id, push.Scheduled, due.UTC().Format(pushlog.TimeFormat)})
}

// sendNow sends a push that waits without waiting for its time.
func (a *api) sendNow(c *gin.Context) {
	id, ok := pushID(c)
	if !ok {
		return
	}
	reason, ok := readReason(c)
	if !ok || !a.enter(c, audit.Entry{Action: audit.Move, Subject: id, Reason: reason, Details: map[string]string{"to": "now"}}) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	changes, err := a.control.SendNow(ctx, id)
	answerMove(c, changes, err, stream.ChangeQueued, moved{ID: id, Status: push.Queued})
}

// answerMove answers what became of a push that was to be moved.
func answerMove(c *gin.Context, changes []stream.Change, err error, want stream.Change, answer moved) {
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	conclude(c, string(changes[0]))
	switch change := changes[0]; {
	case change == want:
		c.JSON(http.StatusOK, answer)
	case change == stream.ChangeMissing:
		httpapi.Fail(c, http.StatusNotFound, Explain(change))
	case push.Status(change) == push.Retrying:
		httpapi.Fail(c, http.StatusConflict, "its time was decided by its last try: retrying")
	case push.Status(change).Terminal():
		httpapi.Fail(c, http.StatusConflict, Explain(change))
	default:
		httpapi.Fail(c, http.StatusConflict, "it does not wait any more: "+string(change))
	}
}

// pushID is the id in the path, noted. One that can't be one it answers itself.
func pushID(c *gin.Context) (string, bool) {
	id := push.Short(c.Param("id"))
	if !push.ValidID(id) {
		httpapi.Fail(c, http.StatusNotFound, pushlog.ErrNotFound.Error())
		return "", false
	}
	note(c, zap.String("id", id))
	return id, true
}
