package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// takenFrom are the ids of the records that say that they were taken over from
// a consumer.
func takenFrom(records map[string]record, consumer string) []string {
	var ids []string
	for id, r := range records {
		for field, line := range r {
			if strings.HasPrefix(field, "delivery.") && strings.Contains(line, " "+consumer+" silent for ") {
				ids = append(ids, id)
				break
			}
		}
	}
	return ids
}

// explained fails if a push went out twice and its record does not say that it
// was taken over.
func (s *system) explained(records map[string]record, taken []string) {
	s.t.Helper()
	over := map[string]bool{}
	for _, id := range taken {
		over[id] = true
	}
	for id := range records {
		m, _ := s.sim.Message(id)
		if m.Accepted == 0 || m.Accepted > 1 && !over[id] || m.Accepted > 2 {
			s.t.Errorf("%s was accepted %d times: %v", id, m.Accepted, records[id])
		}
	}
}

// gone waits until a name is no member of the group any more.
func (s *system) gone(name string) {
	s.t.Helper()
	eventually(s.t, patience, name+" to leave the group", func() error {
		for _, stream := range lanes {
			members, err := s.rdb.XInfoConsumers(context.Background(), stream, "fcm").Result()
			if err != nil {
				return err
			}
			for _, m := range members {
				if m.Name == name {
					return fmt.Errorf("it has %d pending", m.Pending)
				}
			}
		}
		return nil
	})
}

// TestKilled: a consumer is killed with work in hand. Others take it over; what
// FCM may have had before goes out once more, and the records say why.
func TestKilled(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{Latency: fcmsim.Latency{FixedMS: 1500}}})
	lease := []string{"CONSUMER_LEASE=2s", "CONSUMER_CONCURRENCY=20"}
	a := s.consumer("consumer-a", lease...)
	name := s.workerOf(a)
	const n = 150
	all := jobs("push", n, nil)
	for i := range all {
		if i%3 == 0 {
			all[i].Priority = push.Urgent
		}
	}
	s.load(all)
	s.inHand(name, 20)
	s.simulated(20)
	b := s.consumer("consumer-b", lease...)
	s.inHand(s.workerOf(b), 20)
	a.stopped = true
	a.Kill()
	s.settled(n)
	records := s.finished()
	only(s, records, push.Sent)
	taken := takenFrom(records, name)
	if len(taken) < 20 {
		t.Errorf("%d pushes were taken over, it had 20 in hand", len(taken))
	}
	s.explained(records, taken)
	for _, id := range taken {
		if r := records[id]; r["deliveries"] != "2" || r["attempts"] != "1" {
			t.Errorf("%s: %v", id, r)
		}
	}
	s.gone(name)
}

// TestStoppedForLongerThanItsLease: a consumer is stopped in the middle of its
// work, as a machine that swaps or is moved is, and goes on when others have
// taken it over. What it had written before gets a note; it writes no request
// more for what it has lost.
func TestStoppedForLongerThanItsLease(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{Latency: fcmsim.Latency{FixedMS: 700}}})
	lease := []string{"CONSUMER_LEASE=2s", "CONSUMER_CONCURRENCY=20"}
	a := s.consumer("consumer-a", lease...)
	name := s.workerOf(a)
	const n = 200
	s.load(jobs("push", n, nil))
	s.inHand(name, 20)
	s.simulated(20)
	if err := a.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Signal(syscall.SIGCONT) })
	s.consumer("consumer-b", lease...)
	s.settled(n)
	requests := s.sim.Stats().Requests
	if err := a.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	// It finds out, and works again.
	s.load(jobs("later", 100, nil))
	s.settled(n + 100)
	taken := takenFrom(s.finished(), name)
	eventually(t, patience, "its late answers to be noted", func() error {
		late := 0
		for _, r := range s.finished() {
			if r["late."+name] != "" {
				late++
			}
		}
		if late == 0 {
			return fmt.Errorf("%d of %d are", late, len(taken))
		}
		return nil
	})
	records := s.finished()
	only(s, records, push.Sent)
	if len(taken) < 20 {
		t.Errorf("%d pushes were taken over, it had 20 in hand", len(taken))
	}
	s.explained(records, taken)
	if got := s.sim.Stats().Requests; got != requests+100 {
		t.Errorf("%d requests after it went on, there were 100 new pushes", got-requests)
	}
	if got := s.workerOf(a); got != name {
		t.Errorf("it is called %s now", got)
	}
}

// TestRollingRestart: four replicas are restarted one after the other under
// load. Nobody notices: no attempt is spent, nothing is sent twice.
func TestRollingRestart(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{Latency: fcmsim.Latency{FixedMS: 30}}})
	consumers := make([]*process, 4)
	begin := func(i, round int) {
		consumers[i] = s.consumer(fmt.Sprintf("consumer-%d-%d", i+1, round), fmt.Sprintf("CONSUMER_NAME=consumer-%d", i+1), "CONSUMER_CONCURRENCY=8")
	}
	for i := range consumers {
		begin(i, 0)
	}
	const n = 6000
	done := make(chan imported, 1)
	go func() { done <- s.load(jobs("push", n, nil)) }()
	for i := range consumers {
		s.simulated(int64(500 * (i + 1)))
		consumers[i].stop()
		begin(i, 1)
	}
	if s.sim.Stats().AcceptedIDs == n {
		t.Error("everything was sent before the last restart: this test says nothing")
	}
	if in := <-done; in.Accepted != n {
		t.Errorf("the import says %+v", in)
	}
	s.settled(n)
	records := s.finished()
	s.matchesSimulator(records)
	only(s, records, push.Sent)
	for id, r := range records {
		if r["attempts"] != "1" || r["deliveries"] != "1" {
			t.Errorf("%s: %v", id, r)
		}
	}
	if stats := s.sim.Stats(); stats.Requests != n {
		t.Errorf("%d requests for %d pushes", stats.Requests, n)
	}
}

// TestSecondSignal: a consumer that is told twice to stop does not wait for
// FCM; what it had is taken over.
func TestSecondSignal(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{Latency: fcmsim.Latency{FixedMS: 60_000}}})
	a := s.consumer("consumer-a", "CONSUMER_LEASE=1s")
	s.load(jobs("push", 5, nil))
	s.inHand(s.workerOf(a), 5)
	s.simulated(5)
	a.stopped = true
	if err := a.Signal(sigterm); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "it to drain", func() error {
		if h := s.rdb.HGet(context.Background(), "push:worker:"+s.workerOf(a), "state").Val(); h != "draining" {
			return errors.New(h)
		}
		return nil
	})
	if err := a.Signal(sigterm); err != nil {
		t.Fatal(err)
	}
	if err := a.Err(); err == nil {
		t.Error("it says that it stopped cleanly")
	}
	if err := s.sim.Configure(fcmsim.Config{}); err != nil {
		t.Fatal(err)
	}
	s.consumer("consumer-b", "CONSUMER_LEASE=1s")
	s.settled(5)
	only(s, s.finished(), push.Sent)
}

// TestHold: a project whose API is disabled. Everybody stops at once and says
// what to mend, and is ready; single pushes probe, no attempt is spent, and when it is
// mended everything goes out by itself.
func TestHold(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{Faults: map[string]float64{fcmsim.PermissionDenied: 1}}})
	const n, concurrency = 500, 16
	env := []string{"RETRY_MIN_DELAY=500ms", "FCM_RAMP_UP=1s", fmt.Sprint("CONSUMER_CONCURRENCY=", concurrency)}
	a, b := s.consumer("consumer-a", env...), s.consumer("consumer-b", env...)
	s.load(jobs("push", n, nil))
	for _, p := range []*process{a, b} {
		eventually(t, patience, "a hold", func() error {
			if p.metrics()[`pushstream_held{reason="permission"}`] != 1 {
				return errors.New(p.Name + " knows of none")
			}
			return nil
		})
	}
	health("/readyz", http.StatusOK, a, b)
	for _, p := range []*process{a, b} {
		_, body, err := get("http://"+p.ops()+"/readyz", "")
		if err != nil || !strings.Contains(string(body), "hold: sending is held") || !strings.Contains(string(body), "enable the Firebase Cloud Messaging API") {
			t.Errorf("%s says %s, %v", p.Name, body, err)
		}
	}
	before := s.sim.Stats().Requests
	eventually(t, patience, "a second probe", func() error {
		if got := s.sim.Stats().Requests; got < before+2 {
			return fmt.Errorf("%d requests more", got-before)
		}
		return nil
	})
	// What is in flight when the first answer comes, and probes.
	if got := s.sim.Stats().Requests; got > 2*concurrency+20 {
		t.Errorf("%d requests to a project that is closed", got)
	}
	if err := s.sim.Configure(fcmsim.Config{}); err != nil {
		t.Fatal(err)
	}
	s.settled(n)
	health("/readyz", http.StatusOK, a, b)
	records := s.finished()
	s.matchesSimulator(records)
	only(s, records, push.Sent)
	for id, r := range records {
		if r["attempts"] != "1" {
			t.Errorf("%s: %v", id, r)
		}
	}
}
