package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
	"pushstream/internal/storecheck"
)

// calm is what is found after a storm that did no harm: a push of each end.
func calm() *findings {
	f := &findings{
		flags: &cli{Seed: 7, Lease: defaultLease}, began: begin, seconds: 30.0004,
		accepted: map[string]push.Job{}, records: map[string]storecheck.Record{}, seen: map[string]sighting{},
		history: history{
			moment(killed, 1), {what: killed, who: "producer-1", pid: 2, at: at(1)}, {what: killed, who: "import", pid: 3, at: at(2)},
			{what: killed, who: "redis", at: at(3)}, lasting(redisAway, 3, 4), moment(stopped, 5), lasting(paused, 5, 6), lasting(groupDestroyed, 7, 7),
		},
		takeOvers: []handover{{took: 10 * time.Second}, {took: 12 * time.Second}},
	}
	for n, status := range []push.Status{push.Sent, push.Failed, push.Expired, push.Cancelled} {
		id := string(status)
		f.accepted[id] = job(id, n)
		f.records[id] = storecheck.Record{"status": id, "msg_title": "private", "error_code": map[push.Status]string{push.Failed: "SUPPRESSED"}[status]}
	}
	f.seen["sent"] = sighting{1, []acceptance{{at(10), false}}}
	return f
}

func TestCalm(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	r := calm().judge(&said)
	if !r.OK || said.Len() > 0 || len(r.Broken) > 0 {
		t.Errorf("%+v: %s", r, said.String())
	}
	r.DuplicatesByCause, r.FailedByCode = nil, nil
	want := report{
		Seed: 7, Seconds: 30, Accepted: 4, Sent: 1, Failed: 1, Expired: 1, Cancelled: 1,
		Kills: 4, KillsConsumer: 1, KillsProducer: 1, KillsImport: 1, KillsRedis: 1, Stops: 1, Pauses: 1, GroupsDestroyed: 1,
		TakeOvers: 2, TakeOverP50S: 10, TakeOverP99S: 12, TakeOverMaxS: 12, OK: true,
	}
	if fmt.Sprint(r) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", r, want)
	}
}

// Each promise that is broken is named, and told of.
func TestBrokenPromises(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		breaks func(*findings)
		broken string
		says   string
	}{
		"no record":     {func(f *findings) { delete(f.records, "sent") }, "nothing accepted is lost: 1 pushes are", "lost: sent, its record: none"},
		"no end":        {func(f *findings) { f.records["sent"]["status"] = "queued" }, "nothing accepted is lost: 1 pushes are", "status = queued"},
		"another push":  {func(f *findings) { f.records["sent"]["fingerprint"] = "x" }, "changes nothing: 1 records say something else", "changed: sent, its record"},
		"a conflict":    {func(f *findings) { f.contradicted = map[string]bool{"sent": true} }, "does not vanish: 1 are in conflict", ""},
		"never sent":    {func(f *findings) { delete(f.seen, "sent") }, "1 pushes were never accepted", "sent and never accepted: sent, tried 0 times"},
		"sent twice":    {func(f *findings) { f.again(false) }, "1 have no excuse", "duplicate of ours: sent, accepted at 10.000 at 20.000"},
		"store":         {func(f *findings) { f.faults = []string{"a fault"} }, "the store has 1 faults", "store: a fault"},
		"many faults":   {func(f *findings) { f.faults = slices.Repeat([]string{"a fault"}, 12) }, "the store has 12 faults", "store: and 2 more"},
		"a redirect":    {func(f *findings) { f.stats = fcmsim.Stats{RedirectsFollowed: 3} }, "3 redirects were followed", ""},
		"a crash":       {func(f *findings) { f.complaints = []string{"consumer-1 ended by itself"} }, "1 complaints", "complaint: consumer-1 ended"},
		"stuck":         {func(f *findings) { f.stuck = []string{"x 1-1"} }, "1 entries did not", "never taken over: x 1-1"},
		"slow":          {func(f *findings) { f.takeOvers = append(f.takeOvers, handover{took: 15001 * time.Millisecond}) }, "within 15s: it took 15.0 s", ""},
		"too few kills": {func(f *findings) { f.flags.Kills = 5 }, "5 kills were asked for: there were 4", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := calm()
			tc.breaks(f)
			var said strings.Builder
			r := f.judge(&said)
			if r.OK || len(r.Broken) != 1 || !strings.Contains(r.Broken[0], tc.broken) {
				t.Errorf("broken %q, want %q", r.Broken, tc.broken)
			}
			if !strings.Contains(said.String(), tc.says) || strings.Contains(said.String(), "private") {
				t.Errorf("it does not say %q, or says too much:\n%s", tc.says, said.String())
			}
		})
	}
}

// again has the push that was sent accepted once more.
func (f *findings) again(broken bool) {
	f.seen["sent"] = sighting{2, []acceptance{{at(10), broken}, {at(20), false}}}
}

// What is no broken promise is counted all the same.
func TestCounted(t *testing.T) {
	t.Parallel()
	f := calm()
	f.again(true)
	f.stats.EarlyRetries = 2
	f.flags.Lease = time.Second // with another lease nothing is promised
	f.takeOvers = []handover{{entry: "lane 1-1", member: "consumer-1-12-", at: at(1), took: 20 * time.Second}}
	var said strings.Builder
	r := f.judge(&said)
	if !r.OK || r.Duplicates != 1 || r.DuplicatesUnavoidable != 1 || r.DuplicatesByCause[answerBroken] != 1 || r.EarlyRetries != 2 ||
		r.FailedByCode["SUPPRESSED"] != 1 || r.TakeOverMaxS != 20 || r.SilenceMaxS != 10 {
		t.Errorf("%+v", r)
	}
	for _, want := range []string{"the longest take-over: lane 1-1 of consumer-1-12-, 20.000 s", "FCM accepted nothing from 10.000 to 20.000", "group destroyed"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, said.String())
		}
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	f := calm()
	f.seen = map[string]sighting{"a": {1, []acceptance{{at(0), false}, {at(9), false}}}, "b": {1, []acceptance{{at(5), false}}}}
	f.history = history{lasting(fcmFault, 0.5, 4), lasting(redisAway, 3, 4.5)}
	if got := f.tellSilence(&strings.Builder{}); got != 4 {
		t.Errorf("silent for %v s", got)
	}
}
