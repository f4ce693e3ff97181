package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// gateEnv is of consumers that notice trouble soon.
var gateEnv = []string{"RETRY_MIN_DELAY=500ms", "FCM_RAMP_UP=1s", "CONSUMER_CONCURRENCY=16"}

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// unready waits until a consumer is not ready, and says why.
func (p *process) unready(words ...string) {
	p.s.t.Helper()
	health("/readyz", http.StatusServiceUnavailable, p)
	_, body, err := get("http://"+p.ops()+"/readyz", "")
	for _, want := range words {
		if err != nil || !strings.Contains(string(body), want) {
			p.s.t.Errorf("%s says %s, %v, without %q", p.Name, body, err, want)
		}
	}
}

// notHeld fails if the project is held.
func (s *system) notHeld() {
	s.t.Helper()
	if h := s.rdb.HGetAll(context.Background(), "push:hold:{e2e}").Val(); len(h) > 0 {
		s.t.Errorf("the project is held: %v", h)
	}
}

// TestNoisyDevice: one phone over its own rate waits; urgent pushes to the others go out.
func TestNoisyDevice(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{DevicePerMinute: 5}})
	a, b := s.consumer("consumer-a", gateEnv...), s.consumer("consumer-b", gateEnv...)
	noisy := jobs("noisy", 60, nil)
	for i := range noisy {
		noisy[i].DeviceID = "one-phone"
	}
	s.load(noisy)
	eventually(t, patience, "the phone to be over its limit", func() error {
		if s.sim.Stats().ByCode["QUOTA_EXCEEDED"] == 0 {
			return errors.New("it is not")
		}
		return nil
	})
	urgent := jobs("urgent", 150, nil)
	for i := range urgent {
		urgent[i].Priority = push.Urgent
	}
	s.load(urgent)
	for _, j := range urgent {
		s.reaches(j.ID, push.Sent)
	}
	s.notHeld()
	health("/readyz", http.StatusOK, a, b)
	// What was in hand when the first answer came; then nobody asks for a minute.
	if n := s.sim.Stats().ByCode["QUOTA_EXCEEDED"]; n > 2*16+2 {
		t.Errorf("%d requests for the phone that waits", n)
	}
	if r := s.reaches(noisy[59].ID, push.Retrying); r.Attempts != 0 {
		t.Errorf("%+v", r)
	}
}

// TestWorkerWithoutEgress: of two consumers one can't reach FCM. It hands its work over and
// says so; everything is sent.
func TestWorkerWithoutEgress(t *testing.T) {
	s := setup(t, options{})
	well := s.consumer("consumer-well", gateEnv...)
	sick := s.consumer("consumer-sick", append([]string{"FCM_ENDPOINT=http://" + closedPort(t)}, gateEnv...)...)
	s.load(jobs("push", 450, nil))
	sick.unready("circuit breaker open", "outage", "look at FCM's status page")
	s.settled(450)
	s.notHeld()
	health("/readyz", http.StatusOK, well)
	if v := sick.metrics()[`pushstream_circuit_open{reason="outage"}`]; v != 1 {
		t.Errorf("pushstream_circuit_open is %v", v)
	}
	list := s.run("admin", "worker", "list")
	if !strings.Contains(list, "circuit_open") || !strings.Contains(list, "outage since ") {
		t.Errorf("admin worker list:\n%s", list)
	}
	records := s.finished()
	s.matchesSimulator(records)
	only(s, records, push.Sent)
}

// TestWorkerWithABadKey: of two consumers one is refused by FCM.
func TestWorkerWithABadKey(t *testing.T) {
	s := setup(t, options{})
	refusing := fcmsim.New(fcmsim.Config{Faults: map[string]float64{fcmsim.Unauthenticated: 1}})
	server, err := fcmsim.Listen(refusing, fcmsim.ServerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // at once
		_ = server.Close(ctx)
	})
	well := s.consumer("consumer-well", gateEnv...)
	sick := s.consumer("consumer-sick", append([]string{"FCM_ENDPOINT=" + server.URL()}, gateEnv...)...)
	s.load(jobs("push", 300, nil))
	sick.unready("credential", "mend the service account")
	s.settled(300)
	s.notHeld()
	health("/readyz", http.StatusOK, well)
	only(s, s.finished(), push.Sent)
}

// TestWorkerOfAWrongProject: of two consumers one is told that every token is another
// project's. What it met first fails, the rest is sent, and no token is suppressed.
func TestWorkerOfAWrongProject(t *testing.T) {
	s := setup(t, options{})
	foreign := fcmsim.New(fcmsim.Config{Faults: map[string]float64{fcmsim.SenderIDMismatch: 1}})
	server, err := fcmsim.Listen(foreign, fcmsim.ServerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // at once
		_ = server.Close(ctx)
	})
	sick := s.consumer("consumer-sick", append([]string{"FCM_ENDPOINT=" + server.URL()}, gateEnv...)...)
	s.consumer("consumer-well", gateEnv...)
	s.load(jobs("push", 300, nil))
	sick.unready("mismatch", "check FCM_PROJECT_ID")
	counts := s.settled(300)
	if counts[push.Failed] > 4 || counts[push.Sent] < 296 {
		t.Errorf("%v", counts)
	}
	s.notHeld()
	if n := s.rdb.ZCard(context.Background(), "push:suppressed:{e2e}").Val(); n != 0 {
		t.Errorf("%d tokens are suppressed", n)
	}
}

// TestBlockedPush: a proxy refuses one push, again and again, for what stands in it. The
// others go out, and it fails.
func TestBlockedPush(t *testing.T) {
	s := setup(t, options{})
	// Between two tries both consumers send others, on a slow machine too.
	env := append(slices.Clone(gateEnv), "RETRY_MIN_DELAY=2s")
	a, b := s.consumer("consumer-a", env...), s.consumer("consumer-b", env...)
	blocked := jobs("dlp", 1, func(int) string { return "-blocked" })[0]
	s.load([]push.Job{blocked})
	for n := 0; s.status(blocked.ID) != push.Failed; n++ {
		id := fmt.Sprintf("other-%d", n)
		s.load(jobs(id, 1, nil))
		s.reaches(jobs(id, 1, nil)[0].ID, push.Sent)
		s.notHeld()
		if n > 100 {
			t.Fatalf("it does not fail: %+v", s.reaches(blocked.ID, push.Retrying))
		}
	}
	r := s.reaches(blocked.ID, push.Failed)
	if r.ErrorCode != push.CodePermission || r.Attempts != 3 {
		t.Errorf("%+v", r)
	}
	health("/readyz", http.StatusOK, a, b)
}
