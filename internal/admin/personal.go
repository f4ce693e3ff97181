package admin

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/export"
	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// Somebody who sees personal data masked may search for it: that is how a help desk
// finds a customer. But no search may tell what the mask hides: of a value it must
// name the whole, or a part of some length, and how many are asked for, and how many
// that are nearly the same, is limited (access.Ask).

// inSearch reports whether a search of a column is one for personal data. FCM's answer
// may repeat what it was sent.
func inSearch(column string) bool {
	c := pushlog.ColumnOf(column)
	return c != nil && (c.Personal || c.Echo)
}

// questions are what a filter asks of personal columns.
func (p *parser) questions() (all []access.Question) {
	for _, name := range privateFields() {
		if value, is := p.one(name); is {
			all = append(all, access.Question{Column: name, Word: value, Whole: true, Apart: true})
		}
	}
	column, _ := p.one(FieldColumn)
	if name, word := p.word(); word != "" && inSearch(column) {
		words := (pushlog.Text{Column: column, Word: word, Whole: name == FieldEquals}).Phones()
		if len(words) == 0 {
			words = []string{word}
		}
		for _, word := range words { // of a phone number, what is compared
			all = append(all, access.Question{Column: column, Word: word, Whole: name == FieldEquals, Apart: pushlog.ColumnOf(column).Search != push.SearchPhone})
		}
	}
	return all
}

// mayAsk reports whether somebody may search for what a filter names; if not, it
// answers.
func (a *api) mayAsk(c *gin.Context, in *parser) bool {
	questions := in.questions()
	if len(questions) == 0 || !in.masked {
		return true
	}
	ctx, cancel := bounded(c)
	defer cancel()
	err := a.Access.Ask(ctx, whoIs(c), questions...)
	var refused *access.AskedError
	switch {
	case err == nil:
		return true
	case !errors.As(err, &refused):
		httpapi.Unavailable(c, err)
	default:
		if refused.Alarm {
			a.alarm(c, refused)
		}
		tooOften(c, refused.Wait, refused.Error()+": a user with the permission "+string(access.Reveal)+" can go on")
	}
	return false
}

// alarm tells that somebody tries to find out what the masks hide, or searches as no
// person does.
func (a *api) alarm(c *gin.Context, why *access.AskedError) {
	reason := "many searches"
	if why.Near {
		reason = "words that are nearly the same"
	}
	who := whoIs(c)
	a.alarms.Inc()
	a.journal.Warn("searches for personal data were stopped", zap.String("by", who.Name), zap.String("kind", string(who.Kind)),
		zap.String("column", why.Column), zap.String("why", reason), zap.String("request_id", httpapi.RequestID(c)))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), auditTimeout)
	defer cancel()
	id, err := a.Audit.Begin(ctx, audit.Entry{Kind: audit.Kind(who.Kind), Actor: who.Name, Role: string(who.Role), Address: c.ClientIP(),
		RequestID: httpapi.RequestID(c), Action: audit.SearchAlarm, Subject: "column=" + why.Column, Details: map[string]string{"why": reason}})
	if err == nil {
		err = a.Audit.End(ctx, id, audit.Refused, nil)
	}
	if err != nil {
		a.journal.Warn("an alarm is not in the audit log", zap.Error(err))
	}
}

// searchEvery is how long one audit entry stands for the same search of the same user or
// token: pages that are open ask again and again.
const searchEvery = 10 * time.Minute

// searched begins an audit entry of a search for personal data, which told ends. What
// comes from a kept search of one's own has its entry already; what comes from another's,
// or is searched for in result, has one in each searchEvery. If it can't, it answers and
// returns false.
func (a *api) searched(c *gin.Context, in *parser) bool {
	asked := func(name string) bool {
		_, is := in.one(name)
		return is && !slices.Contains(in.kept, name)
	}
	column, _ := in.one(FieldColumn)
	var names []string // of what is personal
	if asked(FieldColumn) && inSearch(column) {
		names = append(names, FieldColumn)
	}
	for _, name := range personal() {
		if asked(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return true
	}
	subject, customer := in.describe(fieldPage, fieldSize, FieldOrder, fieldAsOf, fieldBudget, fieldSpan)
	e := audit.Entry{Action: audit.Search, Subject: subject, Customer: customer}
	by(c, &e)
	again := ""
	switch id, _ := in.one(fieldSearch); {
	case !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(in.shared, name) }):
		again = id
	case column == pushlog.FieldResult && len(names) == 1: // which stands in URLs, of pages too
		name, word := in.word()
		again = strings.Join([]string{id, column, name, word}, " ")
	}
	if again == "" {
		return a.inLooks(c) && a.enter(c, e)
	}
	return a.enterSearch(c, e, again)
}

// inLooks takes one of the searches that somebody may make; if there is none, it answers.
func (a *api) inLooks(c *gin.Context) bool {
	wait := a.paces.looks.take(askerOf(c))
	if wait > 0 {
		tooOften(c, wait, "too many searches for personal data: slow down")
	}
	return wait == 0
}

// enterSearch is enter for a search that is made again and again: what says which one. Its
// entry has no outcome until one of the requests has been answered.
func (a *api) enterSearch(c *gin.Context, e audit.Entry, what string) bool {
	ctx, cancel := context.WithTimeout(c.Request.Context(), auditTimeout)
	defer cancel()
	id, ended, err := a.Audit.Begun(ctx, e.Kind, e.Actor, what)
	if err == nil && id == "" {
		if !a.inLooks(c) || !a.inPace(c) {
			return false
		}
		id, err = a.Audit.BeginOnce(ctx, e, what, searchEvery)
	}
	if err != nil {
		notEntered(c, err)
		return false
	}
	if !ended {
		c.Set(keptEntryKey, id)
		c.Set(againKey, true)
	}
	return true
}

// finding is what a search came to.
type finding struct {
	total     int64
	exact     bool
	customers []string // up to three of those whose pushes were found
}

const (
	// maxNamed is how many customers an entry names.
	maxNamed = 3
	// nameTime is how long to look for them, if the answer itself does not have them.
	nameTime = 300 * time.Millisecond
)

// note remembers whose records are.
func (f *finding) note(records []pushlog.Record) {
	for i := range records {
		if len(f.customers) == maxNamed {
			return
		}
		if number := records[i].Csno; number != "" && !slices.Contains(f.customers, number) {
			f.customers = append(f.customers, number)
		}
	}
}

// noted is each, noting whose the records are.
func (f *finding) noted(each export.Each) export.Each {
	return func(do func([]pushlog.Record) error) error {
		return each(func(records []pushlog.Record) error {
			f.note(records)
			return do(records)
		})
	}
}

// result is it for the audit log.
func (f *finding) result() map[string]string {
	r := map[string]string{"hits": strconv.FormatInt(f.total, 10)}
	if !f.exact {
		r["hits"] = "at least " + r["hits"]
	}
	if len(f.customers) > 0 {
		r[audit.ResultCustomers] = strings.Join(f.customers, audit.CustomerSep)
	}
	return r
}

// told ends the audit entries of a search for personal data, if the request has some.
func (a *api) told(c *gin.Context, outcome audit.Outcome, f finding) {
	if id := c.GetString(entryKey); id != "" {
		c.Set(entryKey, "") // once
		a.end(c, id, outcome, f.result())
	}
	// A kept search that told nothing may tell more the next time.
	if id := c.GetString(keptEntryKey); id != "" && (outcome == audit.Done || outcome == audit.Partial && f.total > 0) {
		c.Set(keptEntryKey, "")
		a.end(c, id, outcome, f.result())
	}
}

// end writes an outcome into the audit log. A kept search may have one already.
func (a *api) end(c *gin.Context, id string, outcome audit.Outcome, result map[string]string) {
	err := a.Audit.End(c.Request.Context(), id, outcome, result)
	if err != nil && !errors.Is(err, audit.ErrEnded) && !errors.Is(err, audit.ErrNoEntry) {
		a.journal.Warn("the outcome is not in the audit log", zap.String("request_id", httpapi.RequestID(c)), zap.String("entry", id), zap.Error(err))
	}
}

// isAudited reports whether a request has an entry that told would end.
func isAudited(c *gin.Context) bool {
	return c.GetString(entryKey) != "" || c.GetString(keptEntryKey) != ""
}

// whose adds customers whose pushes a filter selects, of an answer that showed only
// some of them.
func (a *api) whose(c *gin.Context, f pushlog.Filter, found finding, shown int) finding {
	if len(found.customers) == maxNamed || found.total <= int64(shown) || !isAudited(c) {
		return found
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), nameTime)
	defer cancel()
	if p, err := a.log.List(ctx, pushlog.Query{Filter: f, Page: 1, Size: 10}); err == nil {
		found.note(p.Records)
	}
	return found
}
