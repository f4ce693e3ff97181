package admin

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/export"
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
	p.Normalize()
	q := audit.Query{Limit: p.number(fieldLimit, defaultSize, 1, audit.MaxLimit), Actor: p.text(fieldActor), Customer: p.text(fieldCustomer)}
	q.Before, _ = p.one(fieldBefore)
	q.Since, q.Until = p.instants(FieldSince, FieldUntil)
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

// auditExport answers with a file of what was asked for. It has an entry of its own.
func (a *api) auditExport(c *gin.Context) {
	in, ok := readBody(c, auditMembers(member{FieldFormat, text}, member{fieldReason, text})...)
	if !ok {
		return
	}
	q, format, reason := in.auditQuery(), choice(in, FieldFormat, export.Formats()...), in.reason(false)
	if in.refusedBody(c) || !canBreakOff(c) {
		return
	}
	subject, customer := in.describe(fieldCustomer)
	if q.Customer != "" {
		customer = q.Customer
	}
	if !a.enter(c, audit.Entry{Action: audit.AuditExport, Subject: subject, Customer: customer, Reason: reason}) {
		return
	}
	ctx, cancel := a.watched(c, 0, access.Audit)
	defer cancel()
	to := a.newPatient(c, format.ContentType(), "Content-Disposition", `attachment; filename="`+format.AuditFileName(time.Now())+`"`)
	defer to.cutWith(ctx)()
	n, err := export.WriteAudit(to, format, func(do func([]audit.Entry) error) error { return a.Audit.Each(ctx, q, do) }, nil)
	note(c, zap.Int("entries", n))
	exported(ctx, c, to, err)
}
