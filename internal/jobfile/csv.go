package jobfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"pushstream/internal/push"
)

// csvSource reads CSV (RFC 4180) whose first row names the columns. Only a quoted value
// may span lines.
type csvSource struct {
	lines    *queue
	zone     *time.Location
	encoding Encoding
	mark     []byte

	header  header
	head    []byte   // the header as it is in the file, and what must stand before it
	ignored []string // columns
	lost    string   // why the rows under the last header can't be read
	held    *row     // read, and to be returned next
	heldErr error    // the same
}

// row is one row of a file: values that are to be read, or what is wrong.
type row struct {
	Line
	cells int // how many values it has
	short bool
}

// begin reads the header.
func (s *csvSource) begin() error {
	first, err := s.lines.firstLine()
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return err
	}
	var sep []byte
	if comma, ok := separator(first.text); ok {
		s.header.comma, sep = comma, first.raw
		_, _ = s.lines.next() // that line
		if first, err = s.lines.firstLine(); err != nil {
			return unfit("there is no header behind line %d", first.number)
		}
	}
	_, _ = s.lines.next() // the header
	h, err := readHeader(first, s.header.comma)
	if err != nil {
		return unfit("%v", err)
	}
	s.use(h, first, sep)
	return nil
}

// use has rows read under a header.
func (s *csvSource) use(h header, line textLine, sep []byte) {
	s.header, s.lost = h, ""
	s.head = slices.Concat(s.mark, sep, bytes.TrimPrefix(line.raw, s.mark))
	for _, name := range h.ignored {
		if !slices.Contains(s.ignored, name) {
			s.ignored = append(s.ignored, name)
		}
	}
}

// next returns the next row. A row that lacks its last columns waits for the one behind
// it: an unquoted line break makes two rows of one, and the first may look whole.
func (s *csvSource) next() (Line, error) {
	r, err := s.row()
	if err != nil {
		return Line{}, err
	}
	if !r.short || r.Err != nil {
		return r.Line, nil
	}
	behind, err := s.row()
	if err != nil {
		s.heldErr = err
		return r.Line, nil
	}
	if behind.restOf(r, s.header) {
		r.Err = push.Faults{{Message: fmt.Sprintf("has %d of %d columns, and line %d looks like its rest: put a text with a line break in quotes",
			r.cells, len(s.header.columns), behind.Number)}}
	}
	s.held = &behind
	return r.Line, nil
}

// restOf reports whether a faulty row looks like what stood behind a line break in the
// last value of another.
func (r *row) restOf(before row, h header) bool {
	var faults push.Faults
	last := h.columns[before.cells-1]
	text := last == push.FieldMsgTitle || last == push.FieldMsgContents || last == push.FieldData
	if !errors.As(r.Err, &faults) || !text || r.cells == 0 || before.cells+r.cells-1 > len(h.columns) {
		return false
	}
	return h.columns[0] != push.FieldID || slices.ContainsFunc(faults, func(f push.Fault) bool { return f.Field == push.FieldID })
}

// row returns the next row that shows something and is no header.
func (s *csvSource) row() (row, error) {
	if s.held != nil {
		r := *s.held
		s.held = nil
		return r, nil
	}
	if s.heldErr != nil {
		return row{}, s.heldErr
	}
	for {
		first, err := s.lines.next()
		if err != nil {
			return row{}, err
		}
		if !first.tooLong && empty(first.text, string(s.header.comma)+endOfFile) {
			continue
		}
		if r, ok := s.record(first); ok {
			return r, nil
		}
	}
}

// record reads the row that starts with a line; ok is false if it is none. If its
// quotes don't close within MaxLine bytes, or lead to no row, only that line is at
// fault, and the others are read again.
func (s *csvSource) record(first textLine) (r row, ok bool) {
	r.Line = Line{Number: first.number, Raw: first.raw, Head: s.head}
	if first.tooLong {
		r.Err = errTooLong
		return r, true
	}
	text, raw, broken, more := slices.Clip(first.text), slices.Clip(first.raw), first.broken, []textLine(nil)
	end := first.end
	for odd := oddQuotes(text); odd; {
		next, err := s.lines.next()
		if err == nil {
			more = append(more, next)
		}
		if err != nil || next.tooLong || len(raw)+len(next.raw) > MaxLine {
			s.lines.again(more...)
			r.Err = push.Faults{{Message: "a quote is opened and not closed"}}
			return r, true
		}
		text, raw = append(append(text, end...), next.text...), append(raw, next.raw...)
		broken, end = broken || next.broken, next.end
		odd = odd != oddQuotes(next.text)
	}
	values, err := split(text, s.header.comma)
	if err != nil {
		s.lines.again(more...)
		r.Err = push.Faults{{Message: err.Error()}}
		return r, true
	}
	if s.again(values, first) {
		return r, false
	}
	if !slices.ContainsFunc(values, func(v string) bool { return push.Short(v) != "" }) {
		return r, false
	}
	r.Raw = raw
	if s.lost != "" {
		r.Err = push.Faults{{Message: s.lost}}
		return r, true
	}
	r.cells, r.short = len(values), len(values) < len(s.header.columns)
	r.Job, r.Err = s.job(values, broken)
	if r.Err != nil && len(more) > 0 && s.misfit(values) { // a stray quote in each of two lines
		s.lines.again(more...)
		r.Raw = first.raw
	}
	return r, true
}

// again reports whether a row is a header once more, since files are put together. One
// of other columns is taken for the rows behind it.
func (s *csvSource) again(values []string, line textLine) bool {
	if !slices.ContainsFunc(values, func(v string) bool { return columnOf(v) == push.FieldDeviceID }) {
		_, is := separator(line.text)
		return is
	}
	h, err := headerOf(values, s.header.comma)
	switch {
	case err != nil:
		s.lost = fmt.Sprintf("stands below line %d, which is a header that can't be read: %v", line.number, err)
		return false
	case slices.Equal(h.columns, s.header.columns):
		s.lost = ""
	default:
		s.use(h, line, nil)
	}
	return true
}

// misfit reports whether a row has not the values that the header has columns, empty
// ones at the end aside.
func (s *csvSource) misfit(values []string) bool {
	n := len(s.header.columns)
	return len(values) < n || slices.ContainsFunc(values[n:], func(v string) bool { return push.Short(v) != "" })
}

// job makes a job of a row. Columns that are not there are empty, and values without a
// column must be: spreadsheets drop and add such columns at the end.
func (s *csvSource) job(values []string, broken bool) (push.Job, error) {
	fields := make(map[string]string, len(s.header.columns))
	var faults push.Faults
	for i, value := range values {
		if s.header.labels {
			value = plainCell(value)
		}
		name := ""
		if i < len(s.header.columns) {
			name = s.header.columns[i]
		}
		switch {
		case name == "" && push.Short(value) != "":
			faults = append(faults, push.Fault{Message: fmt.Sprintf("column %d has a value and no name; name it in the header, or empty it", i+1)})
		case name == "" || recordOnly(name):
		case broken && s.encoding != UTF8 && strings.ContainsRune(value, '\ufffd'):
			faults = append(faults, push.Fault{Field: name, Message: "is not valid " + s.encoding.name()})
			fallthrough
		default:
			fields[name] = value
		}
	}
	faults = append(faults, checkChanged(fields)...)
	job, err := push.FromFields(fields, s.zone)
	if err != nil && len(values) < len(s.header.columns) {
		faults = append(faults, push.Fault{Message: fmt.Sprintf("has %d of %d columns", len(values), len(s.header.columns))})
	}
	if err = merge(faults, err); err != nil {
		return job, err
	}
	return job, checkMasked(job, nil)
}

// split takes a row apart.
func split(text []byte, comma rune) ([]string, error) {
	if len(bytes.TrimSpace(text)) == 0 { // encoding/csv sees no row in it
		return []string{""}, nil
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = comma
	values, err := r.Read()
	switch {
	case errors.Is(err, csv.ErrBareQuote):
		return nil, errors.New("a quote stands in a value that does not begin with one: put the value in quotes, and double those in it")
	case errors.Is(err, csv.ErrQuote):
		return nil, errors.New("a quoted value goes on behind its last quote: double the quotes in it")
	case err != nil:
		return nil, errors.New("broken CSV")
	}
	return values, nil
}

func oddQuotes(text []byte) bool { return bytes.Count(text, []byte{'"'})%2 == 1 }
