package export

import (
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// Language is that of a file for people.
type Language string

// The languages.
const (
	Korean  Language = "ko"
	English Language = "en"
)

// Languages returns all of them, the default first.
func Languages() []Language { return []Language{Korean, English} }

// Excel is a CSV that Excel shows as the log is: opened with a double click, no value
// becomes another. It is for people; the plain CSV is for programs.
//
// Excel guesses what each cell is: 00123456 becomes 123456, 1E5 becomes 100000, 3-1 a
// date, 22 digits lose the last seven, =1+1 is reckoned. Quotes do not help, since it
// takes them off first. A leading ' is shown, and a leading tab or blank is cut off
// before a number is looked for. What holds is a formula that is nothing but a text:
// ="00123456". No text can break out of it: a quote in it is doubled, and all else
// is inert between quotes. A text literal has at most 255 characters and a formula 8,192,
// so a long text is put together of several.
//
// Times stay bare, as 2026-11-30 21:59:23 in the firm's zone: Excel makes dates of them,
// which can be sorted and filtered.
type Excel struct {
	Zone     *time.Location // nil: UTC
	Language Language       // of heads and states; Korean if empty
}

// FileName names a file that was begun at some time, as a clock on the wall has it.
func (x Excel) FileName(at time.Time) string {
	return "pushes-" + at.In(x.zone()).Format("20060102-150405") + ".csv"
}

// Write is Write of such a file.
func (x Excel) Write(w io.Writer, each Each, tell func(records int)) (records int, err error) {
	return write(w, appendHead(nil, x.heads()), each, x.append, tell)
}

func (x Excel) zone() *time.Location {
	if x.Zone == nil {
		return time.UTC
	}
	return x.Zone
}

// word returns the Korean or the English one of two words.
func (x Excel) word(both [2]string) string {
	if x.Language == English {
		return both[1]
	}
	return both[0]
}

func (x Excel) heads() (heads []string) {
	columns := pushlog.Columns()
	for i := range columns {
		if c := &columns[i]; c.Korean != "" {
			heads = append(heads, x.word([2]string{c.Korean, c.English}))
		}
	}
	return heads
}

// state is what a state is called on the page.
func (x Excel) state(s push.Status) string {
	return x.word(s.Labels())
}

// append adds a row: the columns that have a head for people.
func (x Excel) append(b []byte, r *pushlog.Record) ([]byte, error) {
	columns := pushlog.Columns()
	for i := range columns {
		c := &columns[i]
		if c.Korean == "" {
			continue
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = appendCell(b, x.cell(c, r))
	}
	return append(b, lineEnd...), nil
}

func (x Excel) cell(c *pushlog.Column, r *pushlog.Record) string {
	switch value := c.Cell(r); c.Name {
	case pushlog.FieldStatus:
		return asText(x.state(r.Status))
	case pushlog.FieldAcceptedAt, pushlog.FieldFCMSendTime:
		return x.instant(value)
	case push.FieldSndnRsevHour:
		return x.reserved(value)
	case pushlog.FieldAttempts:
		return value
	default:
		return asText(value)
	}
}

const clock = "2006-01-02 15:04:05"

// instant is the cell of a time of a record.
func (x Excel) instant(text string) string {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.In(x.zone()).Format(clock)
	}
	return asText(text)
}

// reserved is the cell of a reserved time.
func (x Excel) reserved(text string) string {
	if at, fault := push.ParseDue(text, x.zone()); fault == "" && !at.IsZero() {
		return at.In(x.zone()).Format(clock)
	}
	return asText(text)
}

const (
	mostLiteral = 250  // UTF-16 units of a text in a formula; Excel takes 255
	mostFormula = 8000 // of a formula; Excel takes 8,192
)

// asText is a cell that Excel shows as this text.
func asText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\ufffd")) // in a cell, a line ends so
	if isText(s) {
		return s
	}
	if f := formula(s); len(utf16.Encode([]rune(f))) <= mostFormula {
		return f
	}
	return "'" + s // a text of thousands of quotes: shown with the ', and harmless
}

// isText reports whether Excel takes s for a text, whatever the language of its user:
// without a digit nothing is a number, a date or a time, and with no sign before it
// nothing a formula or an error.
func isText(s string) bool {
	start := strings.TrimSpace(s)
	if first, _ := utf8.DecodeRuneInString(start); strings.ContainsRune("=+-@#'\"＝＋－＠", first) && start != "" {
		return false
	}
	switch strings.ToUpper(start) {
	case "TRUE", "FALSE", "참", "거짓":
		return false
	}
	return start == s && !strings.ContainsFunc(s, unicode.IsDigit)
}

// units are the UTF-16 units that a character takes in a formula.
func units(r rune) int {
	if r == '"' {
		return 2
	}
	return utf16.RuneLen(r)
}

// formula is one whose value is s: ="…", of several parts if it is long or has lines.
func formula(s string) string {
	var parts []string
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			parts = append(parts, "CHAR(10)")
		}
		for part, size := "", 0; line != ""; {
			r, n := utf8.DecodeRuneInString(line)
			text := line[:n]
			if r == '"' {
				text = `""`
			}
			part, size, line = part+text, size+units(r), line[n:]
			if size >= mostLiteral-2 || line == "" {
				parts = append(parts, `"`+part+`"`)
				part, size = "", 0
			}
		}
	}
	return "=" + strings.Join(parts, "&")
}
