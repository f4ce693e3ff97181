package main

import (
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/storecheck"
)

// The wait of everybody else is what counts: not that of the noisy phone, nor of what the
// sick worker tried, nor the time in which nothing could be written.
func TestWaits(t *testing.T) {
	t.Parallel()
	f := calm()
	f.flags.Parties = true
	f.handed = map[string]time.Time{}
	f.history = append(f.history,
		event{what: partyTrouble, note: "a noisy device", at: at(100), until: at(110)},
		event{what: partyTrouble, note: "writes refused", at: at(120), until: at(130)},
		event{what: writesRefused, at: at(121), until: at(129)})
	sent := func(id, token string, handed, accepted float64, record storecheck.Record) {
		f.accepted[id] = push.Job{ID: id, DeviceID: token}
		f.handed[id] = at(handed)
		record["status"] = "sent"
		f.records[id] = record
		f.seen[id] = sighting{1, []acceptance{{at(accepted), false}}}
	}
	sent("before", "token", 99, 109, storecheck.Record{})
	sent("other", "token", 101, 104, storecheck.Record{"try.1": "2026-11-22T00:30:01.123Z consumer-1-7-abc 200 ACCEPTED took=1ms"})
	sent("noise", noisyToken, 101, 109, storecheck.Record{})
	sent("of the sick", "token", 101, 108, storecheck.Record{"try.1": "2026-11-22T00:30:01.123Z consumer-sick-7-abc - NOT_SENT took=1ms"})
	sent("refused", "token", 120, 131, storecheck.Record{})
	var said strings.Builder
	r := f.judge(&said)
	if len(r.WaitsS) != 2 || r.WaitsS["a noisy device"] != 3 || r.WaitsS["writes refused"] != 3 || !r.OK {
		t.Errorf("%v, %v", r.WaitsS, r.Broken)
	}
	if !strings.Contains(said.String(), "a noisy device: of 1 pushes of others the longest waited 3.000 s, of its own 8.000 s") {
		t.Error(said.String())
	}

	sent("late", "token", 102, 108, storecheck.Record{"msg_title": "private"})
	said.Reset()
	r = f.judge(&said)
	if r.OK || len(r.Broken) != 1 || !strings.Contains(r.Broken[0], "with a noisy device others waited up to 6.0 s") {
		t.Errorf("%v", r.Broken)
	}
	if !strings.Contains(said.String(), "the slowest is late") || strings.Contains(said.String(), "private") {
		t.Error(said.String())
	}
}
