package admin

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
)

const (
	notesKey   = "admin.notes"
	outcomeKey = "admin.outcome"
	entryKey   = "admin.entry"
	resultKey  = "admin.result" // for the audit entry alone: it may name customers
)

// auditTimeout bounds the wait for the audit log.
const auditTimeout = 5 * time.Second

// journaled writes one line for each request that changes something, or takes the
// log away, or would if it had not been refused: whom it was for, and what came of
// it. What handlers note must not be what pushes hold. The request's audit entry, if
// the handler made one, gets the same outcome.
func (a *api) journaled(c *gin.Context) {
	returned := false
	defer func() { // also of an answer that is broken off, or a bug
		outcome := c.GetString(outcomeKey)
		switch status := c.Writer.Status(); {
		case outcome != "":
		case status >= 500 || !returned:
			outcome = "failed"
		default:
			outcome = "refused"
		}
		notes, _ := c.Get(notesKey)
		fields, _ := notes.([]zap.Field)
		a.journal.Info("action", append([]zap.Field{
			zap.String("request_id", httpapi.RequestID(c)), zap.String("by", whoIs(c).Name), zap.String("method", c.Request.Method),
			zap.String("route", c.FullPath()), zap.Int("status", c.Writer.Status()), zap.String("outcome", outcome),
		}, fields...)...)
		if !returned {
			a.concluded(c, audit.Partial, append(fields, zap.String("outcome", outcome)))
		} else {
			a.concluded(c, came(c.Writer.Status(), outcome), append(fields, zap.String("outcome", outcome)))
		}
	}()
	c.Next()
	returned = true
}

// came is the outcome of a request in the words of the audit log.
func came(status int, outcome string) audit.Outcome {
	switch {
	case status >= 500:
		return audit.Failed
	case status >= 400:
		return audit.Refused
	case outcome == notDone:
		return audit.Partial
	}
	return audit.Done
}

// notDone is the outcome of what is done in part.
const notDone = "not done"

// enter writes the audit entry of a request, before it is carried out. If it can't be
// written, the request is answered, and enter returns false: then nothing may happen.
func (a *api) enter(c *gin.Context, e audit.Entry) bool {
	by(c, &e)
	if !a.inPace(c) {
		return false
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), auditTimeout)
	defer cancel()
	id, err := a.Audit.Begin(ctx, e)
	if err != nil {
		notEntered(c, err)
		return false
	}
	c.Set(entryKey, id)
	return true
}

// by adds to an entry who does it, and from where.
func by(c *gin.Context, e *audit.Entry) {
	if actor := whoIs(c); actor.Name != "" {
		e.Actor, e.Kind, e.Role = actor.Name, audit.Kind(actor.Kind), string(actor.Role)
	}
	e.Address, e.RequestID = c.ClientIP(), httpapi.RequestID(c)
}

// notEntered answers a request whose audit entry can't be written.
func notEntered(c *gin.Context, err error) {
	_ = c.Error(err) // for the log
	c.Header("Retry-After", "1")
	httpapi.Fail(c, http.StatusServiceUnavailable, "the audit log takes no entry; nothing was done")
}

// concluded adds to the audit entry of a request what came of it. Without it, the
// entry says that this is unknown.
func (a *api) concluded(c *gin.Context, outcome audit.Outcome, notes []zap.Field) {
	id := c.GetString(entryKey)
	if id == "" {
		return
	}
	c.Set(entryKey, "") // once
	if w := askerOf(c); w.name != "" && (outcome == audit.Refused || outcome == audit.Failed) {
		a.paces.refusals.take(w)
	}
	result := details(notes)
	more, _ := c.Get(resultKey)
	of, _ := more.(map[string]string)
	maps.Copy(result, of)
	if err := a.Audit.End(c.Request.Context(), id, outcome, result); err != nil {
		a.journal.Warn("the outcome is not in the audit log", zap.String("request_id", httpapi.RequestID(c)), zap.String("entry", id), zap.Error(err))
	}
}

// details are notes as texts.
func details(notes []zap.Field) map[string]string {
	all := zapcore.NewMapObjectEncoder()
	for _, n := range notes {
		n.AddTo(all)
	}
	texts := map[string]string{}
	for name, value := range maps.All(all.Fields) {
		texts[name] = fmt.Sprint(value)
	}
	return texts
}

// note adds to the line of a request, and to its audit entry.
func note(c *gin.Context, more ...zap.Field) {
	notes, _ := c.Get(notesKey)
	fields, _ := notes.([]zap.Field)
	c.Set(notesKey, append(fields, more...))
}

// conclude says in the line of a request what came of it.
func conclude(c *gin.Context, outcome string) { c.Set(outcomeKey, outcome) }

// clip shortens what came from outside, for the log.
func clip(s string) string { return s[:min(len(s), 80)] }
