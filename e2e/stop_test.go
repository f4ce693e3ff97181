package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// TestStopUnderLoad: a consumer that is told to stop finishes what is in
// flight, spends no attempt on anything else, and leaves no trace of its name.
// The other one does the rest.
func TestStopUnderLoad(t *testing.T) {
	for _, c := range []struct {
		name    string
		latency float64 // ms
		n       int
	}{{"quick answers", 30, 2000}, {"slow answers", 2500, 100}} {
		t.Run(c.name, func(t *testing.T) {
			s := setup(t, options{sim: fcmsim.Config{Latency: fcmsim.Latency{FixedMS: c.latency}}})
			a := s.consumer("consumer-a", "CONSUMER_CONCURRENCY=16")
			name := s.workerOf(a)
			all := jobs("push", c.n, nil)
			for i := range all {
				if i%3 == 0 {
					all[i].Priority = push.Urgent
				}
			}
			s.load(all)
			s.inHand(name, 16)
			b := s.consumer("consumer-b", "CONSUMER_CONCURRENCY=16")
			s.inHand(s.workerOf(b), 16)

			a.stop()
			s.noMember(name)
			if s.sim.Stats().AcceptedIDs == int64(c.n) {
				t.Error("everything was sent before the stop: this test says nothing")
			}
			s.settled(c.n)
			records := s.finished()
			s.matchesSimulator(records)
			only(s, records, push.Sent)
			byA := 0
			for id, r := range records {
				if r["attempts"] != "1" || r["try.1"] == "" || r["try.2"] != "" {
					t.Errorf("%s has %s attempts: %v", id, r["attempts"], r)
				}
				if r["consumer"] == name {
					byA++
				}
			}
			if stats := s.sim.Stats(); stats.Requests != int64(c.n) || stats.Duplicates != 0 {
				t.Errorf("%d requests and %d duplicates for %d pushes", stats.Requests, stats.Duplicates, c.n)
			}
			if byA == 0 || byA == c.n {
				t.Errorf("the consumer that was stopped sent %d of %d", byA, c.n)
			}
			bName := s.workerOf(b)
			b.stop()
			s.noMember(bName)
		})
	}
}

// inHand waits until a consumer has at least n entries pending.
func (s *system) inHand(name string, n int) {
	s.t.Helper()
	eventually(s.t, patience, name+" to be busy", func() error {
		have := 0
		for _, p := range s.keys.All() {
			for _, stream := range []string{p.Base + ":jobs", p.Base + ":jobs:urgent"} {
				pending, err := s.rdb.XPendingExt(context.Background(), &redis.XPendingExtArgs{
					Stream: stream, Group: "fcm", Start: "-", End: "+", Count: 1000, Consumer: name,
				}).Result()
				if err != nil {
					return err
				}
				have += len(pending)
			}
		}
		if have < n {
			return fmt.Errorf("%d are pending", have)
		}
		return nil
	})
}

// TestStopOfTheLastConsumer: what it had not started is pending for nobody, and
// the next consumer sends it.
func TestStopOfTheLastConsumer(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{Latency: fcmsim.Latency{FixedMS: 200}, Faults: map[string]float64{fcmsim.Unavailable: 0.2}}})
	const n = 300
	s.load(jobs("push", n, nil))
	for i := range 5 {
		c := s.consumer(fmt.Sprintf("consumer-%d", i), "CONSUMER_CONCURRENCY=4", "RETRY_MIN_DELAY=1s")
		name := s.workerOf(c)
		s.inHand(name, 4)
		c.stop()
		s.noMember(name)
		for _, stream := range lanes {
			pending, err := s.rdb.XPending(context.Background(), stream, "fcm").Result()
			if err != nil {
				t.Fatal(err)
			}
			if pending.Count != pending.Consumers["handed-back"] {
				t.Errorf("in %s %v is pending after the stop", stream, pending.Consumers)
			}
		}
	}
	if s.sim.Stats().AcceptedIDs == n {
		t.Error("everything was sent before the last stop: this test says nothing")
	}
	s.consumer("consumer-last")
	if err := s.sim.Configure(fcmsim.Config{Faults: map[string]float64{fcmsim.Unavailable: 0.2}}); err != nil {
		t.Fatal(err)
	}
	s.settled(n)
	records := s.finished()
	s.matchesSimulator(records)
	only(s, records, push.Sent)
	var attempts int64
	for id, r := range records {
		tries := 0
		for tries < 50 && r[fmt.Sprintf("try.%d", tries+1)] != "" {
			tries++
		}
		if fmt.Sprint(tries) != r["attempts"] {
			t.Errorf("%s has %s attempts and %d tries: %v", id, r["attempts"], tries, r)
		}
		attempts += int64(tries)
	}
	if stats := s.sim.Stats(); stats.Requests != attempts || stats.Duplicates != 0 {
		t.Errorf("%d requests and %d duplicates, the records say %d attempts", stats.Requests, stats.Duplicates, attempts)
	}
}

// TestStopWhileRedisIsAway: a process that waits for Redis stops when it is
// told to.
func TestStopWhileRedisIsAway(t *testing.T) {
	s := setup(t, options{})
	s.redis.Kill()
	started := []*process{
		s.start("consumer", "consumer", []string{"OPS_ADDR=127.0.0.1:0"}),
		s.start("producer", "producer", nil, "serve"),
		s.start("admin", "admin", nil, "serve"),
	}
	health("/healthz", http.StatusOK, started...)
	health("/readyz", http.StatusServiceUnavailable, started...)
	load := s.begin(nil, "producer", "load", "-", "--batch", "e2e", "--encoding", "utf-8")
	time.Sleep(50 * time.Millisecond) // either way it must stop
	if err := load.cmd.Process.Signal(sigterm); err != nil {
		t.Fatal(err)
	}
	if code := load.end(); code != 1 && code != -1 {
		t.Errorf("the import ended with %d\n%s", code, load.stderr.String())
	}
	for _, p := range started {
		p.stop()
	}
}
