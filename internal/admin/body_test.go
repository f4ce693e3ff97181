package admin

import (
	"maps"
	"strings"
	"testing"

	"pushstream/internal/redistest"
)

// bodied are the routes that take a body, and one that is right.
var bodied = []request{
	{"POST", "/api/v1/jobs", `{"kind":"redrive","status":["failed"],"reason":"a test"}`},
	{"POST", "/api/v1/flushes", `{"confirm":"flush","reason":"a test"}`},
	{"PUT", "/api/v1/workers/desired", `{"desired":"paused"}`},
	{"PUT", "/api/v1/workers/paused-one/desired", `{"desired":"running"}`},
	{"POST", "/api/v1/pushes/search", `{"status":["failed"]}`},
	{"POST", "/api/v1/histogram", `{"span":"1h","since":"2026-11-24T00:00:00Z","until":"2026-11-25T00:00:00Z"}`},
	{"POST", "/api/v1/pushes/export", `{"format":"csv"}`},
	{"POST", "/api/v1/dead-tokens/find", `{"device_id":"token"}`},
	{"POST", "/api/v1/dead-tokens/forget", `{"all":true,"reason":"a test"}`},
}

func TestBodiesThatCanNotBeRead(t *testing.T) {
	t.Parallel()
	b := changeable(t)
	before := redistest.Dump(t, b.rdb)
	for _, r := range bodied {
		for _, body := range []string{"", " ", "null", "[]", `"failed"`, "5", "{", "}", r.body + "x", r.body + r.body, "[" + r.body + "]",
			strings.TrimSuffix(r.body, "}"), strings.TrimSuffix(r.body, "}") + ",}", strings.Replace(r.body, ":", " ", 1),
			strings.ReplaceAll(r.body, `"`, "'"), "{\"desired\":\"\xff\"}", "\xef\xbb\xbf" + r.body} {
			w := b.as("localhost", map[string]string{"Content-Type": "application/json"}, r.method, r.path, body)
			checkProblem(t, w, 400, "one JSON object with ")
		}
		for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json-patch+json", "application/x-ndjson"} {
			w := b.as("localhost", map[string]string{"Content-Type": kind}, r.method, r.path, r.body)
			checkProblem(t, w, 415, "application/json")
		}
		w := b.as("localhost", map[string]string{"Content-Type": "application/json; charset=euc-kr"}, r.method, r.path, r.body)
		checkProblem(t, w, 415, "charset", "UTF-8")
		w = b.as("localhost", map[string]string{"Content-Type": "application/json", "Content-Encoding": "deflate"}, r.method, r.path, r.body)
		checkProblem(t, w, 415, "Content-Encoding", "gzip")
		large := strings.TrimSuffix(r.body, "}") + strings.Repeat(" ", maxBody) + "}"
		checkProblem(t, b.do(r.method, r.path, large), 413, "65536 bytes")
	}
	if after := redistest.Dump(t, b.rdb); !maps.Equal(before, after) {
		t.Error("it has changed")
	}
	for _, r := range bodied {
		w := b.as("localhost", map[string]string{"Content-Type": "application/json; charset=utf-8"}, r.method, r.path, " \n"+r.body+"\r\n")
		if w.Code >= 300 {
			t.Errorf("%s %s: %d %s", r.method, r.path, w.Code, w.Body)
		}
	}
}

// Whoever writes a client sees every mistake at once, by its name.
func TestBodiesWithFaults(t *testing.T) {
	t.Parallel()
	b := changeable(t)
	before := redistest.Dump(t, b.rdb)
	const job, all = "POST /api/v1/jobs", "PUT /api/v1/workers/desired"
	tests := []struct {
		route, body string
		named       []string
	}{
		{job, `{}`, []string{"kind must be redrive or cancel", "status must be given", "reason must be given"}},
		{job, `{"kind":"resend"}`, []string{"kind must be redrive or cancel"}},
		{job, `{"kind":"redrive","status":["failed"]}`, []string{"reason must be given"}},
		{job, `{"kind":"redrive","status":["failed"],"reason":" "}`, []string{"reason must be given"}},
		{job, `{"kind":"redrive","dry_run":"yes"}`, []string{"dry_run must be true or false", "status must be given"}},
		{job, `{"kind":"redrive","reason":"a test","status":[""]}`, []string{"status must be one of"}},
		{job, `{"kind":"redrive","reason":"a test","status":null}`, []string{"status must be a list"}},
		{job, `{"kind":"redrive","reason":"a test","status":"failed"}`, []string{"status must be a list"}},
		{job, `{"kind":"redrive","reason":"a test","status":["FAILED"]}`, []string{"status must be one of"}},
		{job, `{"kind":"redrive","reason":"a test","status":["sent"]}`, []string{"status must be one of"}},
		{job, `{"kind":"redrive","reason":"a test","status":["queued"]}`, []string{"status must be one of"}},
		{job, `{"kind":"cancel","reason":"a test","status":["queued","failed"]}`, []string{"status must be one of [scheduled queued retrying]"}},
		{job, `{"kind":"redrive","reason":"a test","Status":["failed"]}`, []string{`unknown field "Status"`, "status must be given"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"status":["expired"]}`, []string{"status is given twice"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"csno":null}`, []string{"csno must be text"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"csno":10023451}`, []string{"csno must be text"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"csno":""}`, []string{"csno must not be empty"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"push_grp_id":""}`, []string{"push_grp_id must not be empty"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"device_id":""}`, []string{"device_id must not be empty"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"since":""}`, []string{"since must be a time"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"since":"yesterday"}`, []string{"since must be a time"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"since":"2026-11-24"}`, []string{"since must be a time"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"until":"2026-11-24 09:00:00"}`, []string{"until must be a time"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"since":"2026-11-24T09:00:00+09:00","until":"2026-11-24T00:00:00Z"}`, []string{"since must be before until"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"error_code":""}`, []string{"error_code must be one of"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"error_code":"ACCEPTED"}`, []string{"error_code must be one of", "UNREGISTERED", "POISON"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"csno":"` + strings.Repeat("가", 129) + `"}`, []string{"csno is longer than 128 characters"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"push_grp_id":"` + strings.Repeat("a", 129) + `"}`, []string{"push_grp_id is longer than 128 characters"}},
		{job, `{"kind":"redrive","reason":"a test","status":["failed"],"device_id":"` + strings.Repeat("a", 4097) + `"}`, []string{"device_id is longer than 4096 bytes"}},
		{job, `{"colour":"red","kind":"x","status":["x"],"since":"x","until":"x","error_code":"x","csno":"","push_grp_id":5,"device_id":""}`,
			[]string{`"colour"`, "kind must", "status must", "since must", "until must", "error_code must", "csno must", "push_grp_id must", "device_id must"}},
		{"POST /api/v1/dead-tokens/find", `{}`, []string{"device_id must be given"}},
		{"POST /api/v1/dead-tokens/forget", `{}`, []string{"give code or since", "reason must be given"}},
		{"POST /api/v1/dead-tokens/forget", `{"all":false,"reason":"x"}`, []string{"give code or since"}},
		{"POST /api/v1/dead-tokens/forget", `{"all":true,"code":"UNREGISTERED","reason":"x"}`, []string{"give code or since"}},
		{"POST /api/v1/dead-tokens/forget", `{"code":"SENDER_ID_MISMATCH","since":"x"}`, []string{"code must be one of [UNREGISTERED INVALID_ARGUMENT]", "since must be a time", "reason must be given"}},
		{all, `{}`, []string{"desired must be running or paused"}},
		{all, `{"desired":"stopped"}`, []string{"desired must be running or paused"}},
		{all, `{"desired":true}`, []string{"desired must be text"}},
		{all, `{"desired":"paused","name":"a"}`, []string{`unknown field "name"`}},
		{"PUT /api/v1/workers/paused-one/desired", `{"desired":"lost"}`, []string{"desired must be running or paused"}},
		{"PUT /api/v1/workers/nobody/desired", `{"desired":"lost"}`, []string{"desired must be running or paused"}},
	}
	for _, tt := range tests {
		t.Run(tt.route+" "+tt.body[:min(len(tt.body), 60)], func(t *testing.T) {
			method, path, _ := strings.Cut(tt.route, " ")
			checkProblem(t, b.do(method, path, tt.body), 422, tt.named...)
		})
	}
	if after := redistest.Dump(t, b.rdb); !maps.Equal(before, after) {
		t.Error("it has changed")
	}
}

// A body of very many names does not make an answer of very many lines.
func TestManyUnknownFields(t *testing.T) {
	t.Parallel()
	b := empty(t)
	w := b.do("POST", "/api/v1/jobs", `{"kind":"redrive","status":["failed"]`+strings.Repeat(`,"`+strings.Repeat("x", 50)+`":1`, 1000)+`}`)
	checkProblem(t, w, 422, "unknown field")
	if w.Body.Len() > 10_000 || strings.Contains(w.Body.String(), strings.Repeat("x", 41)) {
		t.Errorf("%d bytes", w.Body.Len())
	}
}
