package admin

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// fieldFields are those that are to be shown.
const fieldFields = "fields"

// revealable are the fields that reveal shows.
func revealable() []string { return append(personal(), push.FieldData, pushlog.FieldRaw) }

// revealed are fields of one push as they are.
type revealed struct {
	ID     string            `json:"id"`
	Fields map[string]string `json:"fields"` // those that it has; data and raw as JSON
}

// reveal shows personal fields of one push to who says why. It is audited before
// anything is shown, with the customer whose data it is.
func (a *api) reveal(c *gin.Context) {
	id := push.Short(c.Param("id"))
	in, ok := readBody(c, member{fieldFields, list}, member{fieldReason, text})
	if !ok {
		return
	}
	fields, reason := in.Given[fieldFields], in.reason(true)
	in.check(len(fields) > 0 && !slices.ContainsFunc(fields, func(f string) bool { return !slices.Contains(revealable(), f) }),
		"%s must be some of %s", fieldFields, strings.Join(revealable(), ", "))
	if in.refusedBody(c) {
		return
	}
	if !push.ValidID(id) {
		httpapi.Fail(c, http.StatusNotFound, pushlog.ErrNotFound.Error())
		return
	}
	note(c, zap.String("id", id), zap.Strings("fields", fields))
	ctx, cancel := bounded(c)
	defer cancel()
	r, err := a.log.Get(ctx, id)
	switch {
	case errors.Is(err, pushlog.ErrNotFound):
		httpapi.Fail(c, http.StatusNotFound, err.Error())
		return
	case err != nil:
		httpapi.Unavailable(c, err)
		return
	}
	if !a.enter(c, audit.Entry{Action: audit.Reveal, Subject: id, Customer: r.Csno, Reason: reason}) {
		return
	}
	shown, all := map[string]string{}, personalFields(&r)
	for _, name := range fields {
		switch value, is := all[name]; {
		case is:
			shown[name] = *value
		case name == pushlog.FieldRaw:
			shown[name] = string(r.Raw)
		default:
			shown[name] = push.Lookup(name).Get(&r.Job)
		}
		if shown[name] == "" {
			delete(shown, name)
		}
	}
	conclude(c, "done")
	c.JSON(http.StatusOK, revealed{id, shown})
}
