package jobfile

import (
	"bufio"
	"bytes"
	"io"
	"time"
	"unicode"

	"pushstream/internal/push"
)

// Options are how a file is to be read.
type Options struct {
	Form   Form           // as Inspect found it
	Format string         // ndjson, csv, or auto, which goes by the first character
	Zone   *time.Location // of reserved times
}

// Line is one job of a file, or what is wrong with it.
type Line struct {
	Number int    // of its first line in the file, from 1
	Raw    []byte // as it is in the file, with its end, and one if it has none
	Head   []byte // what stands before it in a file of its own: byte order mark and header
	Job    push.Job
	Err    error // push.Faults
}

// Reader reads a file line by line.
type Reader struct {
	Format  string   // ndjson or csv
	Ignored []string // columns that are read over: they tell what became of a push
	next    func() (Line, error)
}

// Next returns the next line that holds something, and io.EOF behind the last one.
func (r *Reader) Next() (Line, error) { return r.next() }

// New reads a file from its beginning. It is Unfit if it has no header.
func New(r io.Reader, o Options) (*Reader, error) {
	br, _, err := begin(r, o.Form.Encoding)
	if err != nil {
		return nil, err
	}
	return NewAt(br, o)
}

// NewAt is New of the reader that Peek returned.
func NewAt(r io.Reader, o Options) (*Reader, error) {
	q := &queue{lines: lineReader{r: bufio.NewReaderSize(r, 64<<10), encoding: o.Form.Encoding}}
	first, err := q.firstLine()
	if err != nil && err != io.EOF {
		return nil, err
	}
	format := o.Format
	if format == "auto" {
		format = "csv"
		switch trimmed := bytes.TrimLeftFunc(first.text, blank); {
		case len(trimmed) == 0, trimmed[0] == '{':
			format = "ndjson"
		case trimmed[0] == '[':
			return nil, unfit("the file is a JSON array: one job a line is needed (jq -c '.[]' turns one into the other)")
		}
	}
	if format == "ndjson" {
		s := &ndjsonSource{lines: q, zone: o.Zone, encoding: o.Form.Encoding, head: o.Form.Mark}
		return &Reader{Format: format, next: s.next}, nil
	}
	s := &csvSource{lines: q, zone: o.Zone, encoding: o.Form.Encoding, mark: o.Form.Mark}
	reader := &Reader{Format: format, next: s.next}
	if err := s.begin(); err != nil {
		return nil, err
	}
	reader.Ignored = s.ignored
	return reader, nil
}

// Lines reads a file of one value a line.
type Lines struct {
	r lineReader
}

// NewLines reads a file whose form is known from its beginning.
func NewLines(r io.Reader, form Form) (*Lines, error) {
	br, _, err := begin(r, form.Encoding)
	return &Lines{lineReader{r: br, encoding: form.Encoding}}, err
}

// Next returns the next line that shows something, without what is blank at its ends, and
// its number from 1; io.EOF behind the last one. A line that can't be read is Unfit.
func (l *Lines) Next() (text string, number int, err error) {
	for {
		line, err := l.r.next()
		switch {
		case err != nil:
			return "", l.r.number, err
		case line.tooLong:
			return "", line.number, unfit("line %d is longer than %d bytes", line.number, MaxLine)
		case line.broken:
			return "", line.number, unfit("line %d is not valid %s", line.number, l.r.encoding.name())
		case !empty(line.text, endOfFile):
			return string(bytes.TrimFunc(line.text, blank)), line.number, nil
		}
	}
}

// queue is the lines of a file, some of which are to be read again.
type queue struct {
	lines lineReader
	ahead []textLine
}

// next returns a line that stays valid.
func (q *queue) next() (textLine, error) {
	if len(q.ahead) > 0 {
		line := q.ahead[0]
		q.ahead = q.ahead[1:]
		return line, nil
	}
	line, err := q.lines.next()
	line.raw, line.text = bytes.Clone(line.raw), bytes.Clone(line.text)
	return line, err
}

// again has lines read again before all others.
func (q *queue) again(lines ...textLine) { q.ahead = append(lines, q.ahead...) }

// firstLine examines the first line that shows something.
func (q *queue) firstLine() (textLine, error) {
	for {
		line, err := q.next()
		if err != nil {
			return line, err
		}
		if line.tooLong || !empty(line.text, endOfFile) {
			q.again(line)
			return line, nil
		}
	}
}

// blank reports whether a character shows nothing: what push.Short takes off.
func blank(r rune) bool {
	return unicode.IsSpace(r) || r > unicode.MaxASCII && push.Short(string(r)) == ""
}
