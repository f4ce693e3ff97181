package admin

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"pushstream/internal/access"
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
	FieldEquals    = "equals"

	FieldFCMSendSince  = "fcm_send_since" // of fcm_send_time
	FieldFCMSendUntil  = "fcm_send_until"
	FieldSndnRsevSince = "sndn_rsev_since" // of sndn_rsev_hour
	FieldSndnRsevUntil = "sndn_rsev_until"
)

// FilterFields returns their names, and those of a push that it may have.
func FilterFields() []string {
	return slices.Concat([]string{FieldStatus, FieldSince, FieldUntil}, exactFields(func(*push.Field) bool { return true }),
		[]string{FieldErrorCode, FieldColumn, FieldContains, FieldEquals,
			pushlog.FieldFCMSendYN, FieldFCMSendSince, FieldFCMSendUntil, FieldSndnRsevSince, FieldSndnRsevUntil})
}

// exactFields are some of the fields of a push that a filter may name with a value: those
// that have an index, then the others.
func exactFields(some func(*push.Field) bool) []string {
	var indexed, others []string
	fields := push.Columns()
	for i := range fields {
		switch f := &fields[i]; {
		case !f.Exact || !some(f):
		case f.Index != push.NoIndex:
			indexed = append(indexed, f.Name)
		default:
			others = append(others, f.Name)
		}
	}
	return append(indexed, others...)
}

// openFields are those of them that a URL may have, with an index or without.
func openFields(index bool) []string {
	return exactFields(func(f *push.Field) bool { return !f.Personal && (f.Index != push.NoIndex) == index })
}

// privateFields are those of them that a URL can't have.
func privateFields() []string {
	return exactFields(func(f *push.Field) bool { return f.Personal })
}

// urlFields are those of them that a URL may have.
func urlFields() []string {
	return slices.DeleteFunc(FilterFields(), func(name string) bool { return slices.Contains(personal(), name) })
}

// urlColumns are the columns that a URL may name.
func urlColumns() []string {
	return slices.DeleteFunc(pushlog.SearchColumns(), func(name string) bool { return slices.Contains(personal(), name) })
}

// filter reads a filter. zone is that in which people see times.
func (p *parser) filter(zone *time.Location) pushlog.Filter {
	p.Normalize()
	var f pushlog.Filter
	for _, s := range p.Given[FieldStatus] {
		f.Statuses = append(f.Statuses, push.Status(s))
	}
	if slices.ContainsFunc(f.Statuses, func(s push.Status) bool { return !s.Valid() }) {
		p.fault("%s must be one of %v, or several", FieldStatus, push.Statuses())
	}
	f.Since, f.Until = p.instants(FieldSince, FieldUntil)
	f.Exact = p.exact()
	f.ErrorCode = p.code()
	f.FCMSendYN = p.yesNo()
	f.FCMSent, f.Reserved = p.ranges()
	f.Text = p.columnText()
	if f.FCMSent != (pushlog.TimeRange{}) || f.Reserved != (pushlog.TimeRange{}) || slices.Contains(pushlog.TimeColumns(), f.Text.Column) {
		f.Zone = zone
	}
	byItsOwn(&f)
	return f
}

// exact reads the values that fields must have.
func (p *parser) exact() (exact push.Job) {
	fields := push.Columns()
	for i := range fields {
		switch f := &fields[i]; {
		case !f.Exact:
		case f.Limit == 0:
			f.Set(&exact, p.token(f.Name))
		default:
			f.Set(&exact, p.text(f.Name))
		}
	}
	return exact
}

// ranges reads those of fcm_send_time and of sndn_rsev_hour.
func (p *parser) ranges() (sent, reserved pushlog.TimeRange) {
	sent.Since, sent.Until = p.instants(FieldFCMSendSince, FieldFCMSendUntil)
	reserved.Since, reserved.Until = p.instants(FieldSndnRsevSince, FieldSndnRsevUntil)
	return sent, reserved
}

// yesNo reads fcm_send_yn.
func (p *parser) yesNo() string {
	text, is := p.one(pushlog.FieldFCMSendYN)
	p.check(!is || text == pushlog.SentYes || text == pushlog.SentNo, "%s must be %s or %s", pushlog.FieldFCMSendYN, pushlog.SentYes, pushlog.SentNo)
	return text
}

// Normalize has what was given for a field be as the field's values are: people copy
// numbers with blanks around them, and a Mac types other Hangul.
func (g Given) Normalize() {
	column, _ := g.one(FieldColumn)
	for name, values := range g {
		var normal func(string) string
		switch {
		case push.Lookup(name) != nil:
			normal = push.Lookup(name).Normal
		case name == fieldCustomer:
			normal = push.Short
		case slices.Contains(wordFields(), name):
			normal = func(word string) string { return pushlog.NormalWord(column, word) }
		default:
			continue
		}
		made := make([]string, len(values))
		for i, value := range values {
			made[i] = normal(value)
		}
		g[name] = made
	}
}

// byItsOwn puts what a whole column must be into the filter of that column, if it has
// one: that is the same, and may have an index.
func byItsOwn(f *pushlog.Filter) {
	column := push.Lookup(f.Text.Column)
	if column == nil || !column.Exact || !f.Text.Whole {
		return
	}
	if own := column.Text(&f.Exact); *own == "" || *own == f.Text.Word {
		*own, f.Text = f.Text.Word, pushlog.Text{}
	}
}

// token reads a device token.
func (p *parser) token(name string) string {
	text, is := p.one(name)
	p.check(!is || text != "", "%s must not be empty", name)
	p.check(len(text) <= push.MaxToken, "%s is longer than %d bytes", name, push.MaxToken)
	return text
}

func (p *parser) code() push.Code {
	text, is := p.one(FieldErrorCode)
	p.check(!is || slices.Contains(pushlog.Codes(), push.Code(text)), "%s must be one of %v", FieldErrorCode, pushlog.Codes())
	return push.Code(text)
}

// wordFields are those of what a column must contain, or be.
func wordFields() []string { return []string{FieldContains, FieldEquals} }

// word returns which of them was given, and its value; empty names if none was.
func (g Given) word() (name, word string) {
	for _, name := range wordFields() {
		if values := g[name]; len(values) > 0 {
			return name, values[0]
		}
	}
	return "", ""
}

// columnText reads what a column must contain, or be.
func (p *parser) columnText() pushlog.Text {
	column, hasColumn := p.one(FieldColumn)
	name, word := p.word()
	both := len(p.Given[FieldContains]) > 0 && len(p.Given[FieldEquals]) > 0
	columns := pushlog.SearchColumns()
	if p.inURL {
		columns = urlColumns()
	}
	p.check(hasColumn == (name != "") && !both, "%s goes with %s or %s, one of the two", FieldColumn, FieldContains, FieldEquals)
	switch {
	case p.inURL && slices.Contains(personal(), column):
		p.fault("%s", p.private(column))
	case hasColumn && !slices.Contains(columns, column):
		p.fault("%s must be one of %s", FieldColumn, strings.Join(columns, ", "))
	}
	p.check(name == "" || word != "", "%s must not be empty", name)
	p.check(len(word) <= pushlog.MaxWord, "%s is longer than %d bytes", name, pushlog.MaxWord)
	p.check(utf8.ValidString(word), "%s is not valid UTF-8", name)
	t := pushlog.Text{Column: column, Word: word, Whole: name == FieldEquals}
	p.check(!p.masked || name != FieldContains || word == "" || !inSearch(column) || lettersOf(t) >= access.LeastPart,
		"%s of %s must have at least %d letters or digits: to search for less needs the permission %s", name, column, access.LeastPart, access.Reveal)
	return t
}

// lettersOf is how many letters and digits a search names at least: of a phone number
// only the digits count, since nothing else is compared.
func lettersOf(t pushlog.Text) int {
	least := utf8.RuneCountInString(access.Normal(t.Word))
	for _, digits := range t.Phones() {
		least = min(least, len(digits))
	}
	return least
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
func (p *parser) query(zone *time.Location) pushlog.Query {
	return pushlog.Query{
		Page: p.number(fieldPage, 1, 1, maxPage), Size: p.number(fieldSize, defaultSize, 1, pushlog.MaxPageSize),
		Oldest: p.oldest(), AsOf: p.instant(fieldAsOf), Filter: p.filter(zone),
	}
}

func (p *parser) oldest() bool { return choice(p, FieldOrder, "newest", "oldest") == "oldest" }

// budget reads for how long to look.
func (p *parser) budget(otherwise time.Duration) time.Duration {
	ms := p.number(fieldBudget, int(otherwise/time.Millisecond), int(minBudget/time.Millisecond), int(maxBudget/time.Millisecond))
	return time.Duration(ms) * time.Millisecond
}
