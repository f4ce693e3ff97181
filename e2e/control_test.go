package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// TestControl: an operator pauses one consumer, then all, over restarts; ends
// what goes wrong, takes pushes back and sends them once more, by the API and by
// hand.
func TestControl(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{Latency: fcmsim.Latency{FixedMS: 5}}})
	begun := 0
	begin := func(n int) *process {
		begun++
		return s.consumer(fmt.Sprintf("consumer-%d-%d", n, begun), fmt.Sprintf("CONSUMER_NAME=consumer-%d", n), "FCM_RAMP_UP=1s")
	}
	one, two := begin(1), begin(2)
	a := &api{t, "http://" + s.admin().addr("requests"), s.token()}
	state := func(name, want string) {
		t.Helper()
		eventually(t, patience, name+" to be "+want, func() error {
			var list struct {
				Items []struct{ Name, State string }
			}
			status, body, err := get(a.url+"/api/v1/workers", a.key)
			if err == nil {
				err = json.Unmarshal(body, &list)
			}
			for _, w := range list.Items {
				if w.Name == name && w.State == want {
					return nil
				}
			}
			return fmt.Errorf("%d %s, %v", status, body, err)
		})
	}
	paused, running := `{"desired":"paused"}`, `{"desired":"running"}`
	a.call("PUT", "/api/v1/workers/consumer-1/desired", "application/json", paused, http.StatusOK, nil)
	a.call("PUT", "/api/v1/workers/consumer-9/desired", "application/json", paused, http.StatusNotFound, nil)
	state("consumer-1", "paused")
	s.load(jobs("first", 100, nil))
	s.settled(100)
	if got := one.metrics()[`pushstream_settled_total{status="sent"}`]; got != 0 {
		t.Errorf("the paused consumer sent %v", got)
	}

	s.run("admin", "worker", "pause", "--all")
	state("consumer-2", "paused")
	one.stop()
	two.stop()
	begin(1)
	begin(2)
	state("consumer-1", "paused")
	state("consumer-2", "paused")
	s.load(jobs("second", 300, func(n int) string { return []string{"", "-invalid", ""}[n%3] }))
	if got := s.sim.Stats().AcceptedIDs; got != 100 {
		t.Errorf("%d were sent though all are paused", got)
	}
	a.call("POST", "/api/v1/pushes/second-000000000/cancel", "", "", http.StatusOK, nil)
	a.call("POST", "/api/v1/pushes/first-000000000/cancel", "", "", http.StatusConflict, nil)
	a.call("PUT", "/api/v1/workers/desired", "application/json", running, http.StatusOK, nil)
	state("consumer-2", "running")
	state("consumer-1", "paused") // by its own order still
	s.run("admin", "worker", "resume", "consumer-1")
	state("consumer-1", "running")
	counts := s.settled(400)
	if counts[push.Cancelled] != 1 || counts[push.Failed] != 100 || counts[push.Sent] != 299 {
		t.Errorf("%v", counts)
	}
	s.emptyStreams()

	// The token of half of what failed lives after all.
	if err := s.sim.Configure(fcmsim.Config{Fates: map[string]string{jobs("second", 2, nil)[1].DeviceID + "-invalid": "ok"}}); err != nil {
		t.Fatal(err)
	}
	list := s.run("admin", "token", "list", "--size", "1000")
	if n := strings.Count(list, "INVALID_ARGUMENT"); n == 0 {
		t.Errorf("no dead token is listed:\n%s", list)
	}
	for _, line := range strings.Split(list, "\n") {
		if fields := strings.Fields(line); len(fields) > 0 && len(fields[0]) == 32 {
			s.run("admin", "token", "forget", fields[0])
		}
	}
	a.call("POST", "/api/v1/pushes/second-000000001/redrive", "", "", http.StatusOK, nil)
	s.reaches("second-000000001", push.Sent)
	out := s.run("admin", "push", "redrive", "--status", "failed", "--error-code", "INVALID_ARGUMENT", "--push-grp-id", jobs("second", 5, nil)[4].PushGrpID)
	if !strings.Contains(out, "queued") {
		t.Errorf("the command says %q", out)
	}
	s.settled(400)
	s.emptyStreams()
	records := s.finished()
	s.matchesSimulator(records)
	if r := records["second-000000001"]; r["redrive.1"] == "" || r["attempts"] != "2" {
		t.Errorf("%v", r)
	}
}
