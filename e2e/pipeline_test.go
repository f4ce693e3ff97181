package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// everyFault strikes a quarter of all requests, each kind about as often.
func everyFault() map[string]float64 {
	faults := map[string]float64{}
	for _, name := range fcmsim.Faults() {
		faults[name] = 0.012
	}
	faults[fcmsim.QuotaExceeded] = 0.002 // each holds all for Retry-After
	return faults
}

// TestPipeline sends a few thousand pushes through everything, with every
// fault that the simulator knows, and looks at every trace afterwards.
func TestPipeline(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{
		Seed: 20261122, Faults: everyFault(), RetryAfter: fcmsim.RetryAfterSeconds, RetryAfterSeconds: 1,
		SlowFor: 300 * time.Millisecond, HangFor: 300 * time.Millisecond,
	}})
	a, b := s.consumer("consumer-a", "FCM_RAMP_UP=5s"), s.consumer("consumer-b", "FCM_RAMP_UP=5s")

	const n = 3000
	ending := func(i int) string {
		if i%10 == 0 {
			return endings[i/10%len(endings)]
		}
		return ""
	}
	all := jobs("push", n, ending)
	for i := range all {
		if strings.HasSuffix(all[i].DeviceID, "-unavailable") {
			all[i].TTL = 3 // its retries come to an end
		}
		if i%7 == 0 {
			all[i].Priority = push.Urgent
		}
	}
	// Some lines come twice in the file, and the whole file twice.
	input := append(slices.Clone(all), all[100:200]...)
	if in := s.load(input); in != (imported{Lines: n + 100, Accepted: n, Repeated: 100}) {
		t.Errorf("the import says %+v", in)
	}
	if in := s.load(input); in != (imported{Lines: n + 100, Repeated: n + 100}) {
		t.Errorf("the import, run again, says %+v", in)
	}
	counts := s.settled(n)
	records := s.finished()
	s.matchesSimulator(records)

	refusals := []string{"UNREGISTERED", "SENDER_ID_MISMATCH", "INVALID_ARGUMENT", "THIRD_PARTY_AUTH_ERROR"}
	dead := map[string]bool{}
	for _, r := range records {
		if r["error_code"] == "UNREGISTERED" || r["error_code"] == "INVALID_ARGUMENT" {
			dead[r["device_id"]] = true
		}
	}
	seen := map[string]int{}
	for i := range all {
		j := &all[i]
		r, code := records[j.ID], records[j.ID]["error_code"]
		seen[r["status"]+" "+code+" "+ending(i)]++
		switch {
		case r == nil:
			t.Errorf("%s was accepted and has no record", j.ID)
		case code == string(push.CodeSuppressed):
			if !dead[j.DeviceID] {
				t.Errorf("%s was suppressed; no push says that its token is dead: %v", j.ID, r)
			}
		case r["status"] == "failed" && !slices.Contains(refusals, code) && code != "UNSPECIFIED_ERROR":
			t.Errorf("%s failed with %s: %v", j.ID, code, r)
		case r["status"] == "expired" && j.TTL != 3:
			t.Errorf("%s expired with a ttl of %d s: %v", j.ID, j.TTL, r)
		}
	}
	for _, want := range []string{
		"sent  ", "sent  -slow", "sent  -flaky", "sent  -quota", "sent  -ghost", "expired UNAVAILABLE -unavailable",
		"failed UNREGISTERED -unregistered", "failed SENDER_ID_MISMATCH -mismatch", "failed INVALID_ARGUMENT -invalid",
		"failed THIRD_PARTY_AUTH_ERROR -apns",
	} {
		if seen[want] == 0 {
			t.Errorf("no push ended as %q; there are %v", want, seen)
		}
	}

	stats := s.sim.Stats()
	for _, name := range fcmsim.Faults() {
		if stats.ByFault[name] == 0 {
			t.Errorf("the fault %s never struck: this test says nothing about it", name)
		}
	}
	if stats.DuplicatesUnavoidable == 0 || stats.RequestsHTTP2 != stats.Requests {
		t.Errorf("unexpected: %+v", stats)
	}
	checkConsumerMetrics(t, counts, a, b)
	for _, p := range []*process{a, b} {
		if !slices.ContainsFunc(p.lines(), func(l logLine) bool { return l.Msg == "tried" }) {
			t.Errorf("%s has no debug lines: the search for personal data in them says nothing", p.Name)
		}
	}
}

// checkConsumerMetrics holds the consumers' counters together against the log.
func checkConsumerMetrics(t *testing.T, counts map[push.Status]int64, consumers ...*process) {
	t.Helper()
	sum := map[string]float64{}
	for _, c := range consumers {
		values := c.metrics()
		if values["pushstream_settled_total{status=\"sent\"}"] == 0 {
			t.Errorf("%s sent nothing", c.Name)
		}
		for name, v := range values {
			sum[name] += v
		}
	}
	for _, status := range []push.Status{push.Sent, push.Failed, push.Expired} {
		if got := sum[fmt.Sprintf("pushstream_settled_total{status=%q}", status)]; got != float64(counts[status]) {
			t.Errorf("the metrics say %v %s, the log %d", got, status, counts[status])
		}
	}
	if sum["pushstream_in_hand"] != 0 || sum["pushstream_fcm_in_flight"] != 0 || sum["pushstream_due"] != 0 {
		t.Errorf("something is still under way: %v in hand, %v in flight, %v due",
			sum["pushstream_in_hand"], sum["pushstream_fcm_in_flight"], sum["pushstream_due"])
	}
}
