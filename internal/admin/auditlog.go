package admin

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
)

// The fields of a question to the audit log.
const (
	fieldBefore   = "before"
	fieldLimit    = "limit"
	fieldKind     = "kind"
	fieldActor    = "actor"
	fieldActions  = "actions"
	fieldCustomer = "customer"
	fieldOutcome  = "outcome"
)

func auditMembers(more ...member) []member {
	members := append(membersOf(text, fieldKind, fieldActor, fieldCustomer, fieldOutcome, FieldSince, FieldUntil), member{fieldActions, list})
	return append(members, more...)
}

func (p *parser) auditQuery() audit.Query {
	q := audit.Query{Limit: p.number(fieldLimit, defaultSize, 1, audit.MaxLimit), Actor: p.text(fieldActor), Customer: p.text(fieldCustomer)}
	q.Before, _ = p.one(fieldBefore)
	q.Since, q.Until = p.instants()
	if _, is := p.one(fieldKind); is {
		q.Kind = choice(p, fieldKind, append([]audit.Kind{""}, audit.Kinds()...)...)
	}
	if _, is := p.one(fieldOutcome); is {
		q.Outcome = choice(p, fieldOutcome, append([]audit.Outcome{""}, audit.Outcomes()...)...)
	}
	for _, one := range p.Given[fieldActions] {
		p.check(slices.Contains(audit.Actions(), audit.Action(one)), "%s must be some of %v", fieldActions, audit.Actions())
		q.Actions = append(q.Actions, audit.Action(one))
	}
	return q
}

// auditPage is posted, since it may name a customer.
func (a *api) auditPage(c *gin.Context) {
	in, ok := readBody(c, auditMembers(member{fieldBefore, text}, member{fieldLimit, number})...)
	if !ok {
		return
	}
	q := in.auditQuery()
	if in.refusedBody(c) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	page, err := a.Audit.List(ctx, q)
	switch {
	case errors.Is(err, audit.ErrCursor):
		httpapi.Fail(c, http.StatusUnprocessableEntity, fieldBefore+": "+err.Error())
	case err != nil:
		httpapi.Unavailable(c, err)
	default:
		c.JSON(http.StatusOK, page)
	}
}
