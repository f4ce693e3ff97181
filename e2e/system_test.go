package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"pushstream/internal/access"
	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/launch"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// patience is how long a test waits for what a healthy system does in seconds.
const patience = 45 * time.Second

// places keep more than four tests from running at a time; they wait more than they
// work.
var places = make(chan struct{}, 4)

// options of a system; the zero value is a healthy one.
type options struct {
	sim        fcmsim.Config
	plain      bool     // HTTP/1.1 to the simulator, instead of TLS and HTTP/2
	partitions int      // 1
	redis      []string // settings of redis-server
	steppable  bool     // redis-server has a clock that the test sets
}

// system is one pushstream: what a test starts of it.
type system struct {
	t     *testing.T
	dir   string
	redis *redistest.Server
	rdb   *redis.Client
	keys  pushlog.Keys
	log   *pushlog.Log
	sim   *fcmsim.Simulator
	env   []string // of every process
}

func setup(t *testing.T, o options) *system {
	t.Helper()
	t.Parallel()
	places <- struct{}{}
	t.Cleanup(func() { <-places })

	s := &system{t: t, dir: t.TempDir(), keys: pushlog.Keys{Prefix: "push", Partitions: max(1, o.partitions)}}
	newRedis := redistest.New
	if o.steppable {
		newRedis = redistest.NewSteppable
	}
	s.redis = newRedis(t, append([]string{"--appendonly", "yes"}, o.redis...)...)
	s.rdb = s.redis.Client(t)
	s.log = pushlog.New(s.rdb, s.keys)
	if o.sim.KeepMessages == 0 {
		o.sim.KeepMessages = 20_000
	}
	s.sim = fcmsim.New(o.sim)
	cert := filepath.Join(s.dir, "ca.pem")
	server, err := fcmsim.Listen(s.sim, fcmsim.ServerOptions{TLSAddr: "127.0.0.1:0", CertFile: cert})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // at once
		if err := server.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	endpoint := server.TLSURL()
	if o.plain {
		endpoint = server.URL()
	}
	s.env = []string{
		"REDIS_URL=" + s.redis.URL(), "PUSH_PARTITIONS=" + strconv.Itoa(s.keys.Partitions),
		"FCM_ENDPOINT=" + endpoint, "SSL_CERT_FILE=" + cert, "FCM_PROJECT_ID=e2e", "RETRY_MIN_DELAY=50ms", "LOG_LEVEL=debug",
		"LISTEN_ADDR=127.0.0.1:0", "ADMIN_USER=e2e-first", "ADMIN_PASSWORD=a long enough one",
	}
	return s
}

// process is a program that serves.
type process struct {
	*launch.Process
	s         *system
	opsBeside bool // /healthz and so on are where the requests go
	stopped   bool
}

// start starts a program that serves until it is stopped: with the test, if
// not before. It must stop with exit code 0, and log nobody's data.
func (s *system) start(name, program string, env []string, args ...string) *process {
	s.t.Helper()
	all := append(append([]string(nil), s.env...), env...)
	p, err := launch.Start(s.dir, name, all, programPath(program), args...)
	if err != nil {
		s.t.Fatal(err)
	}
	q := &process{Process: p, s: s, opsBeside: !slices.Contains(env, "OPS_ADDR=127.0.0.1:0")}
	s.t.Cleanup(func() {
		q.stop()
		if s.t.Failed() {
			s.t.Logf("the last lines of %s:\n%s", name, p.Tail())
		}
		text, err := os.ReadFile(p.Log)
		if err != nil {
			s.t.Error(err)
		}
		noPrivateData(s.t, name, text)
	})
	return q
}

// programPath is where a program is: one of ours, or one of the machine's shell.
func programPath(program string) string {
	if program == "sh" {
		return "/bin/sh"
	}
	return filepath.Join(bin, program)
}

// stop stops the process with SIGTERM, unless it was stopped before.
func (p *process) stop() {
	p.s.t.Helper()
	if p.stopped {
		return
	}
	p.stopped = true
	if err := p.Stop(30 * time.Second); err != nil {
		p.s.t.Error(err)
	}
}

// consumer starts a consumer and waits until it is ready.
func (s *system) consumer(name string, env ...string) *process {
	s.t.Helper()
	p := s.start(name, "consumer", append([]string{"OPS_ADDR=127.0.0.1:0"}, env...))
	p.ready()
	return p
}

// producer starts producer serve and waits until it is ready.
func (s *system) producer(env ...string) *process {
	s.t.Helper()
	p := s.start("producer", "producer", env, "serve")
	p.ready()
	return p
}

// admin starts admin serve and waits until it is ready.
func (s *system) admin(env ...string) *process {
	s.t.Helper()
	p := s.start("admin", "admin", env, "serve")
	p.ready()
	return p
}

// token makes a token for the admin's API, for whatever a machine may do.
func (s *system) token() string {
	s.t.Helper()
	secret, err := access.New(s.rdb, s.keys.Prefix, access.Options{}).AddToken(s.t.Context(),
		access.NewToken{Name: "e2e", Scopes: access.Scopes(), By: "e2e", ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// logLine is what the tests read of a line of a process's log.
type logLine struct {
	Level string    `json:"level"`
	Time  time.Time `json:"ts"`
	Msg   string    `json:"msg"`
	For   string    `json:"for"`
	Addr  string    `json:"addr"`
	Error string    `json:"error"`
	Text  string    `json:"-"` // the whole line
}

// lines reads the log; a line that is not JSON has only its text.
func (p *process) lines() []logLine {
	p.s.t.Helper()
	text, err := os.ReadFile(p.Log)
	if err != nil {
		p.s.t.Fatal(err)
	}
	var lines []logLine
	for line := range bytes.Lines(text) {
		var l logLine
		_ = json.Unmarshal(line, &l) // then it has only its text
		l.Text = string(bytes.TrimSpace(line))
		lines = append(lines, l)
	}
	return lines
}

// addr waits until the process listens, and returns where: for "ops" or
// "requests".
func (p *process) addr(what string) string {
	p.s.t.Helper()
	var addr string
	eventually(p.s.t, patience, p.Name+" to listen for "+what, func() error {
		for _, l := range p.lines() {
			if l.Msg == "listening" && l.For == what {
				addr = l.Addr
				return nil
			}
		}
		p.lives()
		return errors.New("not logged")
	})
	return addr
}

// lives ends the test if the process has ended.
func (p *process) lives() {
	p.s.t.Helper()
	select {
	case <-p.Done():
		p.s.t.Fatalf("%s ended by itself:\n%s", p.Name, p.Tail())
	default:
	}
}

// ops is where /healthz, /readyz and /metrics are: at an address of their own,
// or beside the interface.
func (p *process) ops() string {
	if p.opsBeside {
		return p.addr("requests")
	}
	return p.addr("ops")
}

func (p *process) ready() {
	p.s.t.Helper()
	health("/readyz", http.StatusOK, p)
}

// health waits until a path of the ops address answers with a status, in all
// of the processes at the same time.
func health(path string, want int, of ...*process) {
	t := of[0].s.t
	t.Helper()
	urls := make([]string, len(of))
	for i, p := range of {
		urls[i] = "http://" + p.ops() + path
	}
	eventually(t, patience, fmt.Sprintf("%s to answer %d", path, want), func() error {
		for _, p := range of {
			p.lives()
		}
		var g errgroup.Group
		for i, p := range of {
			g.Go(func() error {
				status, body, err := get(urls[i], "")
				if err == nil && status != want {
					err = fmt.Errorf("%s: %d: %s", p.Name, status, body)
				}
				return err
			})
		}
		return g.Wait()
	})
}

// client keeps no connection, so that none outlives a test.
var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func get(url, key string) (int, []byte, error) { return request(http.MethodGet, url, key, "", "") }

func request(method, url, key, contentType, body string) (int, []byte, error) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, text, err
}

// metrics reads /metrics: values by name and labels, as they are written there.
func (p *process) metrics() map[string]float64 {
	p.s.t.Helper()
	status, body, err := get("http://"+p.ops()+"/metrics", "")
	if err != nil || status != http.StatusOK {
		p.s.t.Fatalf("metrics of %s: %d, %v", p.Name, status, err)
	}
	values := map[string]float64{}
	for line := range strings.Lines(string(body)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil && name != "#" {
			values[name] = v
		}
	}
	return values
}

// command is a program that runs to its end.
type command struct {
	s              *system
	cmd            *exec.Cmd
	name           string
	stdout, stderr bytes.Buffer
	wait           func() error // once
}

// begin starts a program that runs to its end; in may be nil.
func (s *system) begin(in io.Reader, program string, args ...string) *command {
	s.t.Helper()
	c := &command{s: s, name: program + " " + strings.Join(args[:min(1, len(args))], ""), cmd: exec.Command(filepath.Join(bin, program), args...)}
	c.cmd.Env = append(os.Environ(), s.env...)
	c.cmd.Dir, c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = s.dir, in, &c.stdout, &c.stderr
	if err := launch.Tie(c.cmd); err != nil {
		s.t.Fatal(err)
	}
	c.wait = sync.OnceValue(func() error {
		timer := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
		defer timer.Stop()
		return c.cmd.Wait()
	})
	s.t.Cleanup(func() {
		_ = c.cmd.Process.Signal(syscall.SIGKILL) // it may be gone
		_ = c.wait()
	})
	return c
}

// end waits for the end and returns the exit code, -1 if it was killed.
func (c *command) end() int {
	c.s.t.Helper()
	var exit *exec.ExitError
	if err := c.wait(); err != nil && !errors.As(err, &exit) {
		c.s.t.Fatalf("%s: %v", c.name, err)
	}
	noPrivateData(c.s.t, c.name, c.stderr.Bytes())
	return c.cmd.ProcessState.ExitCode()
}

// run runs a program that must succeed and returns what it printed.
func (s *system) run(program string, args ...string) string {
	s.t.Helper()
	c := s.begin(nil, program, args...)
	if code := c.end(); code != 0 {
		s.t.Fatalf("%s: exit code %d\n%s", c.name, code, c.stderr.String())
	}
	return c.stdout.String()
}

// imported is the last line of producer load.
type imported struct{ Lines, Accepted, Repeated, Rejected int }

// load imports jobs with producer load.
func (s *system) load(jobs []push.Job) imported {
	s.t.Helper()
	file := filepath.Join(s.dir, "jobs.ndjson")
	if err := os.WriteFile(file, ndjson(jobs), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return parseImport(s.t, s.run("producer", "load", file))
}

func parseImport(t *testing.T, stdout string) imported {
	t.Helper()
	var in imported
	if err := json.Unmarshal([]byte(lastLine(stdout)), &in); err != nil {
		t.Fatalf("last line of producer load: %v\n%s", err, stdout)
	}
	return in
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// counts are the numbers of records in each state.
func (s *system) counts() (map[push.Status]int64, error) { return s.log.Counts(context.Background()) }

// settled waits until n pushes are known and all of them terminal.
func (s *system) settled(n int) map[push.Status]int64 {
	s.t.Helper()
	var counts map[push.Status]int64
	eventually(s.t, patience, fmt.Sprintf("%d terminal pushes", n), func() error {
		var err error
		counts, err = s.counts()
		if done := counts[push.Sent] + counts[push.Failed] + counts[push.Expired] + counts[push.Cancelled]; err == nil &&
			(done != int64(n) || counts[push.Queued]+counts[push.Scheduled]+counts[push.Retrying] > 0) {
			err = fmt.Errorf("%v", counts)
		}
		return err
	})
	return counts
}

// status is the state of a push; empty if there is no such push.
func (s *system) status(id string) push.Status {
	s.t.Helper()
	r, err := s.log.Get(context.Background(), id)
	if err != nil && !errors.Is(err, pushlog.ErrNotFound) {
		s.t.Fatal(err)
	}
	return r.Status
}

// reaches waits until a push is in a state.
func (s *system) reaches(id string, want push.Status) pushlog.Record {
	s.t.Helper()
	var r pushlog.Record
	eventually(s.t, patience, fmt.Sprintf("%s to be %s", id, want), func() error {
		var err error
		r, err = s.log.Get(context.Background(), id)
		if err == nil && r.Status != want {
			err = fmt.Errorf("it is %s: %v", cmp.Or(r.Status, "nothing"), r.Tries)
		}
		return err
	})
	return r
}

// simulated waits until the simulator has had so many acceptances.
func (s *system) simulated(n int64) {
	s.t.Helper()
	eventually(s.t, patience, fmt.Sprintf("%d pushes at the simulator", n), func() error {
		if got := s.sim.Stats().AcceptedIDs; got < n {
			return fmt.Errorf("there are %d", got)
		}
		return nil
	})
}

// workerOf is the name of the consumer that is process p.
func (s *system) workerOf(p *process) string {
	s.t.Helper()
	ctx, name := context.Background(), ""
	eventually(s.t, patience, "the heartbeat of "+p.Name, func() error {
		names, err := s.rdb.ZRange(ctx, "push:workers", 0, -1).Result()
		if err != nil {
			return err
		}
		for _, n := range names {
			if s.rdb.HGet(ctx, "push:worker:"+n, "pid").Val() == strconv.Itoa(p.PID()) {
				name = n
				return nil
			}
		}
		return fmt.Errorf("pid %d is not among %v", p.PID(), names)
	})
	return name
}
