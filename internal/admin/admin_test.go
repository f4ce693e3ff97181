package admin

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

// bundle is the API over a log of its own.
type bundle struct {
	router *gin.Engine
	redis  *redistest.Server
}

// setup makes a log with five pushes, accepted in the order of their ids; e is
// reserved.
func setup(t *testing.T) *bundle {
	t.Helper()
	s := redistest.New(t)
	rdb, keys := s.Client(t), pushlog.Keys{Prefix: "push", Partitions: 1}
	producer := stream.NewProducer(rdb, keys, stream.ProducerOptions{})
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		fields := map[string]string{"id": id, "device_id": "token-" + id, "msg_title": "제목 <" + id + ">"}
		if id == "e" {
			fields["sndn_rsev_hour"] = "2999-01-01T00:00:00Z"
		}
		job, err := push.FromFields(fields, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := producer.Accept(t.Context(), []push.Job{job}); err != nil {
			t.Fatal(err)
		}
	}
	return &bundle{NewRouter(pushlog.New(rdb, keys), zap.NewNop()), s}
}

func (b *bundle) get(path string) *httptest.ResponseRecorder {
	return b.getAs("127.0.0.1:8080", path)
}

func (b *bundle) getAs(host, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	b.router.ServeHTTP(w, r)
	return w
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return v
}

func TestList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tests := []struct {
		name, query  string
		ids          string
		page, size   int
		pages, total int64
	}{
		{"newest first, 100 a page", "", "edcba", 1, 100, 1, 5},
		{"empty parameters", "?page=&size=&status=", "edcba", 1, 100, 1, 5},
		{"first page", "?size=2", "ed", 1, 2, 3, 5},
		{"last page, not full", "?size=2&page=3", "a", 3, 2, 3, 5},
		{"full last page", "?size=5", "edcba", 1, 5, 1, 5},
		{"behind the last page", "?page=4&size=2", "", 4, 2, 3, 5},
		{"oldest first", "?order=oldest&size=2&page=2", "cd", 2, 2, 3, 5},
		{"one state", "?status=scheduled", "e", 1, 100, 1, 1},
		{"a state that nothing is in", "?status=failed", "", 1, 100, 0, 0},
		{"greatest page", "?size=1000&page=1000000", "", 1_000_000, 1000, 1, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := b.get("/api/v1/pushes" + tt.query)
			p := decode[page](t, w)
			ids := ""
			for _, r := range p.Items {
				ids += r.ID
			}
			if w.Code != 200 || ids != tt.ids || p.Page != tt.page || p.Size != tt.size || p.Pages != tt.pages || p.Total != tt.total {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if tt.ids == "" && !strings.Contains(w.Body.String(), `"items":[]`) {
				t.Errorf("no items must be an empty array: %s", w.Body)
			}
		})
	}
}

// Whoever writes a client sees every mistake at once, by its name.
func TestListNamesEveryMistake(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tests := []struct {
		query string
		named []string
	}{
		{"?page=0", []string{"page must be"}},
		{"?page=-1", []string{"page must be"}},
		{"?page=x", []string{"page must be"}},
		{"?page=1.5", []string{"page must be"}},
		{"?page=1000001", []string{"page must be"}},
		{"?page=99999999999999999999", []string{"page must be"}},
		{"?size=0", []string{"size must be"}},
		{"?size=1001", []string{"size must be"}},
		{"?order=random", []string{"order must be newest or oldest"}},
		{"?order=", []string{"order must be newest or oldest"}},
		{"?status=done", []string{"status must be one of"}},
		{"?status=SENT", []string{"status must be one of"}},
		{"?Page=1", []string{`"Page"`, "known are page, size, order, status"}},
		{"?csno=1&colour=red", []string{`"colour"`, `"csno"`}},
		{"?page=0&size=0&order=x&status=x&y=x", []string{"page must", "size must", "order must", "status must", `"y"`}},
		{"?status=failed;page=2", []string{"query"}}, // else it would be left out, and the page be another
		{"?status=%zz", []string{"query"}},
		{"?page=1&page=2", []string{"page", "twice"}},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			w := b.get("/api/v1/pushes" + tt.query)
			p := decode[httpapi.Problem](t, w)
			if w.Code != 400 || p.RequestID == "" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			for _, name := range tt.named {
				if !strings.Contains(p.Detail, name) {
					t.Errorf("no word of %q: %s", name, p.Detail)
				}
			}
		})
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.get("/api/v1/pushes/b")
	r := decode[pushlog.Record](t, w)
	if w.Code != 200 || r.ID != "b" || r.Status != push.Queued || r.DeviceID != "token-b" || r.MsgTitle != "제목 <b>" || r.AcceptedAt == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, id := range []string{"x", "A", strings.Repeat("a", 128), strings.Repeat("a", 129), "a%20b", "%2e%2e", "a%00", "%EA%B0%80", "*", "b%0a"} {
		w := b.get("/api/v1/pushes/" + id)
		if p := decode[httpapi.Problem](t, w); w.Code != 404 || p.RequestID == "" {
			t.Errorf("%s: %d %s", id, w.Code, w.Body)
		}
	}
}

// There is no login yet: what a browser on this machine asks for in the name
// of another site (DNS rebinding) is refused.
func TestOnlyLoopbackHosts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for host, status := range map[string]int{
		"127.0.0.1:8080": 200, "127.0.0.1": 200, "localhost": 200, "localhost:9": 200, "[::1]:8080": 200, "[::1]": 200,
		"": 403, "evil.example": 403, "evil.example:8080": 403, "10.0.0.1:8080": 403, "127.0.0.1.evil.example": 403, "localhost.evil.example": 403,
		"0.0.0.0:8080": 403, "[::]:80": 403, "evil.example:127.0.0.1": 403,
	} {
		for _, path := range []string{"/api/v1/pushes", "/api/v1/pushes/a"} {
			w := b.getAs(host, path)
			if w.Code != status {
				t.Errorf("%q: %d %s", host, w.Code, w.Body)
			}
			if w.Code == 403 && strings.Contains(w.Body.String(), "token-") {
				t.Errorf("%q: refused, and answered: %s", host, w.Body)
			}
		}
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
		for _, path := range []string{"/api/v1/pushes", "/api/v1/pushes/a"} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(method, path, nil)
			r.Host = "localhost"
			if b.router.ServeHTTP(w, r); w.Code != 405 {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
}

// A browser of another origin may not read the answers either.
func TestNoCrossOrigin(t *testing.T) {
	t.Parallel()
	if got := setup(t).get("/api/v1/pushes").Header().Get("Access-Control-Allow-Origin"); got != "" {
		t.Error(got)
	}
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.redis.Kill()
	for _, path := range []string{"/api/v1/pushes", "/api/v1/pushes/a"} {
		w := b.get(path)
		if p := decode[httpapi.Problem](t, w); w.Code != 503 || p.RequestID == "" || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		for _, word := range []string{"dial", "unix", b.redis.Socket, "refused"} {
			if strings.Contains(w.Body.String(), word) {
				t.Errorf("%s: the client is told %q: %s", path, word, w.Body)
			}
		}
	}
}
