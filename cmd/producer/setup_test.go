package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"pushstream/internal/access"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// variables are those of this command; what the machine has set must not
// change the tests.
var variables = []string{
	"REDIS_URL", "PUSH_PREFIX", "PUSH_PARTITIONS", "LOG_LEVEL", "PUSH_ZONE", "MAX_BACKLOG", "MAX_SCHEDULED",
	"LISTEN_ADDR", "OPS_ADDR", "MAX_BODY", "MAX_JOBS", "MAX_REQUESTS",
}

// dialing is how go-redis looks, once a second, whether a server that was away is
// back; it ends up to a second after its client.
var dialing = goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial")

func TestMain(m *testing.M) {
	for _, name := range variables {
		os.Unsetenv(name)
	}
	os.Setenv("REDIS_ALLOW_NO_AOF", "true") // most of their servers keep nothing
	goleak.VerifyTestMain(m, dialing)
}

// bundle is a store, a folder for files, and the command over them.
type bundle struct {
	redis *redistest.Server
	rdb   *redis.Client
	keys  pushlog.Keys
	dir   string
}

// reserved is a time so long from now, in Seoul as sndn_rsev_hour has it, and when a push
// reserved for it ends, as its record says.
func reserved(after time.Duration) (text, ends string) {
	at := time.Now().Add(after).Truncate(time.Second)
	return at.In(time.FixedZone("KST", 9*3600)).Format("20060102150405"), at.Add(time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
}

func setup(t *testing.T, redisArgs ...string) *bundle {
	t.Helper()
	s := redistest.New(t, redisArgs...)
	return &bundle{redis: s, rdb: s.Client(t), keys: pushlog.Keys{Prefix: "push", Partitions: 1}, dir: t.TempDir()}
}

// file writes a file into the folder and returns its path.
func (b *bundle) file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// output gathers what a command writes while a test looks at it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// process is one run of the command.
type process struct {
	stdout, stderr output
	cancel         context.CancelFunc
	done           chan struct{}
	code           int // once done is closed
}

// start runs the command beside the test; the test ends it.
func (b *bundle) start(t *testing.T, stdin io.Reader, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{cancel: cancel, done: make(chan struct{})}
	args = append([]string{"--redis-url=" + b.redis.URL()}, args...)
	go func() {
		defer close(p.done)
		p.code = run(ctx, args, stdin, &p.stdout, &p.stderr)
	}()
	t.Cleanup(func() { cancel(); p.wait(t) })
	return p
}

// run runs the command to its end.
func (b *bundle) run(t *testing.T, args ...string) *process {
	t.Helper()
	p := b.start(t, strings.NewReader(""), args...)
	p.wait(t)
	return p
}

// wait waits for the end, and returns the exit code.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(60 * time.Second):
		t.Fatalf("it does not end:\n%s", p.stderr.String())
	}
	return p.code
}

// running reports whether the command has not ended.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// summary is the last line of stdout.
func (p *process) summary(t *testing.T) summary {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(p.stdout.String(), "\n"), "\n")
	var s summary
	dec := json.NewDecoder(strings.NewReader(lines[len(lines)-1]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		t.Fatalf("the last line of stdout: %v\nstdout: %s\nstderr: %s", err, p.stdout.String(), p.stderr.String())
	}
	return s
}

// counts compares a summary, its time aside, and the exit code 0.
func (p *process) counts(t *testing.T, lines, accepted, repeated, rejected int) {
	t.Helper()
	got := p.summary(t)
	got.Seconds = 0
	if want := (summary{Lines: lines, Accepted: accepted, Repeated: repeated, Rejected: rejected}); got != want {
		t.Errorf("%+v, want %+v\n%s", got, want, p.stderr.String())
	}
	if p.code != 0 {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
}

// eventually waits until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// records are all in the log, by id.
func (b *bundle) records(t *testing.T) map[string]pushlog.Record {
	t.Helper()
	records := map[string]pushlog.Record{}
	for page := 1; ; page++ {
		p, err := pushlog.New(b.rdb, b.keys).List(t.Context(), pushlog.Query{Page: page, Size: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Records {
			records[r.ID] = r
		}
		if len(p.Records) == 0 {
			if int64(len(records)) != p.Total {
				t.Errorf("%d records, %d in the index", len(records), p.Total)
			}
			return records
		}
	}
}

// onStream are the ids on the stream of normal jobs, in its order.
func (b *bundle) onStream(t *testing.T) []string {
	t.Helper()
	ids := []string{}
	for _, m := range b.rdb.XRange(t.Context(), "push:{0}:jobs", "-", "+").Val() {
		ids = append(ids, m.Values["id"].(string))
	}
	return ids
}

// checkIDs wants exactly these records, in any order.
func (b *bundle) checkIDs(t *testing.T, want ...string) {
	t.Helper()
	got := []string{}
	for id := range b.records(t) {
		got = append(got, id)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("records %q, want %q", got, want)
	}
}

// rejected are the reasons beside a reject file.
func (b *bundle) rejected(t *testing.T, path string) []reason {
	t.Helper()
	text, err := os.ReadFile(path + reasonsMark)
	if err != nil {
		t.Fatal(err)
	}
	all := []reason{}
	for line := range strings.Lines(string(text)) {
		var r reason
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, r)
	}
	return all
}

// checkRejected wants these line numbers, and for each the fields at fault.
func (b *bundle) checkRejected(t *testing.T, path string, want map[int][]string) {
	t.Helper()
	got := map[int]push.Faults{}
	for _, r := range b.rejected(t, path) {
		if _, twice := got[r.Line]; twice {
			t.Errorf("line %d twice", r.Line)
		}
		got[r.Line] = r.Faults
	}
	for n, fields := range want {
		have := []string{}
		for _, f := range got[n] {
			have = append(have, f.Field)
		}
		if !slices.Equal(have, fields) {
			t.Errorf("line %d: faults %q, want fields %q", n, got[n], fields)
		}
		delete(got, n)
	}
	if len(got) > 0 {
		t.Errorf("also rejected: %v", got)
	}
}

// checkFile wants a file of this content.
func checkFile(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%v, %s holds %q, want %q", err, filepath.Base(path), got, want)
	}
}

// checkNoFile wants that there is none.
func checkNoFile(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s is there", filepath.Base(path))
		}
	}
}

// job is a line of NDJSON.
func job(id string) string {
	return `{"id":"` + id + `","device_id":"token-` + id + `","msg_title":"제목"}`
}

// token makes an API token with the scope submit.
func (b *bundle) token(t *testing.T, name string) string {
	t.Helper()
	secret, err := access.New(b.rdb, "push", access.Options{}).AddToken(t.Context(), access.NewToken{Name: name, Scopes: []access.Permission{access.Submit}})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}
