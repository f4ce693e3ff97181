package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
)

const header = "id,device_id,msg_title,data\n"

func TestLoadCSV(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, content string
		ids           []string
		rejected      map[int][]string
	}{
		{"rows", header + "a,t,x,\nb,t,x,\n", []string{"a", "b"}, nil},
		{"no line feed at the end", header + "a,t,x,", []string{"a"}, nil},
		{"CRLF, byte order mark", "\xef\xbb\xbf" + strings.ReplaceAll(header+"a,t,x,\nb,t,\"x\",\n", "\n", "\r\n"), []string{"a", "b"}, nil},
		{"blanks in the header, quoted names", " id , \"device_id\" ,msg_title,data\n"[0:4] + ",device_id , msg_title,data\na,t,x,\n", []string{"a"}, nil},
		{"blank lines", header + "\na,t,x,\n  \n\r\nb,t,x,\n\n", []string{"a", "b"}, nil},
		{"only a header", header, nil, nil},
		{"quotes, commas and line feeds", header + "a,t,\"x, \"\"y\"\"\n\nz\",\"{\"\"k\"\":\"\"v\"\"}\"\nb,t,x,\n", []string{"a", "b"}, nil},
		{"too few and too many columns", header + "a,t,x,\nb,t,x\nc,t,x,,\nd,t,x,\n", []string{"a", "d"}, map[int][]string{3: {""}, 4: {""}}},
		{"faults of a row", header + "a b,,,{\nc,t,x,\n", []string{"c"}, map[int][]string{2: {"id", "device_id", "msg_contents", "data"}}},
		{"not UTF-8", header + "a,t,\xb0\xa1,\nb,t,x,{\"k\":\"\xff\"}\nc,t,x,\n", []string{"c"}, map[int][]string{2: {"msg_title"}, 3: {""}}},
		{"a quote within a text", header + "a,t,5\" tall,\nb,t,x,\nc,t,x,\n", []string{"b", "c"}, map[int][]string{2: {""}}},
		{
			"quotes within texts of two rows: the rows between are not lost",
			header + "a,t,5\" tall,\nb,t,x,\nc,t,x,\nd,t,6\" tall,\ne,t,x,\n", []string{"b", "c", "e"}, map[int][]string{2: {""}, 5: {""}},
		},
		{
			"a quote never closed, then rows with quotes of their own",
			header + "a,t,\"open,\nb,t,\"x, y\",\nc,t,x,\nd,t,\"x\",\n", []string{"b", "c", "d"}, map[int][]string{2: {""}},
		},
		{"a quote never closed, then the end", header + "a,t,x,\nb,t,\"open,\nc,t,x,\nd,t,x,", []string{"a", "c", "d"}, map[int][]string{3: {""}}},
		{"a quote never closed in the last row", header + "a,t,x,\nb,t,\"open", []string{"a"}, map[int][]string{3: {""}}},
		{"two of them", header + "a,t,\"open,\nb,t,x,\nc,t,\"open,\nd,t,x,\n", []string{"b", "d"}, map[int][]string{2: {""}, 4: {""}}},
		{"text behind a quote", header + "a,t,\"x\"y,\nb,t,x,\n", []string{"b"}, map[int][]string{2: {""}}},
		{"a column that is not there", "device_id,id,msg_title\nt,a,x\n", []string{"a"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			path := b.file(t, "jobs.csv", tt.content)
			b.run(t, "load", path).counts(t, len(tt.ids)+len(tt.rejected), len(tt.ids), 0, len(tt.rejected))
			b.checkIDs(t, tt.ids...)
			if len(tt.rejected) > 0 {
				b.checkRejected(t, path+".rejected.ndjson", tt.rejected)
			}
		})
	}
}

func TestLoadCSVKeepsTheJob(t *testing.T) {
	t.Parallel()
	b := setup(t)
	content := "ttl,priority,msg_contents,data,device_id,id,sndn_rsev_hour,D_servicename\r\n" +
		"60,urgent,\"둘,\r\n줄 \"\"x\"\"\",\"{\"\"k\"\":\"\"v\"\"}\",token,a,,trade\r\n" + ",,내용,,token,b,29991231093000,\r\n"
	b.run(t, "load", b.file(t, "jobs.csv", content)).counts(t, 2, 2, 0, 0)
	records := b.records(t)
	if r := records["a"]; r.TTL != 60 || r.Priority != push.Urgent || r.MsgContents != "둘,\n줄 \"x\"" || r.Data["k"] != "v" || r.ServiceName != "trade" {
		t.Errorf("%+v", r)
	}
	if r := records["b"]; r.TTL != push.DefaultTTL || r.Priority != push.Normal || r.Status != push.Scheduled || r.Data != nil {
		t.Errorf("%+v", r)
	}
}

// read reads a source to its end: the ids of its jobs, and the numbers of the
// lines at fault.
func read(t testing.TB, src source) (ids []string, faulty []int) {
	t.Helper()
	for last := 0; ; {
		l, err := src.next()
		if err == io.EOF {
			return ids, faulty
		}
		if err != nil {
			t.Fatal(err)
		}
		if l.number <= last {
			t.Fatalf("line %d after line %d", l.number, last)
		}
		last = l.number
		if l.err != nil {
			faulty = append(faulty, l.number)
		} else {
			ids = append(ids, l.job.ID)
		}
	}
}

// A quote that is never closed costs one line, not the rest of the file, and
// the search for its end is bounded.
func TestOpenQuoteInALongFile(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(header + "bad,t,\"open,\n")
	const n = 20_000 // more than is looked ahead
	for i := range n {
		fmt.Fprintf(&b, "%d,t,x,\n", i)
	}
	src, err := newSource(strings.NewReader(b.String()), "auto", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	ids, faulty := read(t, src)
	if len(ids) != n || len(faulty) != 1 || faulty[0] != 2 {
		t.Errorf("%d jobs, faulty %v", len(ids), faulty)
	}
	if got := len(src.(*csvSource).ahead); got != 0 {
		t.Errorf("%d lines are left", got)
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
	src, err := newSource(r, "auto", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	ids, faulty := read(t, src)
	if strings.Join(ids, "") != "ab" || len(faulty) != 1 || faulty[0] != 2 {
		t.Errorf("jobs %q, faulty %v", ids, faulty)
	}
	if got := cap(src.(*ndjsonSource).lines.buf); got > 2*maxLine {
		t.Errorf("it holds %d bytes", got)
	}
}

// Whatever stands in a file, the good line at its end is read; and without
// quotes, every line that is not blank is one job or one fault.
func FuzzSource(f *testing.F) {
	for _, text := range []string{
		"", job("a"), "a,t,x,", "a,t,\"x\n,", "\"\"\"\n\"", "a,\"\n\"\"\n\"", "{\r\n\r{", "a,t,5\" tall,\nb,t,x,\nc,t,6\" tall,",
	} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, csv bool) {
		text = strings.TrimPrefix(text, "\xef\xbb\xbf")
		format, lines := "ndjson", 0
		if text += "\n" + job("last"); csv {
			format, text = "csv", header+strings.TrimSuffix(text, job("last"))+"last,t,x,"
			lines = -1 // the header
		}
		for line := range strings.Lines(text) {
			if strings.TrimSpace(line) != "" {
				lines++
			}
		}
		src, err := newSource(strings.NewReader(text), format, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		ids, faulty := read(t, src)
		if len(ids) == 0 || ids[len(ids)-1] != "last" {
			t.Fatalf("jobs %q, faulty %v", ids, faulty)
		}
		if n := len(ids) + len(faulty); n > lines || n < lines && !(csv && strings.Contains(text, `"`)) {
			t.Fatalf("%d jobs, %d faulty in %d lines", len(ids), len(faulty), lines)
		}
	})
}
