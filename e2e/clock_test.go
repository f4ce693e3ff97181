package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
)

// TestRedisClockBehind: Redis's clock is 90 s behind all processes', and a push with a ttl
// of a minute is sent, since Redis's clock decides. Every process says so, and is not ready.
func TestRedisClockBehind(t *testing.T) {
	s := setup(t, options{steppable: true})
	s.redis.SetClock(t, -90*time.Second)
	c := s.start("consumer", "consumer", []string{"OPS_ADDR=127.0.0.1:0"})
	p := s.start("producer", "producer", nil, "serve")
	a := s.start("admin", "admin", nil, "serve")
	for _, one := range []*process{c, p, a} {
		health("/readyz", http.StatusServiceUnavailable, one)
		eventually(t, patience, one.Name+" to say why", func() error {
			_, body, err := get("http://"+one.ops()+"/readyz", "")
			if err == nil && !strings.Contains(string(body), "clock: Redis's clock is 90.0 s behind") && !strings.Contains(string(body), "clock: Redis's clock is 89.9 s behind") {
				err = fmt.Errorf("%s", body)
			}
			return err
		})
		if offset := one.metrics()["pushstream_clock_offset_seconds"]; offset > -89 || offset < -91 {
			t.Errorf("the offset of %s is %v", one.Name, offset)
		}
	}
	const n = 50
	jobs := make([]push.Job, n)
	for i := range jobs {
		jobs[i] = push.Job{ID: fmt.Sprintf("short-%d", i), DeviceID: "token", MsgTitle: "private", TTL: 60}
	}
	s.load(jobs)
	if counts := s.settled(n); counts[push.Sent] != n {
		t.Errorf("%v", counts)
	}
	// What the worker says of itself, in the list and by the command.
	status, body, err := get("http://"+a.addr("requests")+"/api/v1/workers", s.token())
	var list struct {
		Items []struct {
			Offset int64 `json:"clock_offset_ms"`
		} `json:"items"`
	}
	if err == nil {
		err = json.Unmarshal(body, &list)
	}
	if err != nil || status != http.StatusOK || len(list.Items) != 1 || list.Items[0].Offset > -89_000 {
		t.Errorf("the list of workers: %d %s %v", status, body, err)
	}
	if out := s.run("admin", "worker", "list"); !strings.Contains(out, "90.0s behind") && !strings.Contains(out, "89.9s behind") {
		t.Errorf("worker list says\n%s", out)
	}
	for _, one := range []*process{c, p, a} {
		n := 0
		for _, line := range one.lines() {
			if strings.Contains(line.Msg, "clock and Redis's differ") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s logs the difference %d times", one.Name, n)
		}
	}
	s.redis.SetClock(t, 0)
	health("/readyz", http.StatusOK, c, p)
	s.finished()
}

// TestRedisClockAhead: Redis's clock is 90 s ahead of all processes', and a reserved push
// is sent at its time by Redis's clock; one that is to be moved to a time that is past by
// it is refused.
func TestRedisClockAhead(t *testing.T) {
	s := setup(t, options{steppable: true})
	const ahead = 90 * time.Second
	s.redis.SetClock(t, ahead)
	s.start("consumer", "consumer", []string{"OPS_ADDR=127.0.0.1:0"})
	send := func(id string, in time.Duration) time.Time {
		at := time.Now().Add(ahead + in).Truncate(time.Second)
		s.run("producer", "send", "--id", id, "--device-id", "token", "--title", "private", "--ttl", "60", "--at", at.UTC().Format(time.RFC3339))
		return at
	}
	send("past", -30*time.Second) // by this machine's clock it is in a minute
	s.reaches("past", push.Sent)
	at := send("soon", 4*time.Second)
	r := s.reaches("soon", push.Sent)
	if sent := stamp(t, r.FCMSendTime); sent.Before(at) {
		t.Errorf("it was sent at %v, reserved for %v", sent, at)
	}
	if m, _ := s.sim.Message("soon"); m.First.Add(ahead + time.Second).Before(at) {
		t.Errorf("the simulator had it at %v by this machine's clock, reserved for %v by Redis's", m.First, at)
	}
	s.finished()
}

// TestRedisClockIsSetBack: with processes and load, a Redis whose clock is set back by ten
// minutes goes on, and what a killed consumer had is taken over.
func TestRedisClockIsSetBack(t *testing.T) {
	s := setup(t, options{steppable: true})
	s.consumer("one", "CONSUMER_LEASE=2s")
	two := s.consumer("two", "CONSUMER_LEASE=2s")
	s.producer()
	send := func(from, to int) {
		jobs := make([]push.Job, 0, to-from)
		for i := from; i < to; i++ {
			jobs = append(jobs, push.Job{ID: fmt.Sprintf("push-%d", i), DeviceID: "token", MsgTitle: "private", TTL: 300})
		}
		s.load(jobs)
	}
	send(0, 500)
	s.redis.SetClock(t, -10*time.Minute)
	two.Kill()
	two.stopped = true
	send(500, 1000)
	if counts := s.settled(1000); counts[push.Sent] != 1000 {
		t.Errorf("%v", counts)
	}
	s.redis.SetClock(t, 10*time.Minute)
	send(1000, 1500)
	if counts := s.settled(1500); counts[push.Sent] != 1500 {
		t.Errorf("%v", counts)
	}
}
