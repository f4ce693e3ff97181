package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// byHand is one entry that somebody XADDs.
type byHand struct {
	name   string
	fields []string
	id     string // of the push that must come of it; empty: made from the entry's
	want   push.Status
	code   push.Code // error_code, if it fails
	reason string    // what result must mention
}

func entriesByHand() []byHand {
	token := jobs("x", 1, nil)[0].DeviceID
	valid := func(more ...string) []string {
		return append([]string{"device_id", token, "msg_title", "private 제목", "cust_telno", "010-1234-5678"}, more...)
	}
	const invalid = push.CodeInvalidJob
	return []byHand{
		{name: "a whole job", fields: valid("id", "LANE-whole", "data", `{"a":"b"}`, "ttl", "60"), id: "LANE-whole", want: push.Sent},
		{name: "without an id", fields: valid("msg_contents", "private 내용"), want: push.Sent},
		{name: "urgent by its field", fields: valid("id", "LANE-urgent", "priority", "urgent"), id: "LANE-urgent", want: push.Sent},
		{name: "reserved in the past", fields: valid("id", "LANE-past", "sndn_rsev_hour", time.Now().Add(-time.Minute).Format(time.RFC3339)), id: "LANE-past", want: push.Sent},
		{name: "FCM does not know its token", fields: []string{"id", "LANE-gone", "device_id", token + "-LANE-unregistered", "msg_title", "private"},
			id: "LANE-gone", want: push.Failed, code: push.CodeUnregistered},
		{name: "a longer text than a hash's compact form takes", fields: valid("id", "LANE-long", "msg_contents", strings.Repeat("긴", 1200)), id: "LANE-long", want: push.Sent},

		{name: "an unknown field", fields: valid("colour", "LANE-colour"), want: push.Failed, code: invalid, reason: "colour"},
		{name: "no token", fields: []string{"msg_title", "private LANE-tokenless"}, want: push.Failed, code: invalid, reason: "device_id"},
		{name: "an empty value", fields: []string{"LANE-empty", ""}, want: push.Failed, code: invalid, reason: "device_id"},
		{name: "an empty name and value", fields: []string{"", "", "uuid_id", "private LANE-nothing"}, want: push.Failed, code: invalid},
		{name: "an empty id", fields: []string{"id", ""}, want: push.Failed, code: invalid},
		{name: "an id that names nothing", fields: []string{"id", "LANE-nobody"}, want: push.Failed, code: invalid, reason: "no record"},
		{name: "an id that can't be one", fields: []string{"id", "LANE no id \x00\xff"}, want: push.Failed, code: invalid, reason: "no record"},
		{name: "100 kB", fields: valid("msg_contents", "LANE-huge "+strings.Repeat("크", 33_000)), want: push.Failed, code: invalid, reason: "4096"},
		{name: "not UTF-8", fields: valid("csno", "LANE-\xff\xfe", "msg_contents", "\xc3\x28"), want: push.Failed, code: invalid, reason: "UTF-8"},
		{name: "data that is no object", fields: valid("data", "[LANE-1]"), want: push.Failed, code: invalid, reason: "data"},
		{name: "a ttl in words", fields: valid("ttl", "LANE-soon"), want: push.Failed, code: invalid, reason: "ttl"},
		{name: "a hundred unknown fields", fields: manyFields("LANE-many"), want: push.Failed, code: invalid},
	}
}

func manyFields(name string) []string {
	var fields []string
	for i := range 100 {
		fields = append(fields, fmt.Sprintf("%s-%02d", name, i), "private")
	}
	return fields
}

// lanes are the two streams; each entry goes onto both.
var lanes = map[string]string{"normal": "push:{0}:jobs", "urgent": "push:{0}:jobs:urgent"}

// TestEntriesByHand: whatever somebody XADDs is delivered, or becomes a failed
// record that says why and keeps what it was.
func TestEntriesByHand(t *testing.T) {
	s := setup(t, options{})
	s.consumer("consumer")
	entries, ids := entriesByHand(), map[string]string{}
	for lane, stream := range lanes {
		for _, e := range entries {
			values := make([]string, len(e.fields))
			for i, f := range e.fields {
				values[i] = strings.ReplaceAll(f, "LANE", lane)
			}
			entry := s.xadd(stream, values...)
			ids[lane+"/"+e.name] = strings.ReplaceAll(e.id, "LANE", lane)
			if e.id == "" { // the same, whoever reads the entry, and however often
				ids[lane+"/"+e.name] = uuid.NewSHA1(uuid.NameSpaceURL, []byte(stream+" "+entry+" 0")).String()
			}
		}
	}
	n := len(lanes) * len(entries)
	s.settled(n)

	// What is known already is not sent again, whichever way it is named.
	before := s.sim.Stats().Requests
	again := []string{"ttl", "60", "id", "normal-whole", "priority", "normal", "device_id", entries[0].fields[1], "msg_title", "private 제목",
		"cust_telno", "010-1234-5678", "data", `{ "a": "b" }`}
	// With other content it is in conflict: a failed record of its own.
	other := []string{"id", "normal-whole", "device_id", "another-token", "msg_title", "private"}
	conflicts := map[string]bool{}
	for _, stream := range lanes {
		s.xadd(stream, again...)
		conflicts[uuid.NewSHA1(uuid.NameSpaceURL, []byte(stream+" "+s.xadd(stream, other...)+" 0")).String()] = true
		s.xadd(stream, "id", "normal-whole")
		s.xadd(stream, "id", "normal-gone")
	}
	s.xadd(lanes["normal"], "id", "last", "device_id", "token", "msg_title", "private")
	s.xadd(lanes["urgent"], "id", "last-urgent", "device_id", "token", "msg_title", "private")
	s.settled(n + 2 + len(conflicts))
	s.emptyStreams()
	if got := s.sim.Stats().Requests - before; got != 2 {
		t.Errorf("%d requests for two new pushes", got)
	}

	records := s.finished()
	s.matchesSimulator(records)
	if len(records) != n+2+len(conflicts) {
		t.Errorf("%d records for %d entries", len(records), n+2+len(conflicts))
	}
	for id := range conflicts {
		if r := records[id]; r["error_code"] != string(push.CodeInvalidJob) || !strings.Contains(r["result"], "conflict: the id normal-whole") || !strings.Contains(r["raw"], "another-token") {
			t.Errorf("the record of a conflict is %v", r)
		}
	}
	for lane := range lanes {
		for _, e := range entries {
			name := lane + "/" + e.name
			t.Run(name, func(t *testing.T) { e.check(t, lane, records[ids[name]]) })
		}
	}
	if p := records["urgent-whole"]["priority"]; p != "urgent" {
		t.Errorf("an entry of the urgent lane has priority %q", p)
	}
}

// xadd adds an entry as any client may, and returns its id.
func (s *system) xadd(stream string, values ...string) string {
	s.t.Helper()
	entry, err := s.rdb.XAdd(context.Background(), &redis.XAddArgs{Stream: stream, Values: values}).Result()
	if err != nil {
		s.t.Fatal(err)
	}
	return entry
}

// emptyStreams waits until the consumers have looked at every entry.
func (s *system) emptyStreams() {
	s.t.Helper()
	eventually(s.t, patience, "the streams to be empty", func() error {
		for _, p := range s.keys.All() {
			for _, stream := range []string{p.Base + ":jobs", p.Base + ":jobs:urgent"} {
				if n, err := s.rdb.XLen(context.Background(), stream).Result(); err != nil || n > 0 {
					return fmt.Errorf("%s has %d entries, %v", stream, n, err)
				}
			}
		}
		return nil
	})
}

// check looks at the record that came of e.
func (e byHand) check(t *testing.T, lane string, r record) {
	switch {
	case r == nil:
		t.Fatal("nothing came of it")
	case r["status"] != string(e.want), r["error_code"] != string(e.code):
		t.Errorf("it is %s %s: %v", r["status"], r["error_code"], r)
	case !strings.Contains(r["result"], e.reason):
		t.Errorf("the result does not name %q: %s", e.reason, r["result"])
	}
	if e.code != push.CodeInvalidJob {
		return
	}
	var raw map[string]string
	if err := json.Unmarshal([]byte(r["raw"]), &raw); err != nil || !utf8.ValidString(r["raw"]) {
		t.Fatalf("raw is not JSON: %v: %.200q", err, r["raw"])
	}
	want := map[string]string{} // as far as it may be cut
	for i := 0; i < len(e.fields); i += 2 {
		want[strings.ReplaceAll(e.fields[i], "LANE", lane)] = strings.ToValidUTF8(strings.ReplaceAll(e.fields[i+1], "LANE", lane), "\uFFFD")
	}
	if len(raw) < min(len(want), 32) {
		t.Errorf("raw has %d of %d fields", len(raw), len(want))
	}
	for name, value := range raw {
		whole, ok := want[name]
		if cut := strings.TrimSuffix(value, "…"); !ok || value != whole && (len(cut) < 1000 || !strings.HasPrefix(whole, strings.TrimRight(cut, "\uFFFD"))) {
			t.Errorf("raw has %q: %.100q, the entry had %.100q", name, value, whole)
		}
	}
	if len(r["raw"]) > 400_000 {
		t.Errorf("raw is %d bytes long", len(r["raw"]))
	}
}
