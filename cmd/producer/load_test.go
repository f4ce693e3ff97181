package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pushstream/internal/push"
)

func TestLoadNDJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, content             string
		lines, accepted, repeated int
		ids                       []string
		rejected                  map[int][]string
	}{
		{"lines", job("a") + "\n" + job("b") + "\n", 2, 2, 0, []string{"a", "b"}, nil},
		{"no line feed at the end", job("a") + "\n" + job("b"), 2, 2, 0, []string{"a", "b"}, nil},
		{"CRLF", job("a") + "\r\n" + job("b") + "\r\n", 2, 2, 0, []string{"a", "b"}, nil},
		{"byte order mark", "\xef\xbb\xbf" + job("a") + "\n", 1, 1, 0, []string{"a"}, nil},
		{"blank lines count as lines of the file only", "\n \n" + job("a") + "\n\r\n\t\nx\n" + job("b") + "\n\n", 3, 2, 0, []string{"a", "b"}, map[int][]string{6: {""}}},
		{"empty", "", 0, 0, 0, nil, nil},
		{"nothing but white space", "\n\r\n  \n", 0, 0, 0, nil, nil},
		{"nothing but a byte order mark", "\xef\xbb\xbf", 0, 0, 0, nil, nil},
		{
			"broken lines in the middle", strings.Join([]string{
				job("a"), `{"id":"b",`, `[1]`, `"x"`, `{"id":"c d","device_id":"","ttl":0,"colour":"red"}`, "{\"id\":\"e\xff\"}", job("f") + job("g"), job("h"),
			}, "\n"), 8, 2, 0, []string{"a", "h"},
			map[int][]string{2: {""}, 3: {""}, 4: {""}, 5: {"id", "device_id", "msg_contents", "ttl", "colour"}, 6: {""}, 7: {""}},
		},
		{"the same id twice in one file", job("a") + "\n" + job("b") + "\n" + job("a") + "\n", 3, 2, 1, []string{"a", "b"}, nil},
		{"only broken lines", "{\n{\n", 2, 0, 0, nil, map[int][]string{1: {""}, 2: {""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			path := b.file(t, "jobs.ndjson", tt.content)
			p := b.run(t, "load", path)
			p.counts(t, tt.lines, tt.accepted, tt.repeated, len(tt.rejected))
			b.checkIDs(t, tt.ids...)
			if len(tt.rejected) > 0 {
				b.checkRejected(t, path+".rejected.ndjson", tt.rejected)
			} else if _, err := os.Stat(path + ".rejected.ndjson"); err == nil {
				t.Error("a reject file for nothing")
			}
		})
	}
}

// What reaches Redis is what stood in the line.
func TestLoadKeepsTheJob(t *testing.T) {
	t.Parallel()
	b := setup(t)
	content := `{"id":"a","csno":"1","device_id":"token","msg_title":"제목","msg_contents":"둘\n줄","D_servicename":"trade","push_grp_id":"G1","data":{"k":"<v>"},"priority":"urgent","ttl":60}
{"id":"later","device_id":"token","msg_title":"t","sndn_rsev_hour":"29991231093000"}
{"id":"past","device_id":"token","msg_title":"t","sndn_rsev_hour":"20010101000000"}
`
	b.run(t, "load", b.file(t, "jobs.ndjson", content)).counts(t, 3, 3, 0, 0)
	records := b.records(t)
	if r := records["a"]; r.Status != push.Queued || r.Csno != "1" || r.MsgContents != "둘\n줄" || r.Data["k"] != "<v>" || r.Priority != push.Urgent || r.TTL != 60 {
		t.Errorf("%+v", r)
	}
	if r := records["later"]; r.Status != push.Scheduled || r.ExpiresAt != "2999-12-31T01:30:00.000Z" {
		t.Errorf("reserved for half past nine in Seoul: %+v", r)
	}
	if r := records["past"]; r.Status != push.Queued {
		t.Errorf("reserved for the past is now: %+v", r)
	}
}

func TestLoadZone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := b.file(t, "jobs.ndjson", `{"id":"a","device_id":"t","msg_title":"t","sndn_rsev_hour":"29991231093000"}`)
	b.run(t, "--zone=America/New_York", "load", path).counts(t, 1, 1, 0, 0)
	if r := b.records(t)["a"]; r.ExpiresAt != "2999-12-31T15:30:00.000Z" {
		t.Errorf("%+v", r)
	}
}

func TestLoadFromStandardInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rejects := filepath.Join(b.dir, "rejects")
	p := b.start(t, strings.NewReader(job("a")+"\n{\n"+job("b")), "load", "-", "--rejects", rejects)
	p.wait(t)
	p.counts(t, 3, 2, 0, 1)
	b.checkIDs(t, "a", "b")
	b.checkRejected(t, rejects, map[int][]string{2: {""}})

	p = b.start(t, strings.NewReader("device_id,id,msg_title\nt,c,x\n"), "load", "-", "--rejects", rejects)
	p.wait(t)
	p.counts(t, 1, 1, 0, 0)
}

// A file can be handed in again: nothing is sent twice.
func TestLoadTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := b.file(t, "one.ndjson", job("a")+"\n"+job("b")+"\n")
	two := b.file(t, "two.ndjson", job("b")+"\n"+job("c")+"\n")
	b.run(t, "load", one).counts(t, 2, 2, 0, 0)
	before := b.onStream(t)
	b.run(t, "load", one).counts(t, 2, 0, 2, 0)
	if got := b.onStream(t); strings.Join(got, " ") != strings.Join(before, " ") {
		t.Errorf("the stream has %q", got)
	}
	b.run(t, "load", two).counts(t, 2, 1, 1, 0)
	b.checkIDs(t, "a", "b", "c")
}

// A line without an id is known by batch, number and text.
func TestLoadLinesWithoutID(t *testing.T) {
	t.Parallel()
	const line = `{"device_id":"t","msg_title":"x"}` + "\n"
	b := setup(t)
	path := b.file(t, "jobs.ndjson", line+line+`{"device_id":"t2","msg_title":"x"}`)
	b.run(t, "load", path).counts(t, 3, 3, 0, 0) // the two same lines are two pushes
	b.run(t, "load", path).counts(t, 3, 0, 3, 0)
	b.run(t, "load", path, "--batch", "again").counts(t, 3, 3, 0, 0)
	b.run(t, "load", path, "--batch", "again").counts(t, 3, 0, 3, 0)

	// Elsewhere, with other line ends, one line more at the end: the same lines.
	moved := filepath.Join(b.dir, "moved")
	if err := os.Mkdir(moved, 0o700); err != nil {
		t.Fatal(err)
	}
	crlf := strings.ReplaceAll(line+line, "\n", "\r\n") + `{"device_id":"t2","msg_title":"x"}` + "\r\n" + line
	if err := os.WriteFile(filepath.Join(moved, "jobs.ndjson"), []byte(crlf), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(t, "load", filepath.Join(moved, "jobs.ndjson")).counts(t, 4, 1, 3, 0)

	csv := b.file(t, "jobs.csv", "device_id,msg_title\nt,x\nt,x\n")
	b.run(t, "load", csv).counts(t, 2, 2, 0, 0)
	b.run(t, "load", csv).counts(t, 2, 0, 2, 0)
}

// Five megabytes in one line are rejected by number, in little memory, and
// their neighbours accepted.
func TestLoadLongLine(t *testing.T) {
	t.Parallel()
	b := setup(t)
	long := `{"id":"long","device_id":"t","msg_title":"` + strings.Repeat("x", 5<<20) + `"}`
	path := b.file(t, "jobs.ndjson", job("a")+"\n"+long+"\n"+job("b")+"\n"+long)
	b.run(t, "load", path).counts(t, 4, 2, 0, 2)
	b.checkIDs(t, "a", "b")
	b.checkRejected(t, path+".rejected.ndjson", map[int][]string{2: {""}, 4: {""}})
	if info, err := os.Stat(path + ".rejected.ndjson"); err != nil || info.Size() > 4*maxRejectRaw {
		t.Errorf("the reject file repeats it: %v %v", info.Size(), err)
	}

	quoted := b.file(t, "jobs.csv", "id,device_id,msg_title\nc,t,x\n"+`d,t,"`+strings.Repeat("x", 5<<20)+"\"\ne,t,x\n")
	b.run(t, "load", quoted).counts(t, 3, 2, 0, 1)
	b.checkRejected(t, quoted+".rejected.ndjson", map[int][]string{3: {""}})
	b.checkIDs(t, "a", "b", "c", "e")
}

func TestLoadRejectFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	broken := `{"id":"a b","device_id":"t <&>","msg_title":"x","ttl":0}`
	path := b.file(t, "jobs.ndjson", job("ok")+"\n"+broken+"\n"+"{\"id\":\"\xff\n")
	p := b.run(t, "load", path)
	p.counts(t, 3, 1, 0, 2)
	rejects := path + ".rejected.ndjson"
	if !strings.Contains(p.stderr.String(), rejects) {
		t.Errorf("nobody is told of the reject file: %s", p.stderr.String())
	}
	got := b.rejected(t, rejects)
	if len(got) != 2 || got[0].Line != 2 || got[0].Raw != broken || len(got[0].Faults) != 3 || got[0].Faults[0].Message == "" ||
		got[1].Line != 3 || got[1].Raw != "{\"id\":\"\uFFFD" {
		t.Errorf("%+v", got)
	}
	info, err := os.Stat(rejects)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err) // it repeats customers' data
	}

	// Mended, the run is clean, and what the earlier one left is gone.
	b.file(t, "jobs.ndjson", job("ok")+"\n"+job("mended")+"\n")
	b.run(t, "load", path).counts(t, 2, 1, 1, 0)
	if _, err := os.Stat(rejects); err == nil {
		t.Error("the reject file is still there")
	}
}

// A wrong --rejects must not cost the import itself, nor anything else.
func TestLoadRejectFileInTheWrongPlace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := b.file(t, "jobs.ndjson", job("a")+"\n{\n")
	link := filepath.Join(b.dir, "link")
	if err := os.Link(path, link); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(b.dir, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(b.dir, "fifo") // as a device is: never try this with /dev/null
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, rejects := range []string{path, link, folder, fifo, filepath.Join(b.dir, "none", "x")} {
		p := b.run(t, "load", path, "--rejects", rejects)
		if p.code != exitUsage {
			t.Errorf("%s: exit code %d: %s", rejects, p.code, p.stderr.String())
		}
		for _, kept := range []string{path, link, folder, fifo} {
			if _, err := os.Lstat(kept); err != nil {
				t.Errorf("--rejects %s: %v", rejects, err)
			}
		}
	}
	b.checkIDs(t)
}

// What is no import at all is refused before anything is taken from it.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tests := []struct {
		name, content string
		hint          string
		args          []string
	}{
		{"a JSON array", "[" + job("a") + "," + job("b") + "]", "jq -c '.[]'", nil},
		{"a JSON array behind white space", "\xef\xbb\xbf\n  [" + job("a") + "]", "jq -c '.[]'", nil},
		{"no header", "t,a,x\n", "known are id,", nil},
		{"unknown columns", "id,device_id,colour,msg_title,Size\n", `unknown column "colour", unknown column "Size"`, nil},
		{"a column twice", "id,device_id,id\n", `column "id" twice`, nil},
		{"no column for the token", "id,msg_title\n", "no column device_id", nil},
		{"header with an open quote", "id,\"device_id\nx,y\n", "line 1 is not a CSV header", nil},
		{"header that is not UTF-8", "id,device_id,\xb0\xa1\n", "line 1 is not a CSV header", nil},
		{"UTF-16", "\xff\xfei\x00d\x00\n\x00", "line 1 is not a CSV header", nil},
		{"a very long header", strings.Repeat("id,", 1<<20), "line 1 is not a CSV header", nil},
		{"NDJSON said to be CSV", job("a") + "\n", "line 1 is not a CSV header", []string{"--format=csv"}},
	}
	for _, tt := range tests {
		p := b.run(t, append([]string{"load", b.file(t, "input", tt.content)}, tt.args...)...)
		if p.code != exitUsage || !strings.Contains(p.stderr.String(), tt.hint) {
			t.Errorf("%s: exit code %d, no word of %q: %s", tt.name, p.code, tt.hint, p.stderr.String())
		}
		if p.stdout.String() != "" {
			t.Errorf("%s: stdout %q", tt.name, p.stdout.String())
		}
	}
	for name, args := range map[string][]string{
		"no file": {"load"}, "not there": {"load", filepath.Join(b.dir, "none")}, "a folder": {"load", b.dir},
		"unknown format": {"load", "-", "--format=xml"}, "two files": {"load", "a", "b"},
	} {
		if p := b.run(t, args...); p.code != exitUsage || p.stderr.String() == "" {
			t.Errorf("%s: exit code %d: %s", name, p.code, p.stderr.String())
		}
	}
	b.checkIDs(t)
}

func TestLoadWithAFormat(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run(t, "load", "--format=ndjson", b.file(t, "a.csv", "x\n"+job("a")+"\n["+job("b")+"]\n")).counts(t, 3, 1, 0, 2)
	b.run(t, "load", "--format=csv", b.file(t, "b.ndjson", "device_id,id,msg_title\nt,c,x\n")).counts(t, 1, 1, 0, 0)
	b.run(t, "load", "--format=csv", b.file(t, "empty", "")).counts(t, 0, 0, 0, 0)
	b.checkIDs(t, "a", "c")
}
