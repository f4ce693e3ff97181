package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"pushstream/internal/access"
	"pushstream/internal/launch"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

// variables are those of this command; what the machine has set must not
// change the tests.
var variables = []string{"REDIS_URL", "PUSH_PREFIX", "PUSH_PARTITIONS", "LOG_LEVEL", "LISTEN_ADDR", "OPS_ADDR", "PASSWORD_MEMORY", "PASSWORD_PASSES"}

// more are those of serve alone.
var more = []string{"TLS_CERT_FILE", "TLS_KEY_FILE", "BASE_PATH", "TRUSTED_PROXIES", "MAX_REQUESTS", "SESSION_IDLE", "SESSION_LENGTH", "AUDIT_MAX_AGE", "ADMIN_USER", "ADMIN_PASSWORD",
	"OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_REDIRECT_URL", "OIDC_ROLE_CLAIM", "OIDC_NAME_CLAIM", "OIDC_ROLES", "OIDC_REVEAL",
	"PUSH_ZONE", "FCM_PROJECT_ID", "GOOGLE_APPLICATION_CREDENTIALS", "FCM_ENDPOINT"}

// dialing is how go-redis looks, once a second, whether a server that was away is
// back; it ends up to a second after its client.
var dialing = goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial")

func TestMain(m *testing.M) {
	for _, name := range slices.Concat(variables, more) {
		os.Unsetenv(name)
	}
	os.Setenv("REDIS_ALLOW_NO_AOF", "true") // most of their servers keep nothing
	goleak.VerifyTestMain(m, dialing)
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
func start(t *testing.T, args ...string) *process { return startWith(t, "", args...) }

// startWith is start with something on stdin.
func startWith(t *testing.T, stdin string, args ...string) *process {
	t.Helper()
	return startBuilt(t, fstest.MapFS{".gitkeep": {}}, stdin, args...)
}

// startBuilt is startWith with a build of the dashboard; the others have none.
func startBuilt(t *testing.T, build fs.FS, stdin string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.code = run(ctx, build, args, strings.NewReader(stdin), &p.stdout, &p.stderr)
	}()
	t.Cleanup(func() { cancel(); p.wait(t) })
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

// runs runs the command to its end over a Redis.
func runs(t *testing.T, s *redistest.Server, args ...string) *process {
	t.Helper()
	p := start(t, append([]string{"--redis-url=" + s.URL()}, args...)...)
	p.wait(t)
	return p
}

// jobOf is a valid job.
func jobOf(id string) push.Job {
	return push.Job{ID: id, Csno: "10023451", PushGrpID: "G1", DeviceID: "token-" + id, MsgTitle: "x", Priority: push.Normal, TTL: 60}
}

// store is what the tests of people's commands look at.
type store struct {
	*redistest.Server
	rdb     *redis.Client
	keys    pushlog.Keys
	log     *pushlog.Log
	control *stream.Control
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{Server: redistest.New(t), keys: pushlog.Keys{Prefix: "push", Partitions: 1}}
	s.rdb = s.Client(t)
	s.log, s.control = pushlog.New(s.rdb, s.keys), stream.NewControl(s.rdb, s.keys)
	if err := stream.EnsureGroups(t.Context(), s.rdb, s.keys); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *store) accept(t *testing.T, ids ...string) {
	t.Helper()
	var jobs []push.Job
	for _, id := range ids {
		jobs = append(jobs, jobOf(id))
	}
	if _, err := stream.NewProducer(s.rdb, s.keys, stream.ProducerOptions{}).Accept(t.Context(), jobs); err != nil {
		t.Fatal(err)
	}
}

// answers is a played FCM that always says the same.
type answers push.Outcome

func (a answers) Send(context.Context, *push.Job, time.Time) push.Outcome { return push.Outcome(a) }

// consumer runs one until stop is called, or the test ends.
func (s *store) consumer(t *testing.T, name string, code push.Code) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	blocking := s.Client(t)
	c := stream.NewConsumer(s.rdb, blocking, s.keys, answers{Code: code, HTTPStatus: 400, Detail: "played"},
		stream.ConsumerOptions{Name: stream.NewName(name), Instance: name, Project: "demo", Concurrency: 4})
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		blocking.Close() // else a read that waits for work is waited for
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	s.eventually(t, "a worker "+name, func() bool {
		workers, err := s.control.Workers(t.Context())
		return err == nil && slices.ContainsFunc(workers, func(w stream.Worker) bool { return w.Name == name && w.Consumer != "" })
	})
	return stop
}

// end accepts pushes and has them end as a played FCM says.
func (s *store) end(t *testing.T, code push.Code, status push.Status, ids ...string) {
	t.Helper()
	s.accept(t, ids...)
	stop := s.consumer(t, "ender", code)
	defer stop()
	s.eventually(t, fmt.Sprint(ids, " ", status), func() bool {
		return !slices.ContainsFunc(ids, func(id string) bool { return s.status(t, id) != status })
	})
}

func (s *store) status(t *testing.T, id string) push.Status {
	t.Helper()
	r, err := s.log.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r.Status
}

// eventually polls until ok, for at most half a minute.
func (s *store) eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// checkRun wants an exit code, and words on stdout and stderr; of an empty list,
// that nothing is there.
func checkRun(t *testing.T, p *process, code int, stdout, stderr []string) {
	t.Helper()
	for _, one := range []struct {
		name, text string
		words      []string
	}{{"stdout", p.stdout.String(), stdout}, {"stderr", p.stderr.String(), stderr}} {
		if len(one.words) == 0 && one.text != "" {
			t.Errorf("%s: %q", one.name, one.text)
		}
		for _, word := range one.words {
			if !strings.Contains(one.text, word) {
				t.Errorf("%s: no word of %q: %q", one.name, word, one.text)
			}
		}
	}
	if p.code != code {
		t.Errorf("exit code %d, want %d: %q %q", p.code, code, p.stdout.String(), p.stderr.String())
	}
}

// client keeps no connection, so that none looks like a leak.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}

// page is the status and the body of an answer; 0 if there is none.
func page(url string) (int, string) { return pageBy("", url) }

// pageAs reads pages as a machine with a token.
func pageAs(t *testing.T, rdb *redis.Client) func(url string) (int, string) {
	t.Helper()
	secret, err := access.New(rdb, "push", access.Options{}).AddToken(t.Context(),
		access.NewToken{Name: "test", Scopes: access.Scopes(), By: "test", ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return func(url string) (int, string) { return pageBy(secret, url) }
}

func pageBy(token, url string) (int, string) {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return 0, err.Error()
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(b)
}

// eventuallyStatus waits until a page answers with a status.
func eventuallyStatus(t *testing.T, p *process, url string, status int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		got, body := page(url)
		if got == status {
			return
		}
		select {
		case <-p.done:
			t.Fatalf("it ended: %s", p.stderr.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %d %s", url, got, body)
		}
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := launch.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// line is the only line of a text.
func line(t *testing.T, text string) string {
	t.Helper()
	one, ok := strings.CutSuffix(text, "\n")
	if !ok || strings.Contains(one, "\n") || one == "" {
		t.Errorf("not one line: %q", text)
	}
	return one
}
