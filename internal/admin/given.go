package admin

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"pushstream/internal/push"
)

// Given is what somebody asks for, by the API's names: parameters of a URL, members
// of a body, or flags. Only a list has more than one value.
type Given map[string][]string

// parser reads what was given, and gathers what is wrong with it. A value that was
// given and is empty is a fault: it must not select more than was meant.
type parser struct {
	Given
	inURL  bool
	post   string   // of a filter in a URL: where what is personal is posted to
	masked bool     // who asks sees personal data masked
	kept   []string // names of what comes from a search that the asker has kept: it is audited by itself
	shared []string // names of what comes from a search that somebody else has kept
	faults []error
}

func (p *parser) fault(format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

func (p *parser) check(ok bool, format string, args ...any) {
	if !ok {
		p.fault(format, args...)
	}
}

// err is all faults, a line each.
func (p *parser) err() error { return errors.Join(p.faults...) }

// one returns the only value of a name.
func (g Given) one(name string) (text string, is bool) {
	values := g[name]
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}

// must returns the only value of a name, which has to be there.
func (p *parser) must(name string) string {
	text, _ := p.one(name)
	p.check(text != "", "%s must be given", name)
	return text
}

// text reads a text of at most some characters, as fields of jobs have.
func (p *parser) text(name string) string {
	text, is := p.one(name)
	p.check(!is || text != "", "%s must not be empty", name)
	p.check(utf8.RuneCountInString(text) <= push.MaxText, "%s is longer than %d characters", name, push.MaxText)
	p.check(utf8.ValidString(text), "%s is not valid UTF-8", name)
	return text
}

// fieldReason says why somebody does something; it is for the audit log.
const (
	fieldReason = "reason"
	maxReason   = 500 // characters
)

// reason reads why; whether it must be given.
func (p *parser) reason(must bool) string {
	why, is := p.one(fieldReason)
	why = strings.TrimSpace(why)
	if !strings.ContainsFunc(why, plain) {
		why = "" // nothing that could be read
	}
	p.check(!must || why != "", "%s must be given: it goes into the audit log", fieldReason)
	p.check(must || !is || why != "", "%s must not be empty", fieldReason)
	p.check(utf8.ValidString(why) && utf8.RuneCountInString(why) <= maxReason, "%s must be at most %d characters of UTF-8", fieldReason, maxReason)
	return why
}

// is reads true or false; false if it is not given.
func (p *parser) is(name string) bool {
	text, _ := p.one(name)
	return text == "true"
}

// describe says what was asked for, for the audit log: the values of what is not
// personal, the names of what is, and the customer if it is one's data.
func (p *parser) describe(but ...string) (subject, customer string) {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(p.Given)) {
		value := strings.Join(p.Given[name], ",")
		column, _ := p.one(FieldColumn)
		switch {
		case slices.Contains(but, name), name == fieldReason:
		case slices.Contains(personal(), name), slices.Contains(wordFields(), name) && inSearch(column):
			parts = append(parts, name)
		default:
			parts = append(parts, name+"="+value)
		}
	}
	customer, exact := p.one(push.FieldCsno)
	if column, _ := p.one(FieldColumn); !exact && column == push.FieldCsno {
		_, customer = p.word()
	}
	return strings.Join(parts, " "), customer
}

// number reads a whole number, least to most.
func (p *parser) number(name string, otherwise, least, most int) int {
	text, is := p.one(name)
	if !is {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		p.fault("%s must be a whole number, %d to %d", name, least, most)
		return otherwise
	}
	return n
}

// instant reads a time; zero if there is none. Nothing is older than 1970, and what
// Go takes for no time at all must not get through.
func (p *parser) instant(name string) time.Time {
	text, is := p.one(name)
	if !is {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	hint := ""
	if p.inURL && strings.Contains(text, " ") {
		hint = "; a + is %2B in a URL"
	}
	p.check(err == nil && t.Year() >= 1970, "%s must be a time as RFC 3339 has it, such as 2026-11-24T09:30:00+09:00%s", name, hint)
	return t
}

// instants reads two times, the one of which must be before the other.
func (p *parser) instants(from, to string) (since, until time.Time) {
	since, until = p.instant(from), p.instant(to)
	p.check(since.IsZero() || until.IsZero() || since.Before(until), "%s must be before %s", from, to)
	return since, until
}

// choice reads one of some words; the first is the default, unless it is empty:
// then one must be given.
func choice[T ~string](p *parser, name string, words ...T) T {
	text, is := p.one(name)
	if !is && words[0] != "" {
		return words[0]
	}
	if text == "" || !slices.Contains(words, T(text)) {
		var known []string
		for _, w := range words {
			if w != "" {
				known = append(known, string(w))
			}
		}
		p.fault("%s must be %s", name, strings.Join(known, " or "))
	}
	return T(text)
}
