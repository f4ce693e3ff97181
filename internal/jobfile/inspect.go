package jobfile

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// MaxBytes is how much text a file may hold, unpacked: far more than any campaign, and
// not more than a disk holds.
const MaxBytes = 32 << 30

// Unfit is a file that is refused as a whole: what is wrong with it, and what to do.
type Unfit string

func (u Unfit) Error() string { return string(u) }

func unfit(format string, args ...any) error { return Unfit(fmt.Sprintf(format, args...)) }

// Form is how a file is written.
type Form struct {
	Encoding Encoding
	Mark     []byte // the byte order mark, which is not handed out
	Packed   bool   // with gzip
}

// Inspect reads a file to its end and says how it is written. It is Unfit if it is not
// in the encoding that is wanted, or if Auto leaves a doubt.
func Inspect(r io.Reader, want Encoding) (Form, error) {
	br, form, err := begin(r, want)
	if err != nil {
		return form, err
	}
	s := survey{line: 1}
	if err := s.read(br); err != nil {
		return form, fmt.Errorf("read line %d: %w", s.line, unpacking(err))
	}
	switch {
	case want == Auto && form.Encoding == UTF8 && s.broken > 0 && form.Mark != nil:
		return form, unfit("line %d is not valid UTF-8, though the file begins with the mark of UTF-8, so nothing of it is accepted; "+
			"with --encoding utf-8 only such lines are rejected", s.broken)
	case want == Auto && form.Encoding == UTF8 && s.broken > 0:
		return form, unfit("line %d is not valid UTF-8, so nothing of the file is accepted; if Korean Excel saved it as \"CSV\", "+
			"read it with --encoding cp949, or save it as \"CSV UTF-8\"; with --encoding utf-8 only such lines are rejected", s.broken)
	case want == Auto && form.Encoding == UTF8 && form.Mark == nil && s.lookalike():
		return form, unfit("line %d can be read as UTF-8 and as CP949, so nothing of the file is accepted; "+
			"say which it is: --encoding cp949 or --encoding utf-8", s.firstHigh)
	case want == CP949 && s.broken == 0 && s.hangul:
		return form, unfit("the file is UTF-8, not CP949, so nothing of it is accepted; leave out --encoding cp949")
	}
	return form, nil
}

// Peek is Inspect of what can be read only once: it goes by the first bytes, so the
// encoding must be named. The reader goes on where r began.
func Peek(r io.Reader, want Encoding) (io.Reader, Form, error) {
	br, form, err := begin(r, want)
	return br, form, err
}

// begin unpacks, and finds out the encoding by a byte order mark, which it skips.
func begin(r io.Reader, want Encoding) (*bufio.Reader, Form, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	var form Form
	head, err := br.Peek(8)
	if err != nil && err != io.EOF {
		return br, form, fmt.Errorf("read line 1: %w", err)
	}
	if bytes.HasPrefix(head, []byte("\x1f\x8b")) {
		unpacked, err := gzip.NewReader(br)
		if err != nil {
			return br, form, unpacking(err)
		}
		form.Packed = true
		br = bufio.NewReaderSize(&bounded{r: unpacked, left: MaxBytes}, 64<<10)
		if head, err = br.Peek(8); err != nil && err != io.EOF {
			return br, form, unpacking(err)
		}
	}
	if kind := foreign(head); kind != "" {
		return br, form, unfit("the file is %s; save it as \"CSV UTF-8\", or hand in NDJSON", kind)
	}
	form.Encoding = want
	for _, m := range marks {
		if !bytes.HasPrefix(head, []byte(m.bytes)) {
			continue
		}
		if want != Auto && want != m.encoding {
			return br, form, unfit("the file begins with the byte order mark of %s, so it is not %s; leave out --encoding", m.encoding, want)
		}
		form.Encoding, form.Mark = m.encoding, []byte(m.bytes)
		_, _ = br.Discard(len(m.bytes)) // it was peeked at
	}
	if form.Encoding == Auto {
		form.Encoding = UTF8
	}
	if form.Encoding.width() == 1 {
		if err := noNUL(br); err != nil {
			return br, form, err
		}
	}
	return br, form, nil
}

// foreign names files of other programs by their first bytes.
func foreign(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "a workbook (.xlsx), or a ZIP file"
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return "a workbook (.xls)"
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return "UTF-32"
	}
	return ""
}

// noNUL refuses UTF-16 without a byte order mark: its first line, a header or the
// start of a JSON object, has NULs.
func noNUL(br *bufio.Reader) error {
	b, err := br.Peek(256)
	if err != nil && err != io.EOF {
		return fmt.Errorf("read line 1: %w", unpacking(err))
	}
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		b = b[:i+1]
	}
	i := bytes.IndexByte(b, 0)
	switch {
	case i < 0:
		return nil
	case i%2 == 1:
		return unfit("line 1 has NUL characters, as UTF-16 without a byte order mark has; if it is that, read it with --encoding utf-16le")
	}
	return unfit("line 1 has NUL characters, as UTF-16 without a byte order mark has; if it is that, read it with --encoding utf-16be")
}

// bounded is a reader that fails behind a number of bytes.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, unfit("the file holds more than %d GiB of text; hand it in in parts", MaxBytes>>30)
	}
	return n, err
}

// unpacking says in words what gzip says.
func unpacking(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return unfit("the file is broken: gzip can't unpack it (%v)", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return unfit("the file is broken: it ends before its gzip data do; copy it again")
	}
	return err
}

// survey is what is seen of a file's bytes as a whole.
type survey struct {
	line      int // that is being read, from 1
	broken    int // line of the first bytes that are not UTF-8; 0 if there are none
	firstHigh int // line of the first character beyond ASCII
	hangul    bool
	other     bool // there is a character that CP949 would not write as a common syllable
	letter    bool // or one of them is a letter of Latin, or they stand side by side
}

// lookalike reports whether all that is not ASCII are letters of Latin beyond ASCII that
// are common Korean syllables when they are read as CP949: 철회 is öȸ. Signs that a
// Korean text has by itself (no-break space, ·, °, ×) are none.
func (s *survey) lookalike() bool { return s.firstHigh > 0 && !s.other && s.letter }

func (s *survey) read(br *bufio.Reader) error {
	cr, beside := false, false
	for {
		b, err := br.Peek(utf8.UTFMax)
		if len(b) == 0 {
			if err == io.EOF {
				return nil
			}
			return err
		}
		if rest, _ := br.Peek(br.Buffered()); len(rest) > len(b) {
			b = rest
		}
		i := 0
		for i < len(b) && (utf8.FullRune(b[i:]) || err != nil) {
			c := b[i]
			if c < utf8.RuneSelf {
				if c == '\r' || c == '\n' && !cr {
					s.line++
				}
				cr, beside = c == '\r', false
				i++
				continue
			}
			cr = false
			r, size := utf8.DecodeRune(b[i:])
			if s.firstHigh == 0 {
				s.firstHigh = s.line
			}
			switch {
			case r == utf8.RuneError && size == 1:
				if s.broken == 0 {
					s.broken = s.line
				}
				beside = false
			case size == 2 && b[i] >= 0xc2 && b[i] <= 0xc8 && b[i+1] >= 0xa1: // rows of syllables of KS X 1001
				s.letter = s.letter || beside || r >= 0xc0 && unicode.IsLetter(r)
				beside = true
			default:
				s.other, beside = true, false
				s.hangul = s.hangul || unicode.Is(unicode.Hangul, r)
			}
			i += size
		}
		_, _ = br.Discard(i) // it was peeked at
	}
}
