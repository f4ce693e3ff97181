package admin

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// seedVaried makes pushes a to h of two customers, groups and services; e and f have
// failed, g is reserved.
func seedVaried(t *testing.T) *bundle {
	t.Helper()
	b := empty(t)
	for i, id := range strings.Split("abcdef", "") {
		job := jobOf(id)
		job.Csno, job.PushGrpID, job.ServiceName = fmt.Sprint("csno-", i%2), fmt.Sprint("G", i%3), fmt.Sprint("service-", i/3)
		job.UUIDID, job.CustTelno, job.MsgContents = "uuid-"+id, "010-1234-000"+fmt.Sprint(i), "삼성전자 "+strings.ToUpper(id)+"주 매수"
		b.accept(t, job)
		time.Sleep(time.Millisecond)
	}
	b.end(t, senderFunc(func(j *push.Job) push.Outcome {
		if j.ID == "e" || j.ID == "f" {
			return push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404, Detail: "played"}
		}
		return push.Outcome{Code: push.CodeAccepted, HTTPStatus: 200, MessageID: "projects/demo/" + j.ID}
	}), push.Failed, "e", "f")
	for _, id := range []string{"a", "b", "c", "d"} {
		b.eventually(t, id+" is sent", func() bool { return b.status(t, id) == push.Sent })
	}
	later := jobOf("g")
	later.DueAt = time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
	b.accept(t, later)
	time.Sleep(time.Millisecond)
	return b
}

// idsOf are the ids of a page's items, in their order.
func idsOf(items []pushlog.Record) (ids string) {
	for _, r := range items {
		ids += r.ID
	}
	return ids
}

func TestSearch(t *testing.T) {
	t.Parallel()
	b := seedVaried(t)
	accepted := func(id string) string {
		r, err := b.log.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return r.AcceptedAt
	}
	result := b.record(t, "e").Result
	tests := []struct{ body, ids, how string }{
		{`{}`, "gfedcba", "index"},
		{`{"order":"oldest","size":2,"page":2}`, "cd", "index"},
		{`{"csno":"csno-1"}`, "fdb", "index"},
		{`{"device_id":"token-c"}`, "c", "index"},
		{`{"push_grp_id":"G2"}`, "fc", "index"},
		{`{"status":["failed"]}`, "fe", "index"},
		{`{"status":["failed","scheduled"],"order":"oldest"}`, "efg", "index"},
		{`{"status":["sent"]}`, "dcba", "index"},
		{`{"error_code":"UNREGISTERED"}`, "fe", "index"},
		{`{"csno":"csno-1","status":["sent"],"push_grp_id":"G1"}`, "b", ""},
		{`{"D_servicename":"service-1"}`, "fed", ""},
		{`{"since":"` + accepted("c") + `","until":"` + accepted("e") + `"}`, "dc", "index"},
		{`{"column":"csno","contains":"-1"}`, "fdb", ""},
		{`{"column":"uuid_id","contains":"uuid-"}`, "fedcba", ""},
		{`{"column":"device_id","contains":"KEN-A"}`, "a", ""},
		{`{"column":"msg_title","contains":"<b>"}`, "b", ""},
		{`{"column":"msg_contents","contains":"전자"}`, "fedcba", ""},
		{`{"column":"msg_contents","contains":"c주"}`, "c", ""},
		{`{"column":"cust_telno","contains":"0003"}`, "d", ""},
		{`{"column":"D_servicename","contains":"E-0"}`, "cba", ""},
		{`{"column":"push_grp_id","contains":"g1","csno":"csno-0"}`, "e", ""},
		{`{"column":"result","contains":"played"}`, "fe", ""},
		{`{"column":"result","contains":"nowhere"}`, "", ""},
		{`{"csno":"csno-9","budget_ms":10000}`, "", "index"},
		{`{"column":"csno","equals":"csno-1"}`, "fdb", "index"},
		{`{"column":"push_grp_id","equals":"G2"}`, "fc", "index"},
		{`{"column":"device_id","equals":"token-c"}`, "c", "index"},
		{`{"column":"csno","equals":"CSNO-1"}`, "", "index"},
		{`{"column":"csno","equals":"csno"}`, "", "index"},
		{`{"column":"csno","equals":"csno-1","csno":"csno-1"}`, "fdb", "index"},
		{`{"column":"csno","equals":"csno-1","csno":"csno-0"}`, "", ""},
		{`{"column":"D_servicename","equals":"service-1"}`, "fed", "scan"},
		{`{"column":"D_servicename","equals":"service-"}`, "", ""},
		{`{"column":"uuid_id","equals":"uuid-c"}`, "c", "scan"},
		{`{"column":"uuid_id","equals":"UUID-c"}`, "", ""},
		{`{"column":"msg_title","equals":"` + jobOf("b").MsgTitle + `"}`, "b", ""},
		{`{"column":"msg_contents","equals":"삼성전자 C주 매수"}`, "c", ""},
		{`{"column":"msg_contents","equals":"삼성전자 C주 매"}`, "", ""},
		{`{"column":"cust_telno","equals":"010-1234-0003","csno":"csno-1"}`, "d", ""},
		{`{"column":"cust_telno","equals":"010-1234-0003","csno":"csno-0"}`, "", ""},
		{`{"column":"result","equals":"` + strings.ReplaceAll(result, `"`, `\"`) + `"}`, "fe", ""},
		{`{"column":"result","equals":"played"}`, "", ""},
	}
	for _, tt := range tests {
		w := b.do("POST", "/api/v1/pushes/search", tt.body)
		p := decode[page](t, w)
		if w.Code != 200 || idsOf(p.Items) != tt.ids || !p.Exact || tt.how != "" && string(p.How) != tt.how {
			t.Errorf("%s: %d %s, want %s", tt.body, w.Code, w.Body, tt.ids)
		}
		if _, err := time.Parse(pushlog.TimeFormat, p.AsOf); err != nil || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: %q %v", tt.body, p.AsOf, w.Header())
		}
	}
}

// What a URL may hold is found by GET too.
func TestListFilters(t *testing.T) {
	t.Parallel()
	b := seedVaried(t)
	for query, want := range map[string]string{
		"?status=failed,scheduled&order=oldest": "efg", "?push_grp_id=G2": "fc", "?D_servicename=service-1": "fed",
		"?error_code=UNREGISTERED": "fe", "?column=result&contains=PLAYED": "fe", "?column=push_grp_id&contains=2": "fc",
		"?column=push_grp_id&equals=G2": "fc", "?column=push_grp_id&equals=2": "", "?column=D_servicename&equals=service-1&status=failed": "fe",
		"?column=result&equals=played": "", "?column=result&equals=" + url.QueryEscape(b.record(t, "e").Result): "fe",
		"?since=2999-01-01T00:00:00%2B09:00": "", "?until=2999-01-01T00:00:00Z&status=scheduled&budget_ms=100": "g",
	} {
		w := b.get("/api/v1/pushes" + query)
		if p := decode[page](t, w); w.Code != 200 || idsOf(p.Items) != want || p.Total != int64(len(want)) || !p.Exact {
			t.Errorf("%s: %d %s, want %s", query, w.Code, w.Body, want)
		}
	}
}

// The answer's asof holds the pages still, by GET and by POST, while new pushes
// arrive; these are counted.
func TestPagesStandStill(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := decode[page](t, b.get("/api/v1/pushes?size=2"))
	for i := range 7 {
		b.accept(t, jobOf(fmt.Sprint("new-", i)))
	}
	time.Sleep(2 * time.Millisecond)
	for n, want := range map[int]string{1: "ed", 2: "cb", 3: "a"} {
		got := decode[page](t, b.get(fmt.Sprintf("/api/v1/pushes?size=2&page=%d&asof=%s", n, first.AsOf)))
		posted := decode[page](t, b.do("POST", "/api/v1/pushes/search", fmt.Sprintf(`{"size":2,"page":%d,"asof":"%s"}`, n, first.AsOf)))
		for _, p := range []page{got, posted} {
			if idsOf(p.Items) != want || p.Total != 5 || p.Newer != 7 || p.AsOf != first.AsOf {
				t.Errorf("page %d: %+v", n, p)
			}
		}
	}
	if p := decode[page](t, b.get("/api/v1/pushes?size=2")); p.Total != 12 || p.Newer != 0 {
		t.Errorf("%+v", p)
	}
}

func TestSearchNamesEveryMistake(t *testing.T) {
	t.Parallel()
	b := empty(t)
	tests := []struct {
		body  string
		named []string
	}{
		{`{"colour":"red"}`, []string{`unknown field "colour"; known are status, since`, "budget_ms"}},
		{`{"Csno":"1"}`, []string{`unknown field "Csno"`}},
		{`{"uuid_id":"1"}`, []string{`unknown field "uuid_id"`}},
		{`{"format":"csv"}`, []string{`unknown field "format"`}},
		{`{"csno":"1","csno":"2"}`, []string{"csno is given twice"}},
		{`{"csno":null}`, []string{"csno must be text"}},
		{`{"csno":1}`, []string{"csno must be text"}},
		{`{"csno":""}`, []string{"csno must not be empty"}},
		{`{"csno":"` + strings.Repeat("가", 129) + `"}`, []string{"csno is longer than 128 characters"}},
		{`{"device_id":""}`, []string{"device_id must not be empty"}},
		{`{"device_id":"` + strings.Repeat("a", 4097) + `"}`, []string{"device_id is longer than 4096 bytes"}},
		{`{"push_grp_id":"","D_servicename":""}`, []string{"push_grp_id must not", "D_servicename must not"}},
		{`{"status":"failed"}`, []string{"status must be a list of texts"}},
		{`{"status":[]}`, []string{"status must be a list of texts, and not empty"}},
		{`{"status":[1]}`, []string{"status must be a list"}},
		{`{"status":["failed",null]}`, []string{"status must be a list"}},
		{`{"status":["failed,sent"]}`, []string{"status must be one of"}},
		{`{"status":[""]}`, []string{"status must be one of"}},
		{`{"page":"1"}`, []string{"page must be a number"}},
		{`{"page":0}`, []string{"page must be a whole number, 1 to 1000000"}},
		{`{"page":1.5}`, []string{"page must be a whole number"}},
		{`{"page":1e2}`, []string{"page must be a whole number"}},
		{`{"page":99999999999999999999}`, []string{"page must be a whole number"}},
		{`{"size":1001}`, []string{"size must be a whole number, 1 to 1000"}},
		{`{"size":-1}`, []string{"size must be"}},
		{`{"order":""}`, []string{"order must be newest or oldest"}},
		{`{"order":"random"}`, []string{"order must be newest or oldest"}},
		{`{"asof":""}`, []string{"asof must be a time"}},
		{`{"asof":1795478400}`, []string{"asof must be text"}},
		{`{"since":"2026-11-24","until":"x"}`, []string{"since must be a time", "until must be a time"}},
		{`{"since":"2026-11-25T00:00:00Z","until":"2026-11-24T00:00:00Z"}`, []string{"since must be before until"}},
		{`{"error_code":"ACCEPTED"}`, []string{"error_code must be one of"}},
		{`{"column":"msg_title"}`, []string{"column goes with contains or equals"}},
		{`{"contains":"x"}`, []string{"column goes with contains or equals"}},
		{`{"column":"data","contains":"x"}`, []string{"column must be one of csno, uuid_id"}},
		{`{"column":"","contains":"x"}`, []string{"column must be one of"}},
		{`{"column":"msg_title","contains":""}`, []string{"contains must not be empty"}},
		{`{"column":"msg_title","contains":"` + strings.Repeat("가", 171) + `"}`, []string{"contains is longer than 512 bytes"}},
		{`{"equals":"x"}`, []string{"column goes with contains or equals"}},
		{`{"column":"msg_title","contains":"x","equals":"x"}`, []string{"column goes with contains or equals, one of the two"}},
		{`{"contains":"x","equals":"x"}`, []string{"column goes with contains or equals"}},
		{`{"column":"data","equals":"x"}`, []string{"column must be one of csno, uuid_id"}},
		{`{"column":"csno","equals":""}`, []string{"equals must not be empty"}},
		{`{"column":"csno","equals":["x"]}`, []string{"equals must be text"}},
		{`{"column":"csno","equals":"` + strings.Repeat("가", 171) + `"}`, []string{"equals is longer than 512 bytes"}},
		{`{"budget_ms":99}`, []string{"budget_ms must be a whole number, 100 to 10000"}},
		{`{"budget_ms":60000}`, []string{"budget_ms must be"}},
		{`{"x":1,"page":0,"size":0,"order":"x","asof":"x","status":["x"],"since":"x","until":"x","csno":"","push_grp_id":"","device_id":"","D_servicename":"","error_code":"","column":"x","contains":"","budget_ms":0}`,
			[]string{`"x"`, "page must", "size must", "order must", "asof must", "status must", "since must", "until must", "csno must", "push_grp_id must",
				"device_id must", "D_servicename must", "error_code must", "column must", "contains must", "budget_ms must"}},
	}
	for _, tt := range tests {
		for _, accept := range []string{"*/*", ndjson} {
			w := b.as("localhost", map[string]string{"Accept": accept}, "POST", "/api/v1/pushes/search", tt.body)
			checkProblem(t, w, 422, tt.named...)
		}
	}
}

// readSteps reads an answer in steps to its end, which must come.
func readSteps(t *testing.T, r io.Reader) []step {
	t.Helper()
	var all []step
	scan := bufio.NewScanner(r)
	for scan.Buffer(nil, 16<<20); scan.Scan(); {
		var one step
		if err := json.Unmarshal(scan.Bytes(), &one); err != nil {
			t.Fatalf("%v: %s", err, scan.Text())
		}
		all = append(all, one)
	}
	if scan.Err() != nil {
		t.Errorf("the answer broke off: %v", scan.Err())
	}
	return all
}

// checkSteps wants that one of the lines has the records, that counts only grow, and
// that nothing is exact before the last one.
func checkSteps(t *testing.T, all []step, exact bool) (items []pushlog.Record, last found) {
	t.Helper()
	with := 0
	for i, one := range all {
		if one.Page == nil || one.Problem != nil {
			t.Fatalf("line %d: %+v", i, one.Problem)
		}
		if one.Page.Items != nil {
			with++
			items = *one.Page.Items
		}
		if p := one.Page; p.Total < last.Total || p.Looked < last.Looked || p.Exact != (exact && i == len(all)-1) {
			t.Errorf("line %d: %+v after %+v", i, p.found, last)
		}
		last = one.Page.found
	}
	if with != 1 {
		t.Errorf("%d of %d lines have records", with, len(all))
	}
	return items, last
}

func TestSearchInSteps(t *testing.T) {
	t.Parallel()
	b := seedVaried(t)
	for body, want := range map[string]string{
		`{}`: "gfedcba", `{"csno":"csno-1"}`: "fdb", `{"column":"msg_contents","contains":"전자","size":2,"page":2}`: "dc",
		`{"column":"msg_title","contains":"nowhere"}`: "", `{"page":5}`: "",
		`{"column":"msg_contents","equals":"삼성전자 C주 매수"}`: "c", `{"column":"csno","equals":"csno-1","size":2}`: "fd",
	} {
		for _, accept := range []string{ndjson, "application/json;q=0.5, application/x-ndjson; q=1"} {
			w := b.as("localhost", map[string]string{"Accept": accept}, "POST", "/api/v1/pushes/search", body)
			items, last := checkSteps(t, readSteps(t, w.Body), true)
			plain := decode[page](t, b.do("POST", "/api/v1/pushes/search", body))
			if w.Code != 200 || w.Header().Get("Content-Type") != ndjson || idsOf(items) != want || last.Total != plain.Total || last.Pages != plain.Pages {
				t.Errorf("%s: %d %v %s, %+v", body, w.Code, w.Header(), idsOf(items), last)
			}
		}
	}
}

// long is a search that looks at everything, though its page is full at once.
const long = `{"column":"msg_contents","contains":"나다","size":3}`

// The first line is there while the rest is still being looked at; and the server's
// limits for short answers don't end it.
func TestFirstPageBeforeTheEnd(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.fill(t, 3000)
	w := b.wired(t, time.Minute, hurried)
	w.gate.limit.Store(3 << 20) // of some six
	resp, _ := w.post(t, "/api/v1/pushes/search", ndjson, long)
	in := lines{bufio.NewReader(resp.Body)}
	line, err := in.next()
	var first step
	if err := json.Unmarshal([]byte(line), &first); err != nil {
		t.Fatalf("%v: %q", err, line)
	}
	if p := first.Page; err != nil || p.Items == nil || len(*p.Items) != 3 || p.Exact || p.Looked >= p.Of || p.Of != 3000 {
		t.Fatalf("%v %.2000s", err, line)
	}
	time.Sleep(600 * time.Millisecond) // more than ReadTimeout and WriteTimeout
	w.gate.limit.Store(noLimit)
	rest := readSteps(t, in)
	if _, last := checkSteps(t, append([]step{first}, rest...), true); last.Total != 3000 || last.Looked != 3000 {
		t.Errorf("%+v", last)
	}
}

// Nobody works for a client that has gone.
func TestClientGoesWhileItIsSearched(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.fill(t, 3000)
	w := b.wired(t, time.Minute, usual)
	w.gate.limit.Store(3 << 20)
	resp, leave := w.post(t, "/api/v1/pushes/search", ndjson, long)
	if _, err := (lines{bufio.NewReader(resp.Body)}).next(); err != nil {
		t.Fatal(err)
	}
	leave()
	time.Sleep(100 * time.Millisecond)
	w.gate.limit.Store(noLimit)
	time.Sleep(300 * time.Millisecond)
	if n := w.gate.passed.Load(); n > 4<<20 {
		t.Errorf("%d bytes were read", n)
	}
	if n := w.logs.Len(); n != 0 {
		t.Errorf("a client that leaves is no failure: %v", w.logs.All())
	}
}

// When the time is up, the answer is what there is.
func TestBudget(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.fill(t, 3000)
	const body = `{"column":"msg_contents","contains":"나다","size":3,"budget_ms":500}`
	for _, accept := range []string{ndjson, "application/json"} {
		w := b.wired(t, time.Minute, usual)
		w.gate.limit.Store(3 << 20)
		release := time.AfterFunc(time.Second, func() { w.gate.limit.Store(noLimit) }) // for what is read when the time is up
		defer release.Stop()
		resp, _ := w.post(t, "/api/v1/pushes/search", accept, body)
		var items []pushlog.Record
		var last found
		if accept == "application/json" {
			var p page
			if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
				t.Fatal(err)
			}
			items, last = p.Items, p.found
		} else {
			items, last = checkSteps(t, readSteps(t, resp.Body), false)
		}
		if resp.StatusCode != 200 || last.Exact || len(items) != 3 || last.Total < 3 || last.Looked >= last.Of || last.How == "" {
			t.Errorf("%s: %d %+v, %d items", accept, resp.StatusCode, last, len(items))
		}
	}
}

// Redis goes in the middle: the last line says so, without Redis's words.
func TestRedisGoesWhileItIsSearched(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.fill(t, 3000)
	w := b.wired(t, time.Minute, usual)
	w.gate.limit.Store(3 << 20)
	resp, _ := w.post(t, "/api/v1/pushes/search", ndjson, long)
	in := lines{bufio.NewReader(resp.Body)}
	if _, err := in.next(); err != nil {
		t.Fatal(err)
	}
	w.gate.cut()
	rest := readSteps(t, in)
	if n := len(rest); n == 0 || rest[n-1].Problem == nil || rest[n-1].Page != nil {
		t.Fatalf("%+v", rest)
	}
	p := rest[len(rest)-1].Problem
	if p.Status != 503 || p.RequestID != resp.Header.Get("X-Request-Id") || strings.Contains(p.Detail, "unix") || !strings.Contains(p.Detail, "does not answer") {
		t.Errorf("%+v", p)
	}
	if w.logs.FilterMessage("request failed").Len() != 1 {
		t.Errorf("%v", w.logs.All())
	}
}

// The process is asked to stop: what there is, is the end.
func TestStopWhileItIsSearched(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.fill(t, 3000)
	w := b.wired(t, time.Minute, usual)
	w.gate.limit.Store(3 << 20)
	resp, _ := w.post(t, "/api/v1/pushes/search", ndjson, long)
	in := lines{bufio.NewReader(resp.Body)}
	line, err := in.next()
	var first step
	if err != nil || json.Unmarshal([]byte(line), &first) != nil {
		t.Fatal(err)
	}
	w.stop()
	checkSteps(t, append([]step{first}, readSteps(t, in)...), false)
}
