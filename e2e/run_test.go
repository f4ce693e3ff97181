package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pushstream/internal/launch"
)

// onceSummary is the last line of scripts/run --once (design, §11).
type onceSummary struct {
	Accepted, Repeated, Sent, Failed, Expired, Cancelled, Rejected int
}

// once is one run of what scripts/run starts.
type once struct {
	t              *testing.T
	dir            string // RUN_DIR
	cmd            *exec.Cmd
	stdout, stderr *logFile
}

// logFile takes what a process prints, to be read while it runs.
type logFile struct{ *os.File }

func newLogFile(t *testing.T, path string) *logFile {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &logFile{f}
}

func (f *logFile) text() string {
	b, err := os.ReadFile(f.Name())
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// startOnce starts the stack with its data below dir.
func startOnce(t *testing.T, dir string, args ...string) *once {
	t.Helper()
	out := t.TempDir()
	o := &once{t: t, dir: dir, cmd: exec.Command(filepath.Join(bin, "stack"), args...),
		stdout: newLogFile(t, filepath.Join(out, "stdout")), stderr: newLogFile(t, filepath.Join(out, "stderr"))}
	o.cmd.Env = append(os.Environ(), "RUN_BIN="+bin, "RUN_DIR="+dir)
	o.cmd.Stdout, o.cmd.Stderr = o.stdout.File, o.stderr.File
	if err := launch.Tie(o.cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.kill() })
	return o
}

func (o *once) kill() {
	if o.cmd.ProcessState == nil {
		_ = o.cmd.Process.Kill()
		_ = o.cmd.Wait()
	}
}

// code waits for the end and returns the exit code.
func (o *once) code() int {
	o.t.Helper()
	timer := time.AfterFunc(60*time.Second, func() { _ = o.cmd.Process.Kill() })
	defer timer.Stop()
	_ = o.cmd.Wait() // the exit code says it
	return o.cmd.ProcessState.ExitCode()
}

// summary reads the last line.
func (o *once) summary() onceSummary {
	o.t.Helper()
	line := lastLine(o.stdout.text())
	var fields map[string]float64
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		o.t.Fatalf("the last line is no JSON: %v\n%s\n%s", err, o.stdout.text(), o.stderr.text())
	}
	want := []string{"accepted", "cancelled", "expired", "failed", "rejected", "repeated", "seconds", "sent"}
	if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		o.t.Errorf("the last line has %v, not %v", got, want)
	}
	var sum onceSummary
	if err := json.Unmarshal([]byte(line), &sum); err != nil {
		o.t.Fatal(err)
	}
	return sum
}

// gone waits until nothing of what the stack started lives.
func (o *once) gone() {
	o.t.Helper()
	eventually(o.t, 15*time.Second, "every process to be gone", func() error {
		// redis-server overwrites its environment; it works in its folder.
		left := running(func(_ int, env []string, cwd string) bool {
			return slices.Contains(env, "RUN_DIR="+o.dir) || strings.HasPrefix(cwd, o.dir+"/")
		})
		if len(left) > 0 {
			return fmt.Errorf("running: %v", left)
		}
		return nil
	})
}

// files are the names in a folder.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func sample(t *testing.T, name string) (string, []byte) {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "scripts", name))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, text
}

// columns are the names that a line of a sample may have (design, §3).
var columns = strings.Fields("id csno uuid_id D_servicename push_grp_id cust_telno device_id msg_title msg_contents data sndn_rsev_hour priority ttl")

// expect works out, from the text of a sample alone and by the design alone,
// what must come of it. It knows only the rules that the samples touch.
func expect(lines []map[string]any) onceSummary {
	var want onceSummary
	known := map[string]bool{}
	for _, fields := range lines {
		if !validLine(fields) {
			want.Rejected++
			continue
		}
		if id, ok := fields["id"].(string); ok && id != "" {
			if known[id] {
				want.Repeated++
				continue
			}
			known[id] = true
		}
		want.Accepted++
		token := fields["device_id"].(string)
		switch token[strings.LastIndexByte(token, '-')+1:] {
		case "unregistered", "mismatch", "invalid", "apns":
			want.Failed++
		case "unavailable": // they have a ttl of seconds
			want.Expired++
		default:
			want.Sent++
		}
	}
	return want
}

func validLine(fields map[string]any) bool {
	text := func(name string) string {
		s, _ := fields[name].(string)
		return s
	}
	for name, value := range fields {
		_, isText := value.(string)
		_, isNumber := value.(float64)
		_, isObject := value.(map[string]any)
		switch {
		case !slices.Contains(columns, name):
			return false
		case name == "ttl" && !isNumber && text(name) != "" && strings.Trim(text(name), "0123456789") != "":
			return false
		case name == "data" && !isObject && !isText:
			return false
		case name != "ttl" && name != "data" && !isText:
			return false
		}
	}
	data, _ := fields["data"].(map[string]any)
	for key := range data {
		if key == "from" || key == "message_type" || strings.HasPrefix(key, "google") || strings.HasPrefix(key, "gcm") {
			return false
		}
	}
	at := text("sndn_rsev_hour")
	_, compact := time.Parse("20060102150405", at)
	_, rfc := time.Parse(time.RFC3339, at)
	return fields != nil && text("device_id") != "" && (text("msg_title") != "" || text("msg_contents") != "") &&
		len(text("msg_title"))+len(text("msg_contents")) <= 4096 &&
		(strings.Trim(at, "0-: ") == "" || compact == nil || rfc == nil) &&
		regexp.MustCompile(`^[A-Za-z0-9._:-]{0,128}$`).MatchString(text("id"))
}

func ndjsonLines(text []byte) []map[string]any {
	var lines []map[string]any
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			var fields map[string]any
			if json.Unmarshal(line, &fields) != nil {
				fields = nil
			}
			lines = append(lines, fields)
		}
	}
	return lines
}

func csvLines(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	for _, row := range rows[1:] {
		fields := map[string]any{}
		for i, value := range row {
			fields[rows[0][i]] = value
		}
		lines = append(lines, fields)
	}
	return lines
}

// place takes one of the places for tests that run.
func place(t *testing.T) {
	t.Parallel()
	places <- struct{}{}
	t.Cleanup(func() { <-places })
}

// TestRunOnceSamples: both samples, at the same time, in the same folder.
func TestRunOnceSamples(t *testing.T) {
	place(t)
	dir := t.TempDir()
	jsonPath, jsonText := sample(t, "sample.ndjson")
	csvPath, csvText := sample(t, "sample.csv")
	runs := map[*once]onceSummary{
		startOnce(t, dir, "--once", jsonPath): expect(ndjsonLines(jsonText)),
		startOnce(t, dir, "--once", csvPath):  expect(csvLines(t, csvText)),
	}
	for o, want := range runs {
		if code := o.code(); code != 0 {
			t.Errorf("exit code %d\n%s", code, o.stderr.text())
		}
		if got := o.summary(); got != want {
			t.Errorf("%v says %+v, by the file it should be %+v", o.cmd.Args[1:], got, want)
		}
		if want.Sent == 0 || want.Rejected == 0 {
			t.Errorf("the sample shows too little: %+v", want)
		}
	}
	for o := range runs {
		o.gone()
	}
	if got, want := files(t, dir), []string{
		"sample.csv.rejected.csv", "sample.csv.rejected.csv.reasons.ndjson", "sample.ndjson.rejected.ndjson", "sample.ndjson.rejected.ndjson.reasons.ndjson",
	}; !slices.Equal(got, want) {
		t.Errorf("%v are left, only %v should be", got, want)
	}
	text, err := os.ReadFile(filepath.Join(dir, "sample.ndjson.rejected.ndjson"))
	if n := bytes.Count(text, []byte("\n")); err != nil || n != expect(ndjsonLines(jsonText)).Rejected {
		t.Errorf("the reject file has %d lines: %v", n, err)
	}
}

// far is a file with a job that ends at once and one that ends in a month.
func far(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "far.ndjson")
	text := `{"id":"now","device_id":"token","msg_title":"now"}
{"id":"far","device_id":"token","msg_title":"far","sndn_rsev_hour":"` + time.Now().AddDate(0, 1, 0).Format("20060102150405") + `"}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRunOnceTimeout: a job that can't end in time counts as not terminal, and
// the last line is there all the same.
func TestRunOnceTimeout(t *testing.T) {
	place(t)
	dir := t.TempDir()
	o := startOnce(t, dir, "--once", far(t), "--timeout", "1s")
	if code := o.code(); code != 1 {
		t.Errorf("exit code %d, not 1\n%s", code, o.stderr.text())
	}
	if got, want := o.summary(), (onceSummary{Accepted: 2, Sent: 1}); got != want {
		t.Errorf("the summary is %+v, not %+v", got, want)
	}
	o.gone()
}

// TestRunOnceWrongFile: nothing is started for a file that isn't there, and
// nothing stays for one that can't be read.
func TestRunOnceWrongFile(t *testing.T) {
	place(t)
	dir := t.TempDir()
	o := startOnce(t, dir, "--once", filepath.Join(dir, "none.ndjson"))
	if code := o.code(); code != 2 || !strings.Contains(o.stderr.text(), "none.ndjson") {
		t.Errorf("exit code %d\n%s", code, o.stderr.text())
	}
	o.gone()
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}

	header := filepath.Join(t.TempDir(), "header.csv")
	if err := os.WriteFile(header, []byte("device_id,colour\nx,red\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o = startOnce(t, dir, "--once", header)
	if code := o.code(); code == 0 || !strings.Contains(o.stderr.text(), "colour") {
		t.Errorf("exit code %d\n%s", code, o.stderr.text())
	}
	o.gone()
}

// TestRunOnceStopped: told to stop, or killed, it leaves no process.
func TestRunOnceStopped(t *testing.T) {
	place(t)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		o := startOnce(t, t.TempDir(), "--once", far(t))
		eventually(t, patience, "the import to be over", func() error {
			if !strings.Contains(o.stderr.text(), "accepted") {
				return fmt.Errorf("stderr: %s", o.stderr.text())
			}
			return nil
		})
		if err := o.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if code := o.code(); sig == syscall.SIGTERM && code != 1 {
			t.Errorf("exit code %d after %v\n%s", code, sig, o.stderr.text())
		}
		o.gone()
	}
}

// startStay starts the stack as scripts/run does without --once, on free ports.
func startStay(t *testing.T, dir string) *once {
	t.Helper()
	out := t.TempDir()
	o := &once{t: t, dir: dir, cmd: exec.Command(filepath.Join(bin, "stack")),
		stdout: newLogFile(t, filepath.Join(out, "stdout")), stderr: newLogFile(t, filepath.Join(out, "stderr"))}
	o.cmd.Dir = ".." // the sample is found from there
	o.cmd.Env = append(os.Environ(), "RUN_BIN="+bin, "RUN_DIR="+dir)
	for _, name := range []string{"REDIS_PORT", "FCMSIM_PORT", "PRODUCER_PORT", "ADMIN_PORT"} {
		addr, err := launch.FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := strings.Cut(addr, ":")
		o.cmd.Env = append(o.cmd.Env, name+"="+port)
	}
	o.cmd.Stdout, o.cmd.Stderr = o.stdout.File, o.stderr.File
	if err := launch.Tie(o.cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.kill() })
	return o
}

// command is a command that the run prints, its lines put together.
func (o *once) command(name string) string {
	o.t.Helper()
	for _, line := range strings.Split(strings.ReplaceAll(o.stdout.text(), "\\\n", " "), "\n") {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), name+"  "); ok {
			return rest
		}
	}
	o.t.Fatalf("no command %q in\n%s", name, o.stdout.text())
	return ""
}

// TestRunCommands: what scripts/run prints can be pasted into a shell, whatever the folder
// is called; and a second run in the same folder is refused and harms nothing.
func TestRunCommands(t *testing.T) {
	place(t)
	dir := filepath.Join(t.TempDir(), "it's $HOME; a `test`")
	o := startStay(t, dir)
	eventually(t, patience, "the run to be ready", func() error {
		if !strings.Contains(o.stdout.text(), "Ctrl-C stops everything.") {
			return fmt.Errorf("stdout: %s\nstderr: %s", o.stdout.text(), o.stderr.text())
		}
		return nil
	})
	for _, c := range []struct{ name, answer string }{
		{"log in", `"name":"admin"`},
		{"the log", `"items":[`},
		{"what failed", `"status":"failed"`},
		{"pause one", ``},
		{"who is there", `"desired":"paused"`},
		{"send one", `"status":"queued"`},
		{"look at the keys", `push:{0}:index`},
		{"the simulator", `"accepted"`},
	} {
		text := o.command(c.name)
		out, err := exec.Command("sh", "-c", text).CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.answer) {
			t.Errorf("%s: %s\n%v: %s", c.name, text, err, out)
		}
	}

	second := startStay(t, dir)
	if code := second.code(); code != 2 || !strings.Contains(second.stderr.text(), "RUN_DIR") ||
		!strings.Contains(second.stderr.text(), fmt.Sprintf("process %d", o.cmd.Process.Pid)) {
		t.Errorf("a second run in the folder: exit code %d\n%s", code, second.stderr.text())
	}
	if out, err := exec.Command("sh", "-c", o.command("send one")).CombinedOutput(); err != nil || !strings.Contains(string(out), "queued") {
		t.Errorf("after it: %v: %s", err, out)
	}

	if err := o.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := o.code(); code != 0 {
		t.Errorf("exit code %d after Ctrl-C\n%s", code, o.stderr.text())
	}
	o.gone()
	third := startStay(t, dir) // on the same data
	eventually(t, patience, "a run after the first one's end", func() error {
		if !strings.Contains(third.stdout.text(), "Ctrl-C stops everything.") {
			return fmt.Errorf("stderr: %s", third.stderr.text())
		}
		return nil
	})
}
