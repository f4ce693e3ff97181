package fcmsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pushstream/internal/fcm/fcmsim"
)

func (b *bundle) get(t *testing.T, path string, into any) int {
	t.Helper()
	got := do(t, h1, http.MethodGet, b.srv.URL()+path, "")
	if got.err != nil {
		t.Fatalf("GET %s: %v", path, got.err)
	}
	if got.status == http.StatusOK {
		if err := json.Unmarshal([]byte(got.body), into); err != nil {
			t.Fatalf("GET %s: %v: %s", path, err, got.body)
		}
	}
	return got.status
}

func TestConfigEndpoint(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{Seed: 4})
	url := b.srv.URL() + "/_sim/config"
	got := do(t, h1, http.MethodPut, url, `{"seed":5,"faults":{"not_found":1},"slow_for":"5ms"}`)
	if got.status != http.StatusOK {
		t.Fatalf("answered %d: %s", got.status, got.body)
	}
	if a := b.send(t, "t", "id"); a.status != http.StatusNotFound {
		t.Errorf("the fault is not at work: %d", a.status)
	}
	for body, want := range map[string]int{
		`{"seed":6,"unknown":1}`: http.StatusBadRequest,
		`{"seed":6`:              http.StatusBadRequest,
		`{"seed":6,"faults":{"x":1,"hang":7},"retry_after":"x"}`: http.StatusUnprocessableEntity,
	} {
		got := do(t, h1, http.MethodPut, url, body)
		if got.status != want {
			t.Errorf("%s answered %d: %s", body, got.status, got.body)
		}
		var complaint struct{ Errors []string }
		if err := json.Unmarshal([]byte(got.body), &complaint); err != nil || len(complaint.Errors) == 0 {
			t.Errorf("complaint = %s", got.body)
		}
		if want == http.StatusUnprocessableEntity && len(complaint.Errors) != 3 {
			t.Errorf("mistakes = %q, want 3", complaint.Errors)
		}
	}
	var c fcmsim.Config
	if b.get(t, "/_sim/config", &c); c.Seed != 5 || c.Faults["not_found"] != 1 || c.SlowFor.String() != "5ms" {
		t.Errorf("config = %+v", c)
	}
}

func TestStatsEndpointAndReset(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{QuotaPerMinute: 2})
	want := []int{200, 200, 429}
	for range 2 {
		var got []int
		for i := range 3 {
			got = append(got, b.send(t, "t", fmt.Sprint("id-", i)).status)
		}
		if !slices.Equal(got, want) {
			t.Errorf("statuses = %v, want %v", got, want)
		}
		var s fcmsim.Stats
		b.get(t, "/_sim/stats", &s)
		if s.Requests != 3 || s.IDs != 3 || s.Accepted != 2 || s.AcceptedIDs != 2 || s.ByCode["OK"] != 2 || s.ByCode["QUOTA_EXCEEDED"] != 1 {
			t.Errorf("stats = %+v", s)
		}
		if a := do(t, h1, http.MethodPost, b.srv.URL()+"/_sim/reset", ""); a.status != http.StatusNoContent {
			t.Errorf("reset answered %d", a.status)
		}
		if s := b.sim.Stats(); s.Requests != 0 || s.IDs != 0 || len(s.ByCode) != 0 || len(b.sim.Messages(-1)) != 0 {
			t.Errorf("after reset: %+v", s)
		}
	}
}

func TestMessagesEndpoint(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{KeepMessages: 3})
	for i := range 5 {
		b.send(t, "t", fmt.Sprint("id-", i))
	}
	b.send(t, "t-invalid", "refused")
	for path, want := range map[string][]string{
		"/_sim/messages":         {"id-4", "id-3", "id-2"},
		"/_sim/messages?limit=2": {"id-4", "id-3"},
		"/_sim/messages?limit=0": {},
	} {
		var kept []fcmsim.Accepted
		b.get(t, path, &kept)
		ids := []string{}
		for _, one := range kept {
			ids = append(ids, one.MsgID)
			if compact(t, one.Body) != compact(t, []byte(push("t", one.MsgID))) {
				t.Errorf("body = %s", one.Body)
			}
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%s = %v, want %v", path, ids, want)
		}
	}
	var m fcmsim.Message
	if b.get(t, "/_sim/messages/id-4", &m); m.Accepted != 1 || m.Body == nil || m.First.After(m.LastAccepted) {
		t.Errorf("message = %+v", m)
	}
	m = fcmsim.Message{}
	if b.get(t, "/_sim/messages/id-0", &m); m.Accepted != 1 || m.Body != nil {
		t.Errorf("a message that is kept no more = %+v", m)
	}
	m = fcmsim.Message{}
	if b.get(t, "/_sim/messages/refused", &m); m.Accepted != 0 || m.Attempts != 1 || m.Body != nil || !m.LastAccepted.IsZero() {
		t.Errorf("a refused message = %+v", m)
	}
	if status := b.get(t, "/_sim/messages/unknown", &m); status != http.StatusNotFound {
		t.Errorf("an unknown one answered %d", status)
	}
	if status := b.get(t, "/_sim/messages?limit=x", &m); status != http.StatusBadRequest {
		t.Errorf("a bad limit answered %d", status)
	}
}

func TestKeepNoMessages(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	b.send(t, "t", "id")
	if err := b.sim.Configure(fcmsim.Config{KeepMessages: -1}); err != nil {
		t.Fatal(err)
	}
	b.send(t, "t", "id")
	if kept := b.sim.Messages(-1); len(kept) != 0 {
		t.Errorf("kept = %+v", kept)
	}
	if m, _ := b.sim.Message("id"); m.Accepted != 2 {
		t.Errorf("message = %+v", m)
	}
}

func compact(t *testing.T, body []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	out, _ := json.Marshal(v)
	return string(out)
}

func TestTimesEndpoint(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	want := map[string]int64{}
	for i := range 100 {
		id := fmt.Sprint("id-", i)
		if i == 99 {
			id = "with space\n"
		}
		b.send(t, "t-flaky", id)
		b.send(t, "t-flaky", id) // the first request counts
		m, _ := b.sim.Message(id)
		if m.Attempts != 2 || !m.First.Before(m.Last) {
			t.Fatalf("message = %+v", m)
		}
		want[id] = m.First.UnixMicro()
	}
	got := do(t, h1, http.MethodGet, b.srv.URL()+"/_sim/times", "")
	lines := strings.Split(strings.TrimSuffix(got.body, "\n"), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d", len(lines), len(want))
	}
	for _, line := range lines {
		at := strings.LastIndexByte(line, ' ')
		id := line[:at]
		if unquoted, err := strconv.Unquote(id); err == nil {
			id = unquoted
		}
		if line[at+1:] != strconv.FormatInt(want[id], 10) {
			t.Errorf("line %q, want %d", line, want[id])
		}
	}
}
