package jobfile

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

const header3 = "id,device_id,msg_title,data\n"

// job is a line of NDJSON.
func job(id string) string {
	return `{"id":"` + id + `","device_id":"token-` + id + `","msg_title":"제목"}`
}

// open reads a file that can be read once, as UTF-8.
func open(r io.Reader, format string) (*Reader, error) {
	r, form, err := Peek(r, UTF8)
	if err != nil {
		return nil, err
	}
	return NewAt(r, Options{Form: form, Format: format, Zone: time.UTC})
}

// read reads a source to its end: the ids of its jobs, and the numbers of the
// lines at fault.
func read(t testing.TB, src *Reader) (ids []string, faulty []int) {
	t.Helper()
	for last := 0; ; {
		l, err := src.Next()
		if err == io.EOF {
			return ids, faulty
		}
		if err != nil {
			t.Fatal(err)
		}
		if l.Number <= last {
			t.Fatalf("line %d after line %d", l.Number, last)
		}
		last = l.Number
		if l.Err != nil {
			faulty = append(faulty, l.Number)
		} else {
			ids = append(ids, l.Job.ID)
		}
	}
}

// A quote that is never closed costs one line, not the rest of the file, and
// the search for its end is bounded.
func TestOpenQuoteInALongFile(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(header3 + "bad,t,\"open,\n")
	const n = 20_000 // more than is looked ahead
	for i := range n {
		fmt.Fprintf(&b, "%d,t,x,\n", i)
	}
	src, err := open(strings.NewReader(b.String()), "auto")
	if err != nil {
		t.Fatal(err)
	}
	ids, faulty := read(t, src)
	if len(ids) != n || len(faulty) != 1 || faulty[0] != 2 {
		t.Errorf("%d jobs, faulty %v", len(ids), faulty)
	}
}

// endless is a line that never ends.
type endless struct{ left int }

func (e *endless) Read(b []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	for i := range b {
		b[i] = 'x'
	}
	e.left -= len(b)
	return len(b), nil
}

func TestLongLineInLittleMemory(t *testing.T) {
	t.Parallel()
	r := io.MultiReader(strings.NewReader(job("a")+"\n{"), &endless{64 << 20}, strings.NewReader("\n"+job("b")))
	src, err := open(r, "auto")
	if err != nil {
		t.Fatal(err)
	}
	ids, faulty := read(t, src)
	if strings.Join(ids, "") != "ab" || len(faulty) != 1 || faulty[0] != 2 {
		t.Errorf("jobs %q, faulty %v", ids, faulty)
	}
}

// Whatever stands in a file, the good line at its end is read; and every line of NDJSON
// that is not blank is one job or one fault, of CSV at most.
func FuzzSource(f *testing.F) {
	for _, text := range []string{
		"", job("a"), "a,t,x,", "a,t,\"x\n,", "\"\"\"\n\"", "a,\"\n\"\"\n\"", "{\r\n\r{", "a,t,5\" tall,\nb,t,x,\nc,t,6\" tall,",
		"a,t\nb", "\x1a\ufeffa,t,x,\rb,t,x", header3, "sep=;", "a,t,x,,,\nb,t,x,,,y", "\u3000,\u00a0",
	} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, csv bool) {
		if strings.Contains(text, "device_id") && csv {
			return // a header: others test it
		}
		format, lines := "ndjson", 0
		if text += "\n" + job("last"); csv {
			format, text = "csv", header3+strings.TrimSuffix(text, job("last"))+"last,t,x,"
			lines = -1 // the header
		}
		src, err := open(strings.NewReader(text), format)
		if err != nil {
			return // the start of another kind of file
		}
		for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
			if !empty([]byte(line), endOfFile) {
				lines++
			}
		}
		ids, faulty := read(t, src)
		if len(ids) == 0 || ids[len(ids)-1] != "last" {
			t.Fatalf("jobs %q, faulty %v", ids, faulty)
		}
		if n := len(ids) + len(faulty); n > lines || n < lines && !csv {
			t.Fatalf("%d jobs, %d faulty in %d lines", len(ids), len(faulty), lines)
		}
	})
}
