package jobfile

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
)

// MaxLine is the longest line, and row, in bytes. A valid job is far shorter, even with
// every character escaped.
const MaxLine = 256 << 10

// lineReader takes a file apart into lines, which end with LF, CR LF or CR alone.
type lineReader struct {
	r        *bufio.Reader
	encoding Encoding
	buf      []byte
	number   int
}

// textLine is one line of a file.
type textLine struct {
	number  int    // from 1
	raw     []byte // as it is in the file, with its end, and one if it has none; valid until the next line is read
	text    []byte // as UTF-8, without its end; valid as long
	end     string // "\n", "\r\n", "\r", or empty at the end of the file
	tooLong bool   // raw and text are its start
	broken  bool   // it has bytes that are not of the encoding
}

// next returns io.EOF behind the last line.
func (l *lineReader) next() (textLine, error) {
	width := l.encoding.width()
	l.buf = l.buf[:0]
	line := textLine{}
	for line.end == "" {
		b, err := l.r.Peek(width)
		if err != nil && err != io.EOF {
			return line, fmt.Errorf("read line %d: %w", l.number+1, unpacking(err))
		}
		if len(b) < width { // the end, or half a unit before it
			l.take(&line, b)
			break
		}
		b, _ = l.r.Peek(l.r.Buffered() / width * width)
		i := l.endIn(b)
		if i < 0 {
			l.take(&line, b)
			continue
		}
		l.take(&line, b[:i])
		line.end = l.takeEnd()
	}
	if len(l.buf) == 0 && line.end == "" {
		return line, io.EOF
	}
	l.number++
	line.number = l.number
	text, ok := l.encoding.decode(l.buf)
	line.broken = !ok && !line.tooLong
	for _, c := range []byte(cmp.Or(line.end, "\n")) {
		l.buf = append(l.buf, l.encoding.unit(c)...)
	}
	line.raw, line.text = l.buf, bare(text, line.end)
	return line, nil
}

// take moves bytes into the line, as far as there is room.
func (l *lineReader) take(line *textLine, b []byte) {
	room := MaxLine - len(l.buf)
	if len(b) > room {
		line.tooLong = true
	}
	l.buf = append(l.buf, b[:min(len(b), room)]...)
	_, _ = l.r.Discard(len(b)) // it was peeked at
}

// endIn is where the line ends in whole units; -1 if it does not.
func (l *lineReader) endIn(b []byte) int {
	if l.encoding.width() == 1 {
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			b = b[:i+1]
		}
		if i := bytes.IndexByte(b, '\r'); i >= 0 {
			return i
		}
		if len(b) > 0 && b[len(b)-1] == '\n' {
			return len(b) - 1
		}
		return -1
	}
	for i := 0; i < len(b); i += 2 {
		if u := l.encoding.order().Uint16(b[i:]); u == '\n' || u == '\r' {
			return i
		}
	}
	return -1
}

// takeEnd takes the end that comes next.
func (l *lineReader) takeEnd() string {
	width := l.encoding.width()
	end := ""
	for _, c := range []byte{'\r', '\n'} {
		if b, _ := l.r.Peek(width); bytes.Equal(b, l.encoding.unit(c)) {
			end += string(c)
			_, _ = l.r.Discard(width) // it was peeked at
		}
	}
	return end
}

// endOfFile is Ctrl-Z, which DOS puts behind a file, and leaves there when it puts two
// together.
const endOfFile = "\x1a"

// bare is a line without what is no part of its text: a byte order mark before it, since
// files are put together, and the mark of a file's end.
func bare(text []byte, end string) []byte {
	for {
		was := len(text)
		text = bytes.TrimPrefix(bytes.TrimPrefix(text, []byte(endOfFile)), []byte("\ufeff"))
		if len(text) == was {
			break
		}
	}
	if end == "" {
		text = bytes.TrimRight(text, endOfFile)
	}
	return text
}

// empty reports whether a text shows nothing, but for characters of more.
func empty(text []byte, more string) bool {
	for _, r := range string(text) {
		if !blank(r) && !strings.ContainsRune(more, r) {
			return false
		}
	}
	return true
}
