package e2e

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

const sigterm = syscall.SIGTERM

// TestRedisAway: Redis comes after everything else, and is killed in the
// middle; everybody waits, says so, and loses nothing.
func TestRedisAway(t *testing.T) {
	s := setup(t, options{
		sim:   fcmsim.Config{Latency: fcmsim.Latency{FixedMS: 20}},
		redis: []string{"--appendfsync", "always"},
	})
	key := strings.TrimSpace(s.run("admin", "apitoken", "add", "e2e", "--scope=submit"))
	s.redis.Kill()
	producer := s.start("producer", "producer", nil, "serve")
	servers := []*process{
		producer,
		s.start("consumer-a", "consumer", []string{"OPS_ADDR=127.0.0.1:0", "CONSUMER_CONCURRENCY=16"}),
		s.start("consumer-b", "consumer", []string{"OPS_ADDR=127.0.0.1:0", "CONSUMER_CONCURRENCY=16"}),
		s.start("admin", "admin", nil, "serve"),
	}
	in, feed := io.Pipe()
	load := s.begin(in, "producer", "load", "-", "--batch", "e2e", "--encoding", "utf-8")
	t.Cleanup(func() { in.Close(); feed.Close() })
	away := func() {
		health("/readyz", http.StatusServiceUnavailable, servers...)
		health("/healthz", http.StatusOK, servers...)
		url := "http://" + producer.addr("requests") + "/v1/pushes"
		status, body, err := request(http.MethodPost, url, key, "application/json", `{"device_id":"token","msg_title":"private","id":"refused"}`)
		if err != nil || status != http.StatusServiceUnavailable {
			t.Errorf("POST while Redis is away: %d %s, %v", status, body, err)
		}
	}
	away()
	s.redis.Start(t)
	health("/readyz", http.StatusOK, servers...)

	const n = 3000
	all := jobs("push", n, nil)
	write := func(jobs []push.Job) { _, _ = feed.Write(ndjson(jobs)) } // an import that ends early is noticed below
	write(all[:2000])                                                  // more than the chunks of some hundreds that load hands over
	s.simulated(100)
	s.redis.Kill()
	go func() {
		write(all[2000:])
		feed.Close()
	}()
	away()
	if got := s.sim.Stats().AcceptedIDs; got == n {
		t.Error("everything was sent before Redis was killed: this test says nothing")
	}
	s.redis.Start(t)
	health("/readyz", http.StatusOK, servers...)
	if code := load.end(); code != 0 {
		t.Fatalf("the import ended with %d\n%s", code, load.stderr.String())
	}
	got := parseImport(t, load.stdout.String())
	if got.Lines != n || got.Rejected != 0 || got.Accepted+got.Repeated != n {
		t.Errorf("the import says %+v", got)
	}
	s.settled(n)
	records := s.finished()
	s.matchesSimulator(records)
	only(s, records, push.Sent)
	for _, j := range all {
		if records[j.ID] == nil {
			t.Fatalf("%s was accepted and has no record", j.ID)
		}
	}
	for _, p := range servers {
		p.complains(t)
	}
	if text := load.stderr.String(); !strings.Contains(text, "waiting for Redis") || strings.Count(text, "\n") > 60 {
		t.Errorf("the import wrote %d lines:\n%s", strings.Count(text, "\n"), text)
	}
}

// maxLines is how many lines of trouble a process may write in one second.
const maxLines = 5

// complains checks that a process has said that Redis was away, in lines of
// JSON, and has not flooded its log with it.
func (p *process) complains(t *testing.T) {
	t.Helper()
	perSecond := map[int64]int{}
	for _, l := range p.lines() {
		switch l.Level {
		case "debug", "info":
		case "":
			t.Errorf("a line of %s is no JSON: %q", p.Name, l.Text)
		default:
			perSecond[l.Time.Unix()]++
		}
	}
	if len(perSecond) == 0 {
		t.Errorf("%s does not say that Redis was away", p.Name)
	}
	if n := most(perSecond); n > maxLines {
		t.Errorf("%s wrote %d lines of trouble in one second:\n%s", p.Name, n, p.Tail())
	}
}

// most is the greatest of counts.
func most(counts map[int64]int) int {
	n := 0
	for _, c := range counts {
		n = max(n, c)
	}
	return n
}

// TestRedisThatEvicts: a Redis that may throw away accepted pushes is refused,
// by everybody, with the way to mend it.
func TestRedisThatEvicts(t *testing.T) {
	s := setup(t, options{redis: []string{"--maxmemory-policy", "allkeys-lru"}})
	for _, args := range [][]string{{"consumer"}, {"producer", "serve"}, {"producer", "load", "-", "--batch", "e2e"}, {"admin", "serve"}} {
		c := s.begin(strings.NewReader(string(ndjson(jobs("push", 3, nil)))), args[0], args[1:]...)
		if code := c.end(); code <= 0 {
			t.Errorf("%v: exit code %d", args, code)
		}
		for _, want := range []string{"allkeys-lru", "CONFIG SET maxmemory-policy noeviction"} {
			if !strings.Contains(c.stderr.String(), want) {
				t.Errorf("%v does not say %q:\n%s", args, want, c.stderr.String())
			}
		}
	}
	if n := s.rdb.DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("%d keys were written", n)
	}
}

// TestRedisBeginsToEvict: the same policy set later makes everybody unready.
func TestRedisBeginsToEvict(t *testing.T) {
	s := setup(t, options{})
	c := s.consumer("consumer")
	s.rdb.ConfigSet(t.Context(), "maxmemory-policy", "volatile-ttl")
	health("/readyz", http.StatusServiceUnavailable, c)
	s.rdb.ConfigSet(t.Context(), "maxmemory-policy", "noeviction")
	c.ready()
}

// TestMemoryFull: a Redis that is out of memory takes no new job, loudly, and
// lets the accepted ones end.
func TestMemoryFull(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{Latency: fcmsim.Latency{FixedMS: 10}}})
	consumer := s.consumer("consumer", "CONSUMER_CONCURRENCY=16")
	producer := s.producer()
	key := strings.TrimSpace(s.run("admin", "apitoken", "add", "e2e", "--scope=submit"))
	const n = 1500
	all := jobs("push", n, func(i int) string { return []string{"", "-flaky", "-unregistered"}[i%3] })
	s.load(all)
	s.simulated(20)
	memory := func(limit string) {
		if err := s.rdb.ConfigSet(t.Context(), "maxmemory", limit).Err(); err != nil {
			t.Fatal(err)
		}
	}
	memory("1mb")
	if open := n - s.terminal(); open < n/4 {
		t.Errorf("only %d pushes were open when the memory was full: this test says nothing", open)
	}
	a := &api{t, "http://" + producer.addr("requests"), key}
	const one = `{"id":"refused","device_id":"token","msg_title":"private"}`
	a.call("POST", "/v1/pushes", "application/json", one, http.StatusTooManyRequests, nil)
	waiting := s.begin(strings.NewReader(string(ndjson(jobs("later", 200, nil)))), "producer", "load", "-", "--batch", "e2e", "--encoding", "utf-8")
	s.settled(n)
	a.call("GET", "/v1/pushes/refused", "", "", http.StatusNotFound, nil)
	// A consumer may start and stop all the same.
	name := s.workerOf(consumer)
	consumer.stop()
	s.noMember(name)
	s.consumer("consumer-2")

	memory("0")
	if code := waiting.end(); code != 0 {
		t.Errorf("the import that waited ended with %d\n%s", code, waiting.stderr.String())
	}
	a.call("POST", "/v1/pushes", "application/json", one, http.StatusAccepted, nil)
	s.settled(n + 201)
	s.matchesSimulator(s.finished())
}

// terminal is how many pushes have ended.
func (s *system) terminal() int {
	s.t.Helper()
	counts, err := s.counts()
	if err != nil {
		s.t.Fatal(err)
	}
	return int(counts[push.Sent] + counts[push.Failed] + counts[push.Expired] + counts[push.Cancelled])
}
