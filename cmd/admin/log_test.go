package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pushstream/internal/admin"
	"pushstream/internal/export"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// csvIDs are the ids of a CSV, in their order.
func csvIDs(t *testing.T, file string) (ids string) {
	t.Helper()
	text, ok := strings.CutPrefix(file, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if !ok || err != nil || len(rows) == 0 || rows[0][0] != "id" {
		t.Fatalf("%v %.200q", err, file)
	}
	for _, row := range rows[1:] {
		ids += row[0]
	}
	return ids
}

func TestLogExport(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.end(t, push.CodeUnregistered, push.Failed, "a", "b")
	s.end(t, push.CodeAccepted, push.Sent, "c")
	dir := t.TempDir()
	name := filepath.Join(dir, "pushes.csv")
	for _, tt := range []struct {
		args []string
		ids  string
	}{
		{nil, "cba"},
		{[]string{"--order=oldest", "--format=csv"}, "abc"},
		{[]string{"--status=failed"}, "ba"},
		{[]string{"--status=sent,queued"}, "c"},
		{[]string{"--error-code=UNREGISTERED", "--device-id=token-a", "--csno=10023451", "--push-grp-id=G1"}, "a"},
		{[]string{"--column=device_id", "--contains=KEN-B"}, "b"},
		{[]string{"--column=device_id", "--equals=token-b"}, "b"},
		{[]string{"--column=device_id", "--equals=TOKEN-B"}, ""},
		{[]string{"--column=uuid_id", "--equals=x", "--status=failed"}, ""},
		{[]string{"--d-servicename=none"}, ""},
		{[]string{"--since=2020-01-01T00:00:00+09:00", "--until=2020-01-02T00:00:00Z"}, ""},
	} {
		written := fmt.Sprintf("%d pushes written\n", len(tt.ids))
		p := runs(t, s.Server, append([]string{"log", "export"}, tt.args...)...)
		if got := csvIDs(t, p.stdout.String()); p.code != 0 || len(got) != len(tt.ids) || got != tt.ids && len(tt.ids) == 1 || p.stderr.String() != written {
			t.Errorf("%q: exit code %d: %s, %q", tt.args, p.code, got, p.stderr.String())
		}
		p = runs(t, s.Server, append([]string{"log", "export", "--output", name}, tt.args...)...)
		file, err := os.ReadFile(name)
		checkRun(t, p, 0, nil, []string{written})
		if err != nil || len(csvIDs(t, string(file))) != len(tt.ids) {
			t.Errorf("%q: %v %s", tt.args, err, file)
		}
	}
	checkFolder(t, dir, "pushes.csv")
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v %v", info.Mode(), err)
	}
	p := runs(t, s.Server, "log", "export", "--for=excel", "--lang=en", "--fcm-send-yn=Y", "--zone=Asia/Seoul")
	if text := p.stdout.String(); p.code != 0 || !strings.HasPrefix(text, "\ufeffPush id,Status,") || strings.Count(text, "\r\n") != 2 || !strings.Contains(text, "c,Accepted,") {
		t.Errorf("%d %q %s", p.code, text, p.stderr.String())
	}
	checkRun(t, runs(t, s.Server, "log", "export", "--for=excel", "--format=ndjson", "--fcm-send-yn=X", "--sndn-rsev-since=soon", "--zone=Nowhere"), 2, nil,
		[]string{"for excel goes with format csv", "fcm_send_yn must be Y or N", "sndn_rsev_since must be a time", "PUSH_ZONE"})
	p = runs(t, s.Server, "log", "export", "--format=ndjson", "--status=sent")
	var r pushlog.Record
	if err := json.Unmarshal([]byte(line(t, p.stdout.String())), &r); err != nil || r.ID != "c" || p.code != 0 {
		t.Errorf("%v %d %q", err, p.code, p.stdout.String())
	}
}

// checkFolder wants nothing else in a folder.
func checkFolder(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if err != nil || strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%v: %q, want %q", err, got, names)
	}
}

func TestLogExportMistakes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.accept(t, "a")
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link") // like a device or a pipe, it must not be replaced
	if err := os.Symlink("elsewhere", link); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args  []string
		code  int
		hints []string
	}{
		{[]string{"--status=done", "--since=x", "--until=", "--error-code=x", "--csno=", "--push-grp-id=", "--device-id=", "--d-servicename=", "--column=x", "--order=x", "--format=xlsx", "--output="}, 2,
			[]string{"status must", "since must", "until must", "error_code must", "csno must", "push_grp_id must", "device_id must", "D_servicename must",
				"column must", "column goes with", "order must", "format must be csv or ndjson", "--output: "}},
		{[]string{"--status="}, 2, []string{"status must be one of"}},
		{[]string{"--status=failed,"}, 2, []string{"status must be one of"}},
		{[]string{"--contains=x"}, 2, []string{"column goes with contains or equals"}},
		{[]string{"--column=msg_title", "--contains="}, 2, []string{"contains must not be empty"}},
		{[]string{"--equals=x"}, 2, []string{"column goes with contains or equals"}},
		{[]string{"--column=msg_title", "--contains=x", "--equals=x"}, 2, []string{"one of the two"}},
		{[]string{"--column=msg_title", "--equals="}, 2, []string{"equals must not be empty"}},
		{[]string{"everything"}, 2, []string{"admin --help"}},
		{[]string{"--output=" + dir}, 1, []string{"is no file; write to - and redirect that"}},
		{[]string{"--output=" + link}, 1, []string{"is no file; write to -"}},
		{[]string{"--output=" + filepath.Join(dir, "no", "such", "folder.csv")}, 1, []string{"no such file or directory"}},
	}
	for _, tt := range tests {
		checkRun(t, runs(t, s.Server, append([]string{"log", "export"}, tt.args...)...), tt.code, nil, tt.hints)
	}
	checkRun(t, runs(t, s.Server, "--partitions=3", "log", "export"), 1, nil, []string{"wrong number of partitions"})
	checkFolder(t, dir)
	s.Kill()
	checkRun(t, runs(t, s.Server, "log", "export", "--output="+filepath.Join(dir, "x.csv")), 1, nil, []string{"admin: "})
	checkFolder(t, dir)
}

// A file that is not whole never has its name, and the one that was there stays.
func TestExportThatFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "pushes.csv")
	away := errors.New("away")
	half := func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		return away
	}
	if err := whole(name, half); !errors.Is(err, away) {
		t.Error(err)
	}
	checkFolder(t, dir)
	if err := whole(name, func(w io.Writer) error { _, err := io.WriteString(w, "whole"); return err }); err != nil {
		t.Error(err)
	}
	if err := whole(name, half); !errors.Is(err, away) || !strings.Contains(err.Error(), "nothing was written to "+name) {
		t.Error(err)
	}
	checkFolder(t, dir, "pushes.csv")
	if b, err := os.ReadFile(name); string(b) != "whole" {
		t.Errorf("%q %v", b, err)
	}
}

// Ctrl-C, or Redis that goes, in the middle: exit code 1, and to stdout the count of
// what is there.
func TestExportThatIsStopped(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var ids []string
	for n := range 1000 {
		ids = append(ids, fmt.Sprint("id-", n))
	}
	s.accept(t, ids...)
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for _, output := range []string{"-", filepath.Join(dir, "x.csv")} {
		a := &app{rdb: s.rdb, keys: s.keys, stdout: writerFunc(func([]byte) { stop() }), stderr: io.Discard}
		c := &logExport{Output: output, export: admin.Export{Format: export.CSV}}
		err := c.Run(ctx, a)
		if !errors.Is(err, context.Canceled) || output == "-" && !strings.Contains(err.Error(), "the export is not complete") {
			t.Errorf("%s: %v", output, err)
		}
	}
	checkFolder(t, dir)
}

// writerFunc does something at each write.
type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) {
	f(b)
	return len(b), nil
}
