package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pushstream/internal/httpapi"
	"pushstream/internal/push"
)

// ago is a reserved time so long ago, as people write it.
func ago(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }

// The same id with other content is a conflict: 409, and nothing is changed.
func TestPostConflict(t *testing.T) {
	t.Parallel()
	s := newService(t)
	order := func(title, more string) string {
		return fmt.Sprintf(`{"id":"order-1","device_id":"t","msg_title":%q%s}`, title, more)
	}
	decode[receipt](t, s.post(order("매수 체결", "")), 202)
	w := s.post(order("매도 체결", ""))
	p := checkProblem(t, w, 409)
	if p.Type != httpapi.TypeConflict || !strings.Contains(w.Body.String(), `"items":[{"id":"order-1","status":"conflict","repeated":false}]`) {
		t.Errorf("%s", w.Body)
	}
	// However it is spelled, the same is the same.
	for _, body := range []string{order("매수 체결", ""), order("매수 체결", `,"ttl":"3600","priority":"normal","csno":null`), " " + order("매수 체결", `,"sndn_rsev_hour":"","data":{}`)} {
		if got := decode[receipt](t, s.post(body), 200); !got.Repeated {
			t.Errorf("%s: %+v", body, got)
		}
	}
	if r := s.records(t)["order-1"]; r.MsgTitle != "매수 체결" || r.APIKey != "test" || len(s.onStream(t)) != 1 {
		t.Errorf("%+v", r)
	}

	// Others of a batch go on, each answered by its index.
	list := func(jobs ...string) string { return "[" + strings.Join(jobs, ",") + "]" }
	got := decode[batchAnswer](t, s.post(list(job("a"), order("매도 체결", ""), order("매수 체결", ""), job("b"), `{"id":"a","device_id":"t","msg_title":"x"}`)), 202)
	want := []string{"queued", "conflict", "", "queued", "conflict"}
	for i, item := range got.Items {
		if item.Status != want[i] || item.Repeated != (want[i] == "") {
			t.Errorf("%d: %+v", i, item)
		}
	}
	if got.Accepted != 2 || got.Repeated != 1 || got.Conflict != 2 {
		t.Errorf("%+v", got)
	}
	s.checkIDs(t, "order-1", "a", "b")
	if got := decode[batchAnswer](t, s.post(list(order("매도 체결", ""), job("a"))), 200); got.Conflict != 1 || got.Repeated != 1 {
		t.Errorf("%+v", got)
	}
	if p := checkProblem(t, s.post(list(order("매도 체결", ""))), 409); p.Type != httpapi.TypeConflict {
		t.Errorf("%+v", p)
	}
}

// With an Idempotency-Key a request without ids is accepted once, whoever sends it again.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const several = `[{"device_id":"t","msg_title":"a"},{"device_id":"t","msg_title":"a"},{"id":"own","device_id":"t","msg_title":"b"}]`
	first := decode[batchAnswer](t, s.post(several, "Idempotency-Key", "order-77"), 202)
	if first.Accepted != 3 || first.Items[0].ID == first.Items[1].ID || first.Items[2].ID != "own" {
		t.Errorf("%+v", first)
	}
	again := decode[batchAnswer](t, s.post(several, "Idempotency-Key", "order-77"), 200)
	if again.Repeated != 3 || again.Items[0].ID != first.Items[0].ID {
		t.Errorf("%+v", again)
	}
	// As lines, too, and with another order of fields.
	lines := `{"msg_title":"a","device_id":"t"}` + "\n" + `{"device_id":"t","msg_title":"a"}` + "\n" + `{"device_id":"t","msg_title":"b","id":"own"}`
	if got := decode[batchAnswer](t, s.post(lines, "Idempotency-Key", "order-77", "Content-Type", "application/x-ndjson"), 200); got.Repeated != 3 {
		t.Errorf("%+v", got)
	}
	// The same key with another body is a conflict, by index.
	other := decode[batchAnswer](t, s.post(`[{"device_id":"t","msg_title":"a"},{"device_id":"t","msg_title":"c"},{"device_id":"t","msg_title":"new"}]`,
		"Idempotency-Key", "order-77"), 202)
	if other.Items[0].Status != "" || other.Items[1].Status != "conflict" || other.Items[2].Status != "queued" {
		t.Errorf("%+v", other)
	}
	checkProblem(t, s.post(`{"device_id":"t","msg_title":"another"}`, "Idempotency-Key", "order-77"), 409)
	// Another key, another API key, and none at all are other requests.
	ids := map[string]bool{}
	for _, key := range []string{"order-78", "order-79"} {
		ids[decode[receipt](t, s.post(`{"device_id":"t","msg_title":"a"}`, "Idempotency-Key", key), 202).ID] = true
	}
	for range 2 {
		ids[decode[receipt](t, s.post(`{"device_id":"t","msg_title":"a"}`), 202).ID] = true
	}
	mine := s.secret
	s.secret = s.token(t, "other")
	id := decode[receipt](t, s.post(`{"device_id":"t","msg_title":"a"}`, "Idempotency-Key", "order-78"), 202).ID
	if ids[id] = true; len(ids) != 5 {
		t.Errorf("%v", ids)
	}
	if r := s.records(t)[id]; r.APIKey != "other" {
		t.Errorf("%+v", r)
	}
	// A push with an id of its own is the same, whichever key hands it in.
	if got := decode[receipt](t, s.post(`{"id":"own","device_id":"t","msg_title":"b"}`), 200); !got.Repeated || s.records(t)["own"].APIKey != "test" {
		t.Errorf("%+v", got)
	}
	s.secret = mine
	before := len(s.records(t))
	for _, key := range []string{"", "a b", "\x01", "한", strings.Repeat("k", 129), " "} {
		p := checkProblem(t, s.post(`{"device_id":"t","msg_title":"a"}`, "Idempotency-Key", key), 400)
		if !strings.Contains(p.Detail, "Idempotency-Key") {
			t.Errorf("%q: %+v", key, p)
		}
	}
	if len(s.records(t)) != before {
		t.Error("something was accepted")
	}
}

// What was reserved for a time long past, with its ttl, is accepted as expired.
func TestPostLongPast(t *testing.T) {
	t.Parallel()
	s := newService(t)
	body := `{"id":"past","device_id":"t","msg_title":"x","sndn_rsev_hour":"` + ago(2*time.Hour) + `"}`
	if got := decode[receipt](t, s.post(body), 202); got.Status != "expired" || got.Repeated {
		t.Errorf("%+v", got)
	}
	if got := decode[receipt](t, s.post(body), 200); !got.Repeated {
		t.Errorf("%+v", got)
	}
	if got := decode[state](t, s.get("past"), 200); got.Status != push.Expired || got.APIKey != "test" {
		t.Errorf("%+v", got)
	}
	within := `{"id":"within","device_id":"t","msg_title":"x","ttl":10800,"sndn_rsev_hour":"` + ago(2*time.Hour) + `"}`
	got := decode[batchAnswer](t, s.post("["+strings.Replace(body, "past", "more", 1)+","+within+"]"), 202)
	if got.Accepted != 2 || got.Expired != 1 || got.Items[0].Status != "expired" || got.Items[1].Status != "queued" {
		t.Errorf("%+v", got)
	}
	if entries := s.onStream(t); len(entries) != 1 {
		t.Errorf("%v", entries)
	}
}

func TestSendConflict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run(t, "send", "--id=a", "--device-id=t", "--title=x")
	p := b.run(t, "send", "--id=a", "--device-id=t", "--title=y")
	if p.code != 1 || p.stdout.String() != "" || !strings.Contains(p.stderr.String(), "a: conflict: ") {
		t.Errorf("exit code %d: %q %s", p.code, p.stdout.String(), p.stderr.String())
	}
	p = b.run(t, "send", "--id=b", "--device-id=t", "--title=y", "--ttl=60", "--at="+ago(time.Hour))
	if got := receiptIn(t, p); p.code != 0 || got.Status != "expired" {
		t.Errorf("exit code %d: %+v %s", p.code, got, p.stderr.String())
	}
	if r := b.records(t)["a"]; r.MsgTitle != "x" || r.APIKey != "" {
		t.Errorf("%+v", r)
	}
}

func TestLoadConflict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	content := strings.Join([]string{
		job("a"), `{"id":"a","device_id":"t","msg_title":"another"}`, job("b"), job("a"),
		`{"id":"past","device_id":"t","msg_title":"x","sndn_rsev_hour":"` + ago(2*time.Hour) + `"}`,
	}, "\n")
	path := b.file(t, "jobs.ndjson", content)
	for run, want := range []summary{{Lines: 5, Accepted: 3, Expired: 1, Repeated: 1, Conflict: 1}, {Lines: 5, Repeated: 4, Conflict: 1}} {
		p := b.run(t, "load", path)
		got := p.summary(t)
		if got.Seconds = 0; got != want || p.code != 0 {
			t.Errorf("run %d: %+v, exit code %d", run, got, p.code)
		}
		if !strings.Contains(p.stderr.String(), "1 lines in conflict") {
			t.Errorf("run %d: %s", run, p.stderr.String())
		}
		if rejected, err := os.ReadFile(path + ".rejected.ndjson"); err != nil || string(rejected) != `{"id":"a","device_id":"t","msg_title":"another"}`+"\n" {
			t.Errorf("run %d: the reject file has %q, %v", run, rejected, err)
		}
	}
	b.checkIDs(t, "a", "b", "past")
}
