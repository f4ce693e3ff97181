package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// receipt is what POST /v1/pushes says of one job.
type receipt struct {
	ID       string
	Status   string
	Repeated bool
}

// api is the producer's interface, with a key.
type api struct {
	t   *testing.T
	url string
	key string
}

// call makes a request that must be answered with a status, and reads the
// answer into out, unless that is nil.
func (a *api) call(method, path, contentType, body string, want int, out any) {
	a.t.Helper()
	status, text, err := request(method, a.url+path, a.key, contentType, body)
	if err != nil || status != want {
		a.t.Fatalf("%s %s: %d %s, %v; it should be %d", method, path, status, text, err, want)
	}
	if out != nil {
		reflect.ValueOf(out).Elem().SetZero() // what the answer leaves out
		if err := json.Unmarshal(text, out); err != nil {
			a.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
}

// TestHTTP: one push, an array, NDJSON; asked for until it is sent; shown by the
// admin; counted by everybody.
func TestHTTP(t *testing.T) {
	s := setup(t, options{})
	consumer, producer, admin := s.consumer("consumer"), s.producer(), s.admin()
	secret := strings.TrimSpace(s.run("admin", "apitoken", "add", "shop", "--scope=submit"))
	a := &api{t, "http://" + producer.addr("requests"), secret}
	const asJSON, asLines = "application/json", "application/x-ndjson"

	var one receipt
	a.call("POST", "/v1/pushes", asJSON, `{"id":"one","device_id":"token","msg_title":"private","priority":"urgent"}`, http.StatusAccepted, &one)
	if one != (receipt{ID: "one", Status: "queued"}) {
		t.Errorf("the receipt is %+v", one)
	}
	a.call("POST", "/v1/pushes", asJSON, `{"priority":"urgent","id":"one","device_id":"token","msg_title":"private","ttl":3600}`, http.StatusOK, &one)
	if one != (receipt{ID: "one", Repeated: true}) {
		t.Errorf("the receipt of a repetition is %+v", one)
	}
	var nameless receipt
	a.call("POST", "/v1/pushes", asJSON, `{"device_id":"token","msg_contents":"private"}`, http.StatusAccepted, &nameless)

	var batch struct {
		Accepted, Repeated, Conflict int
		Items                        []receipt
	}
	later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	a.call("POST", "/v1/pushes", asJSON, `[{"id":"one","device_id":"token","msg_title":"private","priority":"urgent"},
		{"id":"one","device_id":"other","msg_title":"private","priority":"urgent"},
		{"id":"two","device_id":"token-unregistered","msg_title":"private"},
		{"id":"later","device_id":"token","msg_title":"private","sndn_rsev_hour":"`+later+`"}]`, http.StatusAccepted, &batch)
	want := []receipt{{ID: "one", Repeated: true}, {ID: "one", Status: "conflict"}, {ID: "two", Status: "queued"}, {ID: "later", Status: "scheduled"}}
	if batch.Accepted != 2 || batch.Repeated != 1 || batch.Conflict != 1 || !slices.Equal(batch.Items, want) {
		t.Errorf("the receipts are %+v", batch)
	}
	const n = 500
	lines := jobs("line", n, func(i int) string { return []string{"", "-flaky"}[i%2] })
	a.call("POST", "/v1/pushes", asLines, string(ndjson(lines)), http.StatusAccepted, &batch)
	if batch.Accepted != n || len(batch.Items) != n || batch.Items[n-1].ID != lines[n-1].ID {
		t.Errorf("%d of %d lines were accepted", batch.Accepted, n)
	}
	a.refusals()

	sent := append([]string{"one", nameless.ID}, idsOf(lines)...)
	var state struct {
		ID, Status, Result string
		Attempts           int
		FCMSendYN          string `json:"fcm_send_yn"`
		Tries              []string
	}
	for _, id := range sent {
		eventually(t, patience, id+" to be sent", func() error {
			if a.call("GET", "/v1/pushes/"+id, "", "", http.StatusOK, &state); state.Status != "sent" {
				return fmt.Errorf("%+v", state)
			}
			return nil
		})
		if state.ID != id || state.FCMSendYN != "Y" || len(state.Tries) != state.Attempts || !strings.HasPrefix(state.Result, "projects/e2e/messages/") {
			t.Errorf("the state of %s is %+v", id, state)
		}
	}
	s.reaches("two", push.Failed)
	a.call("GET", "/v1/pushes/later", "", "", http.StatusOK, &state)
	if state.Status != "scheduled" {
		t.Errorf("the reserved push is %+v", state)
	}
	s.checkAdmin(admin, lines)
	s.checkMetrics(consumer, producer, admin, n)

	s.run("admin", "apitoken", "remove", "shop")
	a.call("GET", "/v1/pushes/one", "", "", http.StatusUnauthorized, nil)
	if m, _ := s.sim.Message("one"); m.Accepted != 1 {
		t.Errorf("one push that was handed in three times was sent %d times", m.Accepted)
	}
}

func idsOf(jobs []push.Job) []string {
	ids := make([]string, len(jobs))
	for i := range jobs {
		ids[i] = jobs[i].ID
	}
	return ids
}

// refusals: nothing of a request with a fault is accepted, and every fault is
// named.
func (a *api) refusals() {
	a.t.Helper()
	var problem struct {
		Title  string
		Status int
		Faults []struct {
			Index  int
			Faults push.Faults
		}
	}
	a.call("POST", "/v1/pushes", "application/json", `[{"id":"good","device_id":"token","msg_title":"private"},
		{"id":"not good","colour":"red","ttl":-1}]`, http.StatusUnprocessableEntity, &problem)
	named := map[string]bool{}
	for _, f := range problem.Faults {
		for _, one := range f.Faults {
			named[fmt.Sprint(f.Index, " ", one.Field)] = true
		}
	}
	for _, field := range []string{"1 id", "1 colour", "1 device_id", "1 msg_contents", "1 ttl"} {
		if !named[field] {
			a.t.Errorf("the fault in %s is not named: %+v", field, problem)
		}
	}
	a.call("GET", "/v1/pushes/good", "", "", http.StatusNotFound, nil)
	a.call("POST", "/v1/pushes", "application/json", "", http.StatusBadRequest, nil)
	a.call("GET", "/v1/pushes/nobody", "", "", http.StatusNotFound, nil)
	for _, key := range []string{"", "psk_wrong", a.key + "x"} {
		stranger := &api{a.t, a.url, key}
		stranger.call("GET", "/v1/pushes/one", "", "", http.StatusUnauthorized, nil)
		stranger.call("POST", "/v1/pushes", "application/json", `{"id":"stolen","device_id":"t","msg_title":"x"}`, http.StatusUnauthorized, nil)
	}
	a.call("GET", "/v1/pushes/stolen", "", "", http.StatusNotFound, nil)
}

// checkAdmin reads the log as an operator does, page by page.
func (s *system) checkAdmin(admin *process, lines []push.Job) {
	t := s.t
	t.Helper()
	a := &api{t, "http://" + admin.addr("requests"), s.token()}
	type page struct {
		Items       []pushlog.Record
		Total       int64
		Pages, Page int64
	}
	list := func(query url.Values) page {
		var p page
		a.call("GET", "/api/v1/pushes?"+query.Encode(), "", "", http.StatusOK, &p)
		return p
	}
	total := int64(len(lines) + 4)
	var forward, backward []string
	for n := range 6 {
		at := url.Values{"page": {fmt.Sprint(n + 1)}, "size": {"100"}}
		p := list(at)
		if p.Total != total || p.Pages != 6 {
			t.Errorf("page %d says %d pushes on %d pages", n+1, p.Total, p.Pages)
		}
		for _, r := range p.Items {
			forward = append(forward, r.ID)
		}
		at.Set("order", "oldest")
		for _, r := range list(at).Items {
			backward = append(backward, r.ID)
		}
	}
	slices.Reverse(backward)
	if !slices.Equal(forward, backward) || len(forward) != int(total) || backward[len(backward)-1] != "one" {
		t.Errorf("%d pushes forward and %d backward, %d should be the same", len(forward), len(backward), total)
	}
	if p := list(url.Values{"status": {"failed"}}); p.Total != 1 || p.Items[0].ID != "two" || p.Items[0].ErrorCode != push.CodeUnregistered {
		t.Errorf("failed are %+v", p)
	}
	var r pushlog.Record
	a.call("GET", "/api/v1/pushes/"+lines[1].ID, "", "", http.StatusOK, &r)
	if r.Status != push.Sent || r.Attempts != 2 || len(r.Tries) != 2 || r.DeviceID == lines[1].DeviceID || r.MsgContents == lines[1].MsgContents || // masked
		!strings.Contains(r.Tries[0], " 503 UNAVAILABLE took=") || !strings.Contains(r.Tries[0], " retry_in=") {
		t.Errorf("the record of %s is %+v", lines[1].ID, r)
	}
	a.call("GET", "/api/v1/pushes/nobody", "", "", http.StatusNotFound, nil)
	a.call("GET", "/api/v1/pushes?status=lost", "", "", http.StatusBadRequest, nil)
}

// checkMetrics: every process counts what it did. n pushes came as NDJSON,
// every second of them to a token whose first try fails.
func (s *system) checkMetrics(consumer, producer, admin *process, n float64) {
	t := s.t
	t.Helper()
	// A consumer's counters come after the record by a moment.
	eventually(t, patience, "the consumer to have settled everything", func() error {
		if v := consumer.metrics()["pushstream_in_hand"]; v != 0 {
			return fmt.Errorf("%v in hand", v)
		}
		return nil
	})
	retries := n / 2
	check := func(p *process, want map[string]float64) {
		t.Helper()
		got := p.metrics()
		for name, value := range want {
			if v, ok := got[name]; !ok || v != value {
				t.Errorf("%s: %s is %v (there: %v), not %v", p.Name, name, v, ok, value)
			}
		}
	}
	backlog := map[string]float64{"pushstream_due": 1} // the reserved one
	for _, lane := range []string{"normal", "urgent"} {
		backlog[`pushstream_backlog{lane="`+lane+`",state="unread"}`] = 0
		backlog[`pushstream_backlog{lane="`+lane+`",state="pending"}`] = 0
		backlog[`pushstream_backlog_oldest_seconds{lane="`+lane+`"}`] = 0
	}
	for _, p := range []*process{consumer, producer, admin} {
		check(p, backlog)
	}
	check(producer, map[string]float64{
		`pushstream_accept_total{answer="queued"}`:    n + 3,
		`pushstream_accept_total{answer="scheduled"}`: 1,
		`pushstream_accept_total{answer="repeated"}`:  2,
		`pushstream_accept_total{answer="conflict"}`:  1,
		`pushstream_accept_total{answer="expired"}`:   0,
		`pushstream_accept_total{answer="refused"}`:   0,
	})
	check(consumer, map[string]float64{
		`pushstream_tries_total{code="ACCEPTED"}`:                     n + 2,
		`pushstream_tries_total{code="UNAVAILABLE"}`:                  retries,
		`pushstream_tries_total{code="UNREGISTERED"}`:                 1,
		`pushstream_tries_total{code="NO_ANSWER"}`:                    0,
		`pushstream_settled_total{status="sent"}`:                     n + 2,
		`pushstream_settled_total{status="retrying"}`:                 retries,
		`pushstream_settled_total{status="failed"}`:                   1,
		`pushstream_settled_total{status="expired"}`:                  0,
		`pushstream_queue_seconds_count`:                              n + 3 + retries,
		`pushstream_fcm_request_seconds_count{code="ACCEPTED"}`:       n + 2,
		`pushstream_fcm_request_seconds_count{code="UNAVAILABLE"}`:    retries,
		`pushstream_fcm_request_seconds_count{code="QUOTA_EXCEEDED"}`: 0,
		`pushstream_fcm_in_flight`:                                    0,
		`pushstream_in_hand`:                                          0,
	})
}
