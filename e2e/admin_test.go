package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

// Two admins on one Redis: the one in whose hands a bulk job is dies, the other ends
// it. What one of them lets in, or shuts out, the other knows.
func TestAdminKilledInTheMiddleOfAJob(t *testing.T) {
	s := setup(t, options{})
	const n = 12_000
	s.load(jobs("job", n, func(int) string { return "-unregistered" }))
	consumer := s.consumer("consumer")
	s.settled(n)
	consumer.stop()
	one, two := s.admin(), s.start("admin-2", "admin", nil, "serve")
	two.ready()
	token := s.token()
	first, second := &api{t, "http://" + one.addr("requests"), token}, &api{t, "http://" + two.addr("requests"), token}
	type job struct {
		ID, State string
		Worker    string
		Looked    int64
		Changes   map[string]int64
	}
	var j job
	first.call("POST", "/api/v1/jobs", "application/json", `{"kind":"redrive","status":["failed"],"reason":"the app is back"}`, http.StatusAccepted, &j)
	path := "/api/v1/jobs/" + j.ID
	eventually(t, patience, "the job to be begun", func() error {
		second.call("GET", path, "", "", http.StatusOK, &j)
		if j.Looked == 0 && j.State != "done" {
			return fmt.Errorf("%+v", j)
		}
		return nil
	})
	if j.State == "done" {
		t.Fatal("it was done too fast: the test proves nothing")
	}
	working, other := one, second
	if strings.Contains(j.Worker, fmt.Sprintf("-%d-", two.PID())) {
		working, other = two, first
	}
	if err := working.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-working.Done()
	working.stopped = true
	eventually(t, patience, "the job to be done", func() error {
		status, body, err := get(other.url+path, token)
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("%d %s %w", status, body, err)
		}
		if err := json.Unmarshal(body, &j); err != nil {
			return err
		}
		if j.State != "done" {
			return errors.New(string(body))
		}
		return nil
	})
	if j.Changes["queued"] != n {
		t.Errorf("%+v", j)
	}
	again := s.consumer("again")
	defer again.stop()
	s.settled(n)
}
