package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"pushstream/internal/push"
)

// maxLine is the longest line of an import in bytes. A valid job is far
// shorter, even with every character escaped.
const maxLine = 256 << 10

// line is one job of an import, or what is wrong with it.
type line struct {
	number int    // in the file, from 1
	raw    []byte // valid until the next call of next
	job    push.Job
	err    error // push.Faults
}

// source reads an import line by line; next returns io.EOF at its end.
type source interface {
	next() (line, error)
}

// newSource finds out the format, if it is to, and skips a byte order mark.
func newSource(r io.Reader, format string, zone *time.Location) (source, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	if b, _ := br.Peek(3); bytes.Equal(b, []byte("\xef\xbb\xbf")) {
		_, _ = br.Discard(3) // it was peeked at
	}
	if format == "auto" {
		format = "csv"
		switch first := firstByte(br); first {
		case '{', 0:
			format = "ndjson"
		case '[':
			return nil, usage("the file is a JSON array: one job a line is needed (jq -c '.[]' turns one into the other)")
		}
	}
	lines := &lineReader{r: br}
	if format == "ndjson" {
		return &ndjsonSource{lines: lines, zone: zone}, nil
	}
	return newCSVSource(lines, zone)
}

// firstByte is the first one that is not white space, as far as the buffer
// reaches; 0 if there is none.
func firstByte(br *bufio.Reader) byte {
	b, _ := br.Peek(br.Size()) // a short file gives an error and what there is
	if b = bytes.TrimLeft(b, " \t\r\n"); len(b) > 0 {
		return b[0]
	}
	return 0
}

// lineReader reads lines of at most maxLine bytes; of a longer one it keeps
// the start and says so.
type lineReader struct {
	r      *bufio.Reader
	buf    []byte
	number int
}

func (l *lineReader) next() (text []byte, tooLong bool, err error) {
	l.buf = l.buf[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		if room := maxLine - len(l.buf); len(part) <= room {
			l.buf = append(l.buf, part...)
		} else {
			l.buf, tooLong = append(l.buf, part[:room]...), true
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(l.buf) == 0:
			return nil, false, io.EOF
		case err != nil && err != io.EOF:
			return nil, false, fmt.Errorf("read line %d: %w", l.number+1, err)
		}
		l.number++
		return bytes.TrimRight(l.buf, "\r\n"), tooLong, nil
	}
}

var errTooLong = push.Faults{{Message: fmt.Sprintf("the line is longer than %d bytes", maxLine)}}

// ndjsonSource reads one JSON object a line; empty lines are skipped.
type ndjsonSource struct {
	lines *lineReader
	zone  *time.Location
}

func (s *ndjsonSource) next() (line, error) {
	for {
		text, tooLong, err := s.lines.next()
		if err != nil {
			return line{}, err
		}
		l := line{number: s.lines.number, raw: text}
		switch {
		case tooLong:
			l.err = errTooLong
		case len(bytes.TrimSpace(text)) == 0:
			continue
		default:
			l.job, l.err = push.FromJSON(text, s.zone)
		}
		return l, nil
	}
}

// csvSource reads CSV (RFC 4180) whose first line names the columns. Only a
// quoted field may span lines.
type csvSource struct {
	lines   *lineReader
	zone    *time.Location
	columns []string
	ahead   []aheadLine // lines of a record that turned out broken, to be read again
}

type aheadLine struct {
	number  int
	text    []byte
	tooLong bool
}

func newCSVSource(lines *lineReader, zone *time.Location) (source, error) {
	s := &csvSource{lines: lines, zone: zone}
	header, err := s.nextLine()
	if err == io.EOF {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	columns, err := csv.NewReader(bytes.NewReader(header.text)).Read()
	if err != nil || header.tooLong || !utf8.Valid(header.text) {
		return nil, usage("line 1 is not a CSV header with the names of the columns")
	}
	known, wrong := push.Fields(), []string(nil)
	for i, name := range columns {
		columns[i] = strings.TrimSpace(name)
		switch {
		case !slices.Contains(known, columns[i]):
			wrong = append(wrong, fmt.Sprintf("unknown column %.40q", columns[i]))
		case slices.Contains(columns[:i], columns[i]):
			wrong = append(wrong, fmt.Sprintf("column %q twice", columns[i]))
		}
	}
	if !slices.Contains(columns, push.FieldDeviceID) {
		wrong = append(wrong, "no column device_id")
	}
	if wrong != nil {
		return nil, usage("the CSV header has: %s; known are %s", strings.Join(wrong, ", "), strings.Join(known, ", "))
	}
	s.columns = columns
	return s, nil
}

func (s *csvSource) nextLine() (aheadLine, error) {
	if len(s.ahead) > 0 {
		l := s.ahead[0]
		s.ahead = s.ahead[1:]
		return l, nil
	}
	text, tooLong, err := s.lines.next()
	return aheadLine{s.lines.number, bytes.Clone(text), tooLong}, err
}

func (s *csvSource) next() (line, error) {
	for {
		first, err := s.nextLine()
		if err != nil {
			return line{}, err
		}
		if !first.tooLong && len(bytes.TrimSpace(first.text)) == 0 {
			continue
		}
		return s.record(first)
	}
}

// record reads the record that starts with a line. If its quotes don't close
// within maxLine bytes, or lead to no row, only that line is at fault, and the
// others are read again.
func (s *csvSource) record(first aheadLine) (line, error) {
	l := line{number: first.number, raw: first.text}
	if first.tooLong {
		l.err = errTooLong
		return l, nil
	}
	text, more := slices.Clip(first.text), []aheadLine(nil)
	for odd := oddQuotes(text); odd; {
		next, err := s.nextLine()
		if err != nil && err != io.EOF {
			return line{}, err
		}
		if err == nil {
			more = append(more, next)
		}
		if err == io.EOF || next.tooLong || len(text)+1+len(next.text) > maxLine {
			s.ahead = append(more, s.ahead...)
			l.err = push.Faults{{Message: "a quote is opened and not closed"}}
			return l, nil
		}
		text = append(append(text, '\n'), next.text...)
		odd = odd != oddQuotes(next.text)
	}
	values, err := csv.NewReader(bytes.NewReader(text)).Read()
	if err == nil && len(values) == len(s.columns) {
		fields := make(map[string]string, len(values))
		for i, name := range s.columns {
			fields[name] = values[i]
		}
		l.raw = text
		l.job, l.err = push.FromFields(fields, s.zone)
		return l, nil
	}
	s.ahead = append(more, s.ahead...)
	var parseError *csv.ParseError
	switch {
	case errors.As(err, &parseError):
		l.err = push.Faults{{Message: "broken CSV: " + parseError.Err.Error()}}
	case err != nil:
		l.err = push.Faults{{Message: "broken CSV"}}
	default:
		l.err = push.Faults{{Message: fmt.Sprintf("has %d columns, the header %d", len(values), len(s.columns))}}
	}
	return l, nil
}

func oddQuotes(text []byte) bool { return bytes.Count(text, []byte{'"'})%2 == 1 }
