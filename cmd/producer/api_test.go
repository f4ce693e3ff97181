package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// service is the HTTP interface over a store, and a key for it.
type service struct {
	*bundle
	api    *api
	router *gin.Engine
	secret string
}

// serviceOf makes a service; limit is the greatest backlog.
func serviceOf(t *testing.T, limit int, s serving) *service {
	t.Helper()
	b := setup(t)
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	a := &api{
		producer: stream.NewProducer(b.rdb, b.keys, stream.ProducerOptions{MaxBacklog: limit}),
		log:      pushlog.New(b.rdb, b.keys), tokens: access.NewGuard(b.rdb, "push", time.Now), zone: seoul, serving: s,
	}
	return &service{b, a, a.router(zap.NewNop()), b.token(t, "test")}
}

func newService(t *testing.T) *service {
	return serviceOf(t, 0, serving{maxBody: 1 << 20, maxJobs: 100, maxRequests: 10})
}

// do makes a request with the key; header are further names and values.
func (s *service) do(method, path string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("Authorization", "Bearer "+s.secret)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.router.ServeHTTP(w, r)
	return w
}

func (s *service) post(body string, header ...string) *httptest.ResponseRecorder {
	return s.do(http.MethodPost, "/v1/pushes", strings.NewReader(body), header...)
}

func (s *service) get(id string) *httptest.ResponseRecorder {
	return s.do(http.MethodGet, "/v1/pushes/"+id, nil)
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder, status int) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != status {
		t.Fatalf("status %d, want %d (%v): %s", w.Code, status, err, w.Body)
	}
	return v
}

// checkProblem wants a problem document with the request's id.
func checkProblem(t *testing.T, w *httptest.ResponseRecorder, status int) httpapi.Problem {
	t.Helper()
	p := decode[httpapi.Problem](t, w, status)
	if p.Status != status || p.Title == "" || p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") ||
		w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	return p
}

func TestPostOne(t *testing.T) {
	t.Parallel()
	s := newService(t)
	got := decode[receipt](t, s.post(job("a")), 202)
	if got != (receipt{ID: "a", Status: "queued"}) {
		t.Errorf("%+v", got)
	}
	// The same again: nothing is changed, and the answer says so.
	got = decode[receipt](t, s.post(job("a")), 200)
	if got != (receipt{ID: "a", Repeated: true}) || s.records(t)["a"].DeviceID != "token-a" || len(s.onStream(t)) != 1 {
		t.Errorf("%+v", got)
	}
	later, ends := reserved(24 * time.Hour)
	got = decode[receipt](t, s.post("\xef\xbb\xbf \n"+`{"device_id":"t","msg_title":"x","sndn_rsev_hour":"`+later+`"}`), 202)
	if r := s.records(t)[got.ID]; got.Status != "scheduled" || len(got.ID) != 36 || r.Status != push.Scheduled || r.ExpiresAt != ends {
		t.Errorf("%+v %+v", got, r)
	}
}

func TestPostSeveral(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]struct {
		contentType string
		body        func(...string) string
	}{
		"array":  {"application/json", func(jobs ...string) string { return " [" + strings.Join(jobs, ",\n") + "] " }},
		"NDJSON": {"application/x-ndjson; charset=utf-8", func(jobs ...string) string { return strings.Join(jobs, "\r\n\n") + "\n" }},
		"JSONL":  {"application/jsonl", func(jobs ...string) string { return strings.Join(jobs, "\n") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			body := form.body(job("a"), job("b"), job("a"))
			got := decode[batchAnswer](t, s.post(body, "Content-Type", form.contentType), 202)
			if len(got.Items) != 3 || got.Accepted != 2 || got.Repeated != 1 || got.Items[0] != (receipt{ID: "a", Status: "queued"}) ||
				got.Items[1].ID != "b" || got.Items[2] != (receipt{ID: "a", Repeated: true}) {
				t.Errorf("%+v", got)
			}
			if got := decode[batchAnswer](t, s.post(body, "Content-Type", form.contentType), 200); got.Accepted != 0 || got.Repeated != 3 {
				t.Errorf("again: %+v", got)
			}
			one := decode[batchAnswer](t, s.post(form.body(job("c")), "Content-Type", form.contentType), 202)
			if len(one.Items) != 1 {
				t.Errorf("one in a list is a list: %+v", one)
			}
			s.checkIDs(t, "a", "b", "c")
		})
	}
}

// Either all jobs of a request are good, or none is accepted; and whoever wrote
// them is told everything.
func TestPostFaults(t *testing.T) {
	t.Parallel()
	s := newService(t)
	bad := `{"id":"x y","device_id":"s3cr3t token","msg_title":"s3cr3t","ttl":0,"colour":"s3cr3t"}`
	w := s.post("[" + job("a") + "," + bad + "," + job("b") + ",null,5]")
	p := checkProblem(t, w, 422)
	if len(p.Faults) != 3 || p.Faults[0].Index != 1 || p.Faults[1].Index != 3 || p.Faults[2].Index != 4 {
		t.Fatalf("%s", w.Body)
	}
	fields := []string{}
	for _, f := range p.Faults[0].Faults {
		fields = append(fields, f.Field)
	}
	if got := strings.Join(fields, " "); got != "id device_id ttl colour" {
		t.Errorf("faults in %q", got)
	}
	if strings.Contains(w.Body.String(), "s3cr3t") {
		t.Errorf("values are repeated: %s", w.Body)
	}
	for body, contentType := range map[string]string{
		bad: "application/json", `{"device_id":"t"`: "application/json", job("c") + job("d"): "application/json", job("c") + "\n{": "application/x-ndjson",
		"5": "", `"x"`: "", "null": "", "{\"id\":\"\xff\"}": "", "[[]]": "", "hello": "",
	} {
		if p := checkProblem(t, s.post(body, "Content-Type", contentType), 422); len(p.Faults) != 1 || len(p.Faults[0].Faults) == 0 {
			t.Errorf("%q: %+v", body, p)
		}
	}
	s.checkIDs(t)
}

// The answer to very many broken jobs is not larger than they are.
func TestPostManyFaults(t *testing.T) {
	t.Parallel()
	s := serviceOf(t, 0, serving{maxBody: 1 << 20, maxJobs: 5000, maxRequests: 10})
	w := s.post("[" + strings.Repeat("{},", 4000) + "{}]")
	if p := checkProblem(t, w, 422); len(p.Faults) != maxFaulty {
		t.Errorf("%d jobs are named", len(p.Faults))
	}
}

func TestPostUnreadable(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for name, body := range map[string]string{
		"empty": "", "white space": " \n\t", "a byte order mark": "\xef\xbb\xbf", "half an array": "[" + job("a"), "broken array": "[{,}]",
		"text behind an array": "[" + job("a") + "]x", "empty array": "[]",
	} {
		if p := checkProblem(t, s.post(body), 400); p.Detail == "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	checkProblem(t, s.post("\n\n", "Content-Type", "application/x-ndjson"), 400)
	checkProblem(t, s.do(http.MethodPost, "/v1/pushes", brokenBody{}), 400)
	s.checkIDs(t)
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestPostTooMuch(t *testing.T) {
	t.Parallel()
	s := serviceOf(t, 0, serving{maxBody: 2000, maxJobs: 3, maxRequests: 10})
	big := `{"id":"a","device_id":"t","msg_title":"` + strings.Repeat("x", 2000) + `"}`
	if p := checkProblem(t, s.post(big), 413); !strings.Contains(p.Detail, "2000 bytes") {
		t.Errorf("%+v", p)
	}
	four := strings.Join([]string{job("a"), job("b"), job("c"), job("d")}, ",")
	if p := checkProblem(t, s.post("["+four+"]"), 413); !strings.Contains(p.Detail, "4 jobs are more than 3") {
		t.Errorf("%+v", p)
	}
	checkProblem(t, s.post(strings.ReplaceAll(four, ",{", "\n{"), "Content-Type", "application/x-ndjson"), 413)
	s.checkIDs(t)
	decode[batchAnswer](t, s.post("["+job("a")+","+job("b")+","+job("c")+"]"), 202)
	s.checkIDs(t, "a", "b", "c")
}

func TestKeyIsNeeded(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "Basic " + s.secret, s.secret, "Bearer " + s.secret + "x", "Bearer psk_" + strings.Repeat("x", 10_000)} {
		for _, w := range []*httptest.ResponseRecorder{
			s.post(job("a"), "Authorization", header), s.do(http.MethodGet, "/v1/pushes/a", nil, "Authorization", header),
		} {
			p := checkProblem(t, w, 401)
			if !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer ") || strings.Contains(w.Body.String(), s.secret) || p.Detail == "" {
				t.Errorf("%.40q: %v %s", header, w.Header(), w.Body)
			}
		}
	}
	s.checkIDs(t)
	decode[receipt](t, s.post(job("a"), "Authorization", "bearer  "+s.secret), 202) // the scheme has no case

	if err := access.New(s.rdb, "push", access.Options{}).RemoveToken(t.Context(), "test"); err != nil {
		t.Fatal(err)
	}
	checkProblem(t, s.post(job("b")), 401) // at once
}

// A full backlog is told job by job, so that a client can hand in the rest.
func TestFullBacklog(t *testing.T) {
	t.Parallel()
	s := serviceOf(t, 2, serving{maxBody: 1 << 20, maxJobs: 100, maxRequests: 10})
	w := s.post("[" + job("a") + "," + `{"device_id":"t","msg_title":"x"}` + "," + job("c") + "," + job("a") + "]")
	p := checkProblem(t, w, 429)
	if p.Type != "urn:pushstream:limit:backlog" || !strings.Contains(p.Detail, "2 unfinished pushes of at most 2 (MAX_BACKLOG)") || !strings.Contains(p.Detail, "1 of 4 jobs were refused") {
		t.Errorf("%+v", p)
	}
	var items []receipt
	b, err := json.Marshal(p.Items)
	if err == nil {
		err = json.Unmarshal(b, &items)
	}
	if err != nil || len(items) != 4 || items[0] != (receipt{ID: "a", Status: "queued"}) || items[1].Status != "queued" || items[1].ID == "" ||
		items[2] != (receipt{ID: "c", Status: "refused"}) || !items[3].Repeated || w.Header().Get("Retry-After") == "" {
		t.Errorf("%v %v %s", err, w.Header(), w.Body)
	}
	s.checkIDs(t, "a", items[1].ID)
	checkProblem(t, s.post(job("c")), 429)
	decode[receipt](t, s.post(job("a")), 200) // what is in is in
	s.drain(t)
	decode[receipt](t, s.post(job("c")), 202)
}

// A Redis that is full of finished pushes says so: the backlog is not what is full.
func TestFullMemory(t *testing.T) {
	t.Parallel()
	s := newService(t)
	decode[receipt](t, s.post(job("a")), 202)
	s.rdb.ConfigSet(t.Context(), "maxmemory", "1")
	w := s.post(job("b"))
	p := checkProblem(t, w, 429)
	if p.Type != "urn:pushstream:limit:memory" || !strings.Contains(p.Detail, "Redis is out of memory: ") || strings.Contains(p.Detail, "backlog is full") || w.Header().Get("Retry-After") == "" {
		t.Errorf("%+v", p)
	}
	s.rdb.ConfigSet(t.Context(), "maxmemory", "0")
	decode[receipt](t, s.post(job("b")), 202)
}

// A back end may know what became of a push, not whose it was.
func TestGet(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.post(`{"id":"a","csno":"s3cr3t","uuid_id":"s3cr3t","device_id":"s3cr3t","msg_title":"s3cr3t","msg_contents":"s3cr3t","D_servicename":"s3cr3t",
		"push_grp_id":"s3cr3t","cust_telno":"s3cr3t","data":{"s3cr3t":"s3cr3t"},"priority":"urgent"}`)
	s.rdb.HSet(t.Context(), "push:{0}:record:a", "status", "failed", "attempts", 2, "deliveries", 3, "fcm_send_yn", "N", "fcm_send_time", "2026-11-22T00:30:02.000Z",
		"result", "UNREGISTERED: gone", "error_code", "UNREGISTERED", "try.1", "first", "try.2", "second", "raw", `{"x":"s3cr3t"}`, "late.x", "s3cr3t")
	w := s.get("a")
	got := decode[map[string]any](t, w, 200)
	if strings.Contains(w.Body.String(), "s3cr3t") {
		t.Errorf("personal data: %s", w.Body)
	}
	for name, want := range map[string]any{
		"id": "a", "status": "failed", "attempts": 2.0, "deliveries": 3.0, "fcm_send_yn": "N", "fcm_send_time": "2026-11-22T00:30:02.000Z",
		"result": "UNREGISTERED: gone", "error_code": "UNREGISTERED",
	} {
		if got[name] != want {
			t.Errorf("%s: %v", name, got[name])
		}
	}
	if fmt.Sprint(got["tries"]) != "[first second]" || got["accepted_at"] == "" || got["expires_at"] == "" {
		t.Errorf("%v", got)
	}
}

func TestGetUnknown(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.post(job("a"))
	for _, id := range []string{"b", "A", "a%20", "%2e%2e", "a%0a", "a%00", "*", "%EA%B0%80", strings.Repeat("a", 129), "a%2Fb", "..%2Frecord", "a:b"} {
		checkProblem(t, s.get(id), 404)
	}
}

func TestOtherPagesAndMethods(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, path := range []string{"/", "/v1", "/v1/pushes/", "/v1/pushes/a/b", "/v2/pushes", "/debug/pprof/"} {
		checkProblem(t, s.do(http.MethodGet, path, nil), 404)
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS"} {
		checkProblem(t, s.do(method, "/v1/pushes", nil), 405)
		checkProblem(t, s.do(method, "/v1/pushes/a", nil), 405)
	}
	checkProblem(t, s.do(http.MethodGet, "/v1/pushes", nil), 405)
}

func TestRedisDown(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.redis.Kill()
	for _, w := range []*httptest.ResponseRecorder{s.post(job("a")), s.get("a")} {
		p := checkProblem(t, w, 503)
		if p.Type != "urn:pushstream:redis:away" {
			t.Errorf("the fault is called %q", p.Type)
		}
		for _, word := range []string{"dial", "unix", "refused", "EOF", s.redis.Socket} {
			if strings.Contains(w.Body.String(), word) {
				t.Errorf("the client is told %q: %s", word, w.Body)
			}
		}
		if w.Header().Get("Retry-After") == "" {
			t.Error("nobody says when to come again")
		}
	}
}

// Redis fails between the key and the jobs: the ids that were made up are in
// the answer, so that the same jobs can be handed in again.
func TestStoreFailsAfterTheKey(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.rdb.Set(t.Context(), "push:{0}:index", "not an index", 0)
	w := s.post(`[{"device_id":"t","msg_title":"x"},` + job("b") + `]`)
	p := checkProblem(t, w, 503)
	items := fmt.Sprint(p.Items)
	if strings.Contains(w.Body.String(), "WRONGTYPE") || strings.Count(items, "id:") != 2 || !strings.Contains(items, "id:b") {
		t.Errorf("%s", w.Body)
	}
}
