package admin

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// The fields of a filter that are not those of a push, as the API names them.
const (
	FieldStatus    = "status"
	FieldSince     = "since"
	FieldUntil     = "until"
	FieldErrorCode = "error_code"
	FieldColumn    = "column"
	FieldContains  = "contains"
)

// FilterFields returns their names, and those of a push that it may have.
func FilterFields() []string {
	return []string{FieldStatus, FieldSince, FieldUntil, push.FieldCsno, push.FieldPushGrpID, push.FieldDeviceID,
		push.FieldServiceName, FieldErrorCode, FieldColumn, FieldContains}
}

// urlFields are those of them that a URL may have.
func urlFields() []string {
	return slices.DeleteFunc(FilterFields(), func(name string) bool { return slices.Contains(personal(), name) })
}

// urlColumns are the columns that a URL may name.
func urlColumns() []string {
	return slices.DeleteFunc(pushlog.SearchColumns(), func(name string) bool { return slices.Contains(personal(), name) })
}

func (p *parser) filter() pushlog.Filter {
	var f pushlog.Filter
	for _, s := range p.Given[FieldStatus] {
		f.Statuses = append(f.Statuses, push.Status(s))
	}
	if slices.ContainsFunc(f.Statuses, func(s push.Status) bool { return !s.Valid() }) {
		p.fault("%s must be one of %v, or several", FieldStatus, push.Statuses())
	}
	f.Since, f.Until = p.instants()
	f.Csno, f.PushGrpID, f.ServiceName = p.text(push.FieldCsno), p.text(push.FieldPushGrpID), p.text(push.FieldServiceName)
	f.DeviceID = p.token()
	f.ErrorCode = p.code()
	f.Text = p.word()
	return f
}

// token reads the token of a device.
func (p *parser) token() string {
	text, is := p.one(push.FieldDeviceID)
	p.check(!is || text != "", "%s must not be empty", push.FieldDeviceID)
	p.check(len(text) <= push.MaxToken, "%s is longer than %d bytes", push.FieldDeviceID, push.MaxToken)
	return text
}

func (p *parser) code() push.Code {
	text, is := p.one(FieldErrorCode)
	p.check(!is || slices.Contains(pushlog.Codes(), push.Code(text)), "%s must be one of %v", FieldErrorCode, pushlog.Codes())
	return push.Code(text)
}

// word reads what a column must contain.
func (p *parser) word() pushlog.Text {
	column, hasColumn := p.one(FieldColumn)
	word, hasWord := p.one(FieldContains)
	columns := pushlog.SearchColumns()
	if p.inURL {
		columns = urlColumns()
	}
	p.check(hasColumn == hasWord, "%s and %s go together", FieldColumn, FieldContains)
	switch {
	case p.inURL && slices.Contains(personal(), column):
		p.fault("%s", p.private(column))
	case hasColumn && !slices.Contains(columns, column):
		p.fault("%s must be one of %s", FieldColumn, strings.Join(columns, ", "))
	}
	p.check(!hasWord || word != "", "%s must not be empty", FieldContains)
	p.check(len(word) <= pushlog.MaxWord, "%s is longer than %d bytes", FieldContains, pushlog.MaxWord)
	p.check(utf8.ValidString(word), "%s is not valid UTF-8", FieldContains)
	return pushlog.Text{Column: column, Word: word}
}

// The fields of a query beside its filter.
const (
	fieldPage   = "page"
	fieldSize   = "size"
	FieldOrder  = "order"
	fieldAsOf   = "asof"
	fieldBudget = "budget_ms"
)

// pageFields returns them.
func pageFields() []string { return []string{fieldPage, fieldSize, FieldOrder, fieldAsOf, fieldBudget} }

const (
	defaultSize   = 100 // items on a page
	maxPage       = 1_000_000
	defaultBudget = 2 * time.Second // for looking
	minBudget     = 100 * time.Millisecond
	maxBudget     = 10 * time.Second
)

// query reads a page of what a filter selects.
func (p *parser) query() pushlog.Query {
	return pushlog.Query{
		Page: p.number(fieldPage, 1, 1, maxPage), Size: p.number(fieldSize, defaultSize, 1, pushlog.MaxPageSize),
		Oldest: p.oldest(), AsOf: p.instant(fieldAsOf), Filter: p.filter(),
	}
}

func (p *parser) oldest() bool { return choice(p, FieldOrder, "newest", "oldest") == "oldest" }

// budget reads for how long to look.
func (p *parser) budget(otherwise time.Duration) time.Duration {
	ms := p.number(fieldBudget, int(otherwise/time.Millisecond), int(minBudget/time.Millisecond), int(maxBudget/time.Millisecond))
	return time.Duration(ms) * time.Millisecond
}
