package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// TestTTL: after its ttl nobody tries, whether it ends between two tries or
// while no consumer runs.
func TestTTL(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{Scripts: map[string][]fcmsim.Answer{
		"token-late": {{Code: "UNAVAILABLE", RetryAfter: "2"}},
	}}})
	c := s.consumer("consumer")
	send := func(id, token, ttl string, more ...string) {
		s.run("producer", append([]string{"send", "--id", id, "--device-id", token, "--title", "private", "--ttl", ttl}, more...)...)
	}
	send("late", "token-late", "5")
	s.reaches("late", push.Retrying)
	c.stop()
	send("unread", "token", "1")
	send("reserved", "token", "1", "--at", time.Now().Add(time.Second).UTC().Format(time.RFC3339))
	s.xadd("push:{0}:jobs", "id", "hand", "device_id", "token", "msg_title", "private", "ttl", "1")
	added := time.Now() // it ages from here
	send("long", "token", "600")
	eventually(t, patience, "their ttl to end", func() error {
		for _, id := range []string{"late", "unread", "reserved"} {
			r, err := s.log.Get(t.Context(), id)
			if err != nil {
				return err
			}
			if ends := stamp(t, r.ExpiresAt); time.Until(ends) > -10*time.Millisecond {
				return fmt.Errorf("%s expires at %v", id, ends)
			}
		}
		if time.Since(added) < time.Second {
			return errors.New("the entry by hand lives")
		}
		return nil
	})
	s.consumer("consumer-2")
	for id, attempts := range map[string]int{"late": 1, "unread": 0, "reserved": 0, "hand": 0} {
		r := s.reaches(id, push.Expired)
		m, _ := s.sim.Message(id)
		if r.Attempts != attempts || m.Attempts != attempts || m.Accepted != 0 {
			t.Errorf("%s has %d attempts, the simulator saw %d; it should be %d", id, r.Attempts, m.Attempts, attempts)
		}
	}
	s.reaches("long", push.Sent)
	send("never", "token-unavailable", "2")
	never := s.reaches("never", push.Expired)
	if len(never.Tries) < 2 {
		t.Errorf("tried only %d times: %v", len(never.Tries), never.Tries)
	}
	for _, try := range never.Tries {
		at, _, _ := strings.Cut(try, " ")
		if ends := stamp(t, never.ExpiresAt); !stamp(t, at).Before(ends) {
			t.Errorf("tried at %s, its ttl ended at %v", at, ends)
		}
	}
	s.matchesSimulator(s.finished())
}

func stamp(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestReserved: a reserved push waits for its time, in either form, and its
// ttl runs from then.
func TestReserved(t *testing.T) {
	s := setup(t, options{})
	s.consumer("consumer")
	at := time.Now().Add(2 * time.Second).Truncate(time.Second).Add(time.Second) // both forms know seconds only
	zone, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	forms := map[string]string{"rfc": at.UTC().Format(time.RFC3339), "compact": at.In(zone).Format("20060102150405")}
	for id, form := range forms {
		out := s.run("producer", "send", "--id", id, "--device-id", "token", "--title", "private", "--at", form, "--ttl", "30")
		if !strings.Contains(out, `"scheduled"`) {
			t.Errorf("%s at %s: %s", id, form, out)
		}
		if st := s.status(id); st != push.Scheduled && time.Now().Before(at) {
			t.Errorf("%s is %s before its time", id, st)
		}
		if _, tried := s.sim.Message(id); tried && time.Now().Before(at) {
			t.Errorf("%s was sent before its time", id)
		}
	}
	s.xadd("push:{0}:jobs", "id", "hand", "device_id", "token", "msg_title", "private", "sndn_rsev_hour", forms["compact"], "ttl", "30")
	s.run("producer", "send", "--id", "past", "--device-id", "token", "--title", "private", "--at", time.Now().Add(-time.Minute).Format(time.RFC3339))
	s.reaches("past", push.Sent)
	for _, id := range []string{"rfc", "compact", "hand"} {
		r := s.reaches(id, push.Sent)
		m, _ := s.sim.Message(id)
		if m.First.Before(at) {
			t.Errorf("%s was sent at %v, reserved for %v", id, m.First, at)
		}
		if ends := stamp(t, r.ExpiresAt); !ends.Equal(at.Add(30 * time.Second)) {
			t.Errorf("%s ends at %v, its ttl is 30 s from %v", id, ends, at)
		}
	}
	s.settled(4)
	s.matchesSimulator(s.finished())
}
