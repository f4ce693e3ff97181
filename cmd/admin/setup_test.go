package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pushstream/internal/launch"
	"pushstream/internal/redistest"
)

// variables are those of this command; what the machine has set must not
// change the tests.
var variables = []string{"REDIS_URL", "PUSH_PREFIX", "PUSH_PARTITIONS", "LOG_LEVEL", "LISTEN_ADDR", "OPS_ADDR"}

// dialing is how go-redis looks, once a second, whether a server that was away is
// back; it ends up to a second after its client.
var dialing = goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial")

func TestMain(m *testing.M) {
	for _, name := range variables {
		os.Unsetenv(name)
	}
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
func start(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.code = run(ctx, args, &p.stdout, &p.stderr)
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

// client keeps no connection, so that none looks like a leak.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}

// page is the status and the body of an answer; 0 if there is none.
func page(url string) (int, string) {
	resp, err := client.Get(url)
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
