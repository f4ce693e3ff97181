package admin

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/export"
	"pushstream/internal/httpapi"
	"pushstream/internal/pushlog"
)

// The fields of an export beside its filter and order.
const (
	FieldFormat   = "format"
	FieldFor      = "for" // forExcel
	FieldLanguage = "lang"

	forExcel = "excel"
)

// Export is what to write in which format.
type Export struct {
	Filter pushlog.Filter
	Oldest bool
	Format export.Format
	Excel  *export.Excel // nil: not for Excel
}

// Write writes the file.
func (e Export) Write(w io.Writer, each export.Each, tell func(records int)) (records int, err error) {
	if e.Excel != nil {
		return e.Excel.Write(w, each, tell)
	}
	return export.Write(w, e.Format, each, tell)
}

// FileName names a file that was begun at some time.
func (e Export) FileName(at time.Time) string {
	if e.Excel != nil {
		return e.Excel.FileName(at)
	}
	return e.Format.FileName(at)
}

// ParseExport reads an export, by name, and names every mistake.
// zone is that in which people see times.
func ParseExport(given Given, zone *time.Location) (Export, error) {
	p := &parser{Given: given}
	e := p.export(zone)
	return e, p.err()
}

func (p *parser) export(zone *time.Location) Export {
	e := Export{Filter: p.filter(zone), Oldest: p.oldest(), Format: choice(p, FieldFormat, export.Formats()...)}
	language := choice(p, FieldLanguage, export.Languages()...)
	reader, is := p.one(FieldFor)
	_, hasLanguage := p.one(FieldLanguage)
	p.check(!is || reader == forExcel, "%s must be %s", FieldFor, forExcel)
	p.check(!is || e.Format == export.CSV, "%s %s goes with %s %s", FieldFor, forExcel, FieldFormat, export.CSV)
	p.check(is || !hasLanguage, "%s goes with %s", FieldLanguage, FieldFor)
	if reader == forExcel {
		e.Excel = &export.Excel{Zone: zone, Language: language}
	}
	return e
}

// fieldReveal has an export show what is personal.
const fieldReveal = "reveal"

// shownEach are the records of an export as they are, or masked.
func shownEach(each export.Each, reveal bool) export.Each {
	if reveal {
		return each
	}
	return func(do func([]pushlog.Record) error) error {
		return each(func(records []pushlog.Record) error { return do(maskedAll(records)) })
	}
}

// Of is how the records of an export are read.
func (e Export) Of(ctx context.Context, log *pushlog.Log) export.Each {
	return func(do func([]pushlog.Record) error) error { return log.Each(ctx, e.Filter, e.Oldest, do) }
}

func exportMembers() []member {
	return filterMembers(member{FieldOrder, text}, member{FieldFormat, text}, member{FieldFor, text}, member{FieldLanguage, text}, member{fieldReveal, flag}, member{fieldReason, text}, member{fieldSearch, text})
}

// export answers with a file. One that can't be finished is broken off, so that
// nobody takes it for a whole one.
func (a *api) export(c *gin.Context) {
	in, ok := readBody(c, exportMembers()...)
	if !ok || !a.withSearch(c, in) {
		return
	}
	e, reveal := in.export(a.Zone), in.is(fieldReveal)
	reason := in.reason(reveal)
	if in.refusedBody(c) {
		return
	}
	if reveal && !whoIs(c).May(access.Reveal) {
		httpapi.Fail(c, http.StatusForbidden, "showing personal data requires the permission "+string(access.Reveal)+": ask an administrator for it")
		return
	}
	if !canBreakOff(c) || !a.mayAsk(c, in) {
		return
	}
	note(c, zap.String("format", string(e.Format)), zap.Strings("filter", slices.Sorted(maps.Keys(in.Given))))
	subject, customer := in.describe()
	if !a.enter(c, audit.Entry{Action: audit.Export, Subject: subject, Customer: customer, Reason: reason}) {
		return
	}
	may := []access.Permission{access.Export}
	if reveal {
		may = append(may, access.Reveal)
	}
	ctx, cancel := a.watched(c, 0, may...)
	defer cancel()
	to := a.newPatient(c, e.Format.ContentType(), "Content-Disposition", `attachment; filename="`+e.FileName(time.Now())+`"`)
	defer to.cutWith(ctx)()
	found := finding{exact: true}
	n, err := e.Write(to, shownEach(found.noted(e.Of(ctx, a.log)), reveal), nil)
	note(c, zap.Int("records", n))
	if found.total = int64(n); len(in.questions()) > 0 {
		c.Set(resultKey, found.result())
	}
	exported(ctx, c, to, err)
}

// canBreakOff answers, and returns false, if the end of a file could not be told from
// one that was broken off.
func canBreakOff(c *gin.Context) bool {
	if c.Request.ProtoAtLeast(1, 1) {
		return true
	}
	httpapi.Fail(c, http.StatusHTTPVersionNotSupported, "not over HTTP/1.0, where a file that is broken off looks like a whole one")
	return false
}

// exported ends an answer that is a file.
func exported(ctx context.Context, c *gin.Context, to *patient, err error) {
	switch {
	case err == nil:
		to.begin() // of no bytes
		c.Status(http.StatusOK)
		conclude(c, "done")
	case withdrawn(ctx) && !c.Writer.Written():
		httpapi.Fail(c, http.StatusForbidden, errWithdrawn.Error())
	case !c.Writer.Written():
		failed(c, err, http.StatusUnprocessableEntity)
	default:
		if !to.lost && ctx.Err() == nil {
			_ = c.Error(err) // for the log
		}
		if withdrawn(ctx) {
			note(c, zap.String("why", errWithdrawn.Error()))
		}
		conclude(c, "broken off")
		panic(http.ErrAbortHandler)
	}
}
