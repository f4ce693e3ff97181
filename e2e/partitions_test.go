package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// TestPartitions: three partitions keep the same promises, over plain HTTP and
// with dates as Retry-After.
func TestPartitions(t *testing.T) {
	s := setup(t, options{partitions: 3, plain: true, sim: fcmsim.Config{
		Seed: 3, RetryAfter: fcmsim.RetryAfterDate, RetryAfterSeconds: 1,
		Faults: map[string]float64{fcmsim.Unavailable: 0.05, fcmsim.ResetAfter: 0.05, fcmsim.Truncated: 0.05, fcmsim.Internal: 0.05},
	}})
	s.consumer("consumer-a")
	b := s.consumer("consumer-b")
	const n = 1500
	all := jobs("push", n, nil)
	for i := range all {
		if i%5 == 0 {
			all[i].Priority = push.Urgent
		}
	}
	s.load(all)
	// By hand it may be anywhere.
	const hand = 30
	for i := range hand {
		for p := range 3 {
			s.xadd(fmt.Sprintf("push:{%d}:jobs", p), "id", fmt.Sprintf("hand-%d-%d", p, i), "device_id", "token", "msg_title", "private")
			s.xadd(fmt.Sprintf("push:{%d}:jobs:urgent", p), "device_id", "token", "msg_title", "private")
			s.xadd(fmt.Sprintf("push:{%d}:jobs:urgent", p), "msg_title", "private")
		}
	}
	s.settled(n + 9*hand)
	s.emptyStreams()
	records := s.finished()
	s.matchesSimulator(records)
	spread, failed := map[string]int{}, 0
	for id, r := range records {
		spread[s.keys.Of(id).Base]++
		if r["status"] == "failed" && r["error_code"] == string(push.CodeInvalidJob) {
			failed++
		} else if r["status"] != "sent" {
			t.Errorf("%s is %s: %v", id, r["status"], r)
		}
	}
	if failed != 3*hand {
		t.Errorf("%d failed, there were %d unreadable entries", failed, 3*hand)
	}
	for _, p := range s.keys.All() {
		if spread[p.Base] < n/6 {
			t.Errorf("%s has only %d of %d records", p.Base, spread[p.Base], len(records))
		}
		if card := s.rdb.ZCard(context.Background(), p.Index()).Val(); int(card) != spread[p.Base] {
			t.Errorf("the index of %s has %d members for %d records", p.Base, card, spread[p.Base])
		}
	}
	name := s.workerOf(b)
	b.stop()
	s.noMember(name)

	// Another number of partitions would leave some unread: nobody starts so.
	s.env = append(s.env, "PUSH_PARTITIONS=2")
	for _, args := range [][]string{{"consumer"}, {"producer", "serve"}, {"producer", "load", "-", "--batch", "e2e"}, {"admin", "serve"}} {
		c := s.begin(strings.NewReader(string(ndjson(jobs("other", 3, nil)))), args[0], args[1:]...)
		if code := c.end(); code <= 0 || !strings.Contains(c.stderr.String(), "PUSH_PARTITIONS") {
			t.Errorf("%v with another number of partitions: exit code %d\n%s", args, code, c.stderr.String())
		}
	}
}
