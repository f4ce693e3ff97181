package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pushstream/internal/jobfile"
	"pushstream/internal/push"
	"pushstream/internal/setting"
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
				job("a"), `{"id":"b",`, `[1]`, `"x"`, `{"id":"c d","device_id":"","ttl":0,"colour":"red"}`, job("f") + job("g"), job("h"),
			}, "\n"), 7, 2, 0, []string{"a", "h"},
			map[int][]string{2: {""}, 3: {""}, 4: {""}, 5: {"id", "device_id", "msg_contents", "ttl", "colour"}, 6: {""}},
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
			} else {
				checkNoFile(t, path+".rejected.ndjson", path+".rejected.ndjson"+reasonsMark)
			}
		})
	}
}

// What reaches Redis is what stood in the line.
func TestLoadKeepsTheJob(t *testing.T) {
	t.Parallel()
	b := setup(t)
	later, ends := reserved(24 * time.Hour)
	past, _ := reserved(-10 * time.Minute)
	content := `{"id":"a","csno":"1","device_id":"token","msg_title":"제목","msg_contents":"둘\n줄","D_servicename":"trade","push_grp_id":"G1","data":{"k":"<v>"},"priority":"urgent","ttl":60}
{"id":"later","device_id":"token","msg_title":"t","sndn_rsev_hour":"` + later + `"}
{"id":"past","device_id":"token","msg_title":"t","sndn_rsev_hour":"` + past + `"}
`
	content = strings.Replace(content, "20010101000000", ago(time.Minute), 1)
	b.run(t, "load", b.file(t, "jobs.ndjson", content)).counts(t, 3, 3, 0, 0)
	records := b.records(t)
	if r := records["a"]; r.Status != push.Queued || r.Csno != "1" || r.MsgContents != "둘\n줄" || r.Data["k"] != "<v>" || r.Priority != push.Urgent || r.TTL != 60 {
		t.Errorf("%+v", r)
	}
	if r := records["later"]; r.Status != push.Scheduled || r.ExpiresAt != ends {
		t.Errorf("reserved for a time in Seoul: %+v, not %s", r, ends)
	}
	if r := records["past"]; r.Status != push.Queued {
		t.Errorf("reserved for the past, and within its ttl, is now: %+v", r)
	}
}

func TestLoadZone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := time.Now().UTC().AddDate(0, 0, 7).Truncate(24 * time.Hour).Add(12 * time.Hour)
	path := b.file(t, "jobs.ndjson", `{"id":"a","device_id":"t","msg_title":"t","sndn_rsev_hour":"`+at.Format("20060102150405")+`"}`)
	b.run(t, "--zone=Etc/GMT+5", "load", path).counts(t, 1, 1, 0, 0)
	if r, ends := b.records(t)["a"], at.Add(6*time.Hour).Format("2006-01-02T15:04:05.000Z"); r.ExpiresAt != ends {
		t.Errorf("%+v, not %s", r, ends)
	}
}

func TestLoadFromStandardInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rejects := filepath.Join(b.dir, "rejects")
	p := b.start(t, strings.NewReader(job("a")+"\n{\n"+job("b")), "load", "-", "--batch=b", "--rejects", rejects)
	p.wait(t)
	p.counts(t, 3, 2, 0, 1)
	b.checkIDs(t, "a", "b")
	b.checkRejected(t, rejects, map[int][]string{2: {""}})

	p = b.start(t, strings.NewReader("device_id,id,msg_title\nt,c,x\n"), "load", "-", "--batch=b", "--rejects", rejects)
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

// A line without an id is known by its batch and what it says, not by where it stands,
// nor by how the file is written.
func TestLoadLinesWithoutID(t *testing.T) {
	t.Parallel()
	const line = `{"device_id":"t","msg_title":"x"}` + "\n"
	const other = `{"device_id":"t2","msg_title":"x"}` + "\n"
	b := setup(t)
	path := b.file(t, "jobs.ndjson", line+line+other)
	b.run(t, "load", path).counts(t, 3, 3, 0, 0) // the two equal lines are two pushes
	b.run(t, "load", path).counts(t, 3, 0, 3, 0)
	b.run(t, "load", path, "--batch", "again").counts(t, 3, 3, 0, 0)
	b.run(t, "load", path, "--batch", "again").counts(t, 3, 0, 3, 0)
	if p := b.start(t, strings.NewReader(line+line+other), "load", "-", "--batch=again", "--rejects", filepath.Join(b.dir, "r")); p.wait(t) != 0 {
		t.Error(p.stderr.String())
	} else {
		p.counts(t, 3, 0, 3, 0)
	}

	moved := filepath.Join(b.dir, "moved")
	if err := os.Mkdir(moved, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, again := range []struct {
		name, file, content      string
		lines, accepted, repeats int
	}{
		{"other line ends, and one more", "jobs.ndjson", strings.ReplaceAll(line+line+other, "\n", "\r\n") + line, 4, 1, 3},
		{"sorted, blanks", "jobs.ndjson", "\n" + other + line + "  " + line, 3, 0, 3},
		{"defaults given, members in any order", "jobs.ndjson", `{"ttl":3600,"msg_title":"x", "priority":"normal","device_id":"t"}` + "\n", 1, 0, 1},
		{"a bad line before them", "jobs.ndjson", "{\n" + line, 2, 0, 1},
		{"as CSV", "jobs.csv", "device_id,msg_title\nt,x\nt2,x\nt,x\n", 3, 0, 3},
		{"as UTF-16, by tabs", "jobs.txt", utf16le("\ufeffmsg_title\tdevice_id\tcsno\r\nx\tt2\t\r\nx\tt\r\n"), 2, 0, 2},
		{"another push in the place of a known one", "jobs.ndjson", `{"device_id":"t4","msg_title":"x"}` + "\n" + other, 2, 1, 1},
		{"packed", "jobs.csv.gz", packed(t, "device_id,msg_title\nt,x\nt2,x\nt,x\n"), 3, 0, 3},
	} {
		path := filepath.Join(moved, again.file)
		if err := os.WriteFile(path, []byte(again.content), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Log(again.name)
		b.run(t, "load", path).counts(t, again.lines, again.accepted, again.repeats, again.lines-again.accepted-again.repeats)
	}
}

// A pipe has no name: the import of a day is told from that of another by --batch.
func TestLoadOfAPipeWantsABatch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fifo := filepath.Join(b.dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	unnamed := `{"device_id":"t","msg_title":"x"}`
	for _, args := range [][]string{{"-"}, {"-", "--batch="}, {fifo}} {
		p := b.start(t, strings.NewReader(unnamed), append([]string{"load"}, args...)...)
		if args[0] == fifo {
			if err := os.WriteFile(fifo, []byte(unnamed), 0); err != nil {
				t.Fatal(err)
			}
		}
		if code := p.wait(t); code != setting.ExitUsage || !strings.Contains(p.stderr.String(), "line 1 has no id, so --batch is needed") {
			t.Errorf("%v: exit code %d: %s", args, code, p.stderr.String())
		}
	}
	b.checkIDs(t)

	// Where all have ids none is needed, as long as none comes without.
	p := b.start(t, strings.NewReader(job("a")+"\n"+job("b")+"\n"+unnamed), "load", "-")
	if code := p.wait(t); code != setting.ExitUsage || !strings.Contains(p.stderr.String(), "line 3 has no id") {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
	p = b.start(t, strings.NewReader(job("a")+"\n"+job("b")), "load", "-")
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
	b.checkIDs(t, "a", "b")
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
	if info, err := os.Stat(path + ".rejected.ndjson"); err != nil || info.Size() > 2*(jobfile.MaxLine+1) {
		t.Errorf("the reject file repeats it: %v %v", info.Size(), err)
	}

	quoted := b.file(t, "jobs.csv", "id,device_id,msg_title\nc,t,x\n"+`d,t,"`+strings.Repeat("x", 5<<20)+"\"\ne,t,x\n")
	b.run(t, "load", quoted).counts(t, 3, 2, 0, 1)
	b.checkRejected(t, quoted+".rejected.csv", map[int][]string{3: {""}})
	b.checkIDs(t, "a", "b", "c", "e")
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
		if p.code != setting.ExitUsage {
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
		{"header that is not UTF-8", "id,device_id,\xb0\xa1\n", "--encoding cp949", nil},
		{"a very long header", strings.Repeat("id,", 1<<20), "line 1 is not a CSV header", nil},
		{"NDJSON said to be CSV", job("a") + "\n", "line 1 is not a CSV header", []string{"--format=csv"}},
	}
	for _, tt := range tests {
		p := b.run(t, append([]string{"load", b.file(t, "input", tt.content)}, tt.args...)...)
		if p.code != setting.ExitUsage || !strings.Contains(p.stderr.String(), tt.hint) {
			t.Errorf("%s: exit code %d, no word of %q: %s", tt.name, p.code, tt.hint, p.stderr.String())
		}
		if p.stdout.String() != "" {
			t.Errorf("%s: stdout %q", tt.name, p.stdout.String())
		}
	}
	for name, args := range map[string][]string{
		"no file": {"load"}, "not there": {"load", filepath.Join(b.dir, "none")}, "a folder": {"load", b.dir},
		"unknown encoding": {"load", "-", "--encoding=latin1"},
		"unknown format":   {"load", "-", "--format=xml"}, "two files": {"load", "a", "b"},
	} {
		if p := b.run(t, args...); p.code != setting.ExitUsage || p.stderr.String() == "" {
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
