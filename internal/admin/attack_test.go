package admin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Whatever stands in a path, the answer is a problem, and nothing of it gets into
// headers.
func TestStrangePaths(t *testing.T) {
	t.Parallel()
	b := setup(t)
	strange := []string{"a%2fb", "..%2f..%2fetc%2fpasswd", "%00", "%0d%0aSet-Cookie:%20x=1", "%ff%fe", url.PathEscape("가나다"), url.PathEscape("‮\U0001f600"),
		strings.Repeat("a", 10_000), "%3Cscript%3E", "a;b", "a'--", "*", "%25", "a:b.c_d-e"}
	for _, r := range slices.Concat(changing, gets()) {
		for _, one := range strange {
			parts := strings.Split(r.path, "/")
			if len(parts) < 5 {
				continue
			}
			parts[4] = one
			w := b.as("localhost", nil, r.method, strings.Join(parts, "/"), r.body)
			if w.Code < 400 && !strings.Contains(r.path, "?") || w.Code >= 500 {
				t.Errorf("%s %.80s: %d %s", r.method, strings.Join(parts, "/"), w.Code, w.Body)
			}
			if w.Code >= 400 {
				checkProblem(t, w, w.Code)
			}
			if w.Header().Get("Set-Cookie") != "" && !strings.Contains(r.path, "session") {
				t.Errorf("%s %.80s: %v", r.method, one, w.Header())
			}
		}
	}
}

// What a push holds comes out as text: no browser takes an answer for a page.
func TestStoredScript(t *testing.T) {
	t.Parallel()
	b := empty(t)
	const script = `<script>alert(1)</script>`
	job := somebody()
	job.MsgTitle, job.MsgContents, job.ServiceName, job.PushGrpID, job.Csno = script, script, script, script, script
	b.accept(t, job)
	for _, w := range []*httptest.ResponseRecorder{b.get("/api/v1/pushes"), b.get("/api/v1/pushes/p"),
		b.do("POST", "/api/v1/pushes/p/reveal", `{"fields":["msg_title"],"reason":"<script>"}`), b.do("POST", "/api/v1/audit/search", `{}`),
		b.do("POST", "/api/v1/pushes/search", `{"column":"push_grp_id","contains":"<script>"}`)} {
		if w.Code != 200 || strings.Contains(w.Body.String(), "<script>") || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	}
	if r := decode[page](t, b.get("/api/v1/pushes")).Items[0]; r.ServiceName != script || r.MsgTitle != "<sc****" {
		t.Errorf("%+v", r)
	}
}

// Very many at once: each is served, or told to come again; and the next one is served.
func TestTenThousandAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var mu sync.Mutex
	codes := map[int]int{}
	var all sync.WaitGroup
	for i := range 10_000 {
		all.Go(func() {
			r := httptest.NewRequest("GET", []string{"/api/v1/pushes", "/api/v1/pushes/a", "/api/v1/session", "/nowhere"}[i%4], nil)
			r.AddCookie(&http.Cookie{Name: plainCookie, Value: b.cookie})
			w := httptest.NewRecorder()
			b.router.ServeHTTP(w, r)
			mu.Lock()
			defer mu.Unlock()
			codes[w.Code]++
		})
	}
	all.Wait()
	if codes[200] == 0 || codes[200]+codes[429]+codes[404]+codes[503] != 10_000 {
		t.Errorf("%v", codes)
	}
	b.eventually(t, "the next one is served", func() bool { return b.get("/api/v1/pushes").Code == 200 })
}

// A forged, cut, or strange session or token opens nothing.
func TestForged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	session, _, err := b.access.Session(t.Context(), b.cookie, -1)
	if err != nil {
		t.Fatal(err)
	}
	token := b.token(t, "machine")
	for _, secret := range []string{"", "x", session.Session, b.cookie[1:], b.cookie + "A", strings.ToUpper(b.cookie), strings.Repeat("a", 8000), "\x00", "*", "push:{access}:user:root"} {
		w := b.as("localhost", map[string]string{"Cookie": plainCookie + "=" + secret}, "GET", "/api/v1/pushes", "")
		checkProblem(t, w, 401, "log in")
	}
	for _, header := range []string{"Bearer", "Bearer ", "Bearer x", "Bearer pst_", "Bearer " + token[1:], "Bearer " + token + "A", "Basic " + token, "Bearer " + b.cookie, token,
		"Bearer " + strings.Repeat("pst_", 2000)} {
		w := b.as("localhost", map[string]string{"Authorization": header, "Cookie": ""}, "GET", "/api/v1/pushes", "")
		checkProblem(t, w, 401, "log in")
		if w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%.20s: %v", header, w.Header())
		}
	}
}

// FuzzParameters asks for pages with any query: there is a page, or a problem that is
// as documented, and never an error of the server's.
func FuzzParameters(f *testing.F) {
	for _, query := range []string{"", "page=2&size=10&order=oldest", "status=failed,sent&since=2026-11-24T00:00:00Z", "column=result&contains=x", "asof=2026-11-24T09:30:00%2B09:00",
		"page=-1", "size=1e9", "status=lost", "%zz", "page=1&page=2", "search=8f14e45f-ceea-467f-a8d6-0123456789ab", "budget_ms=0", "contains=%00", "csno=1"} {
		f.Add(query)
	}
	b := empty(f)
	for i := range 20 {
		b.accept(f, jobOf(fmt.Sprint("fuzz-", i)))
	}
	f.Fuzz(func(t *testing.T, query string) {
		b.t = t
		if (&url.URL{RawQuery: query}).String() == "" || strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r == '#' || r == 0x7f }) {
			return // no server gets it so
		}
		w := b.get("/api/v1/pushes?" + query)
		if w.Code != 200 && w.Code != 400 && w.Code != 404 {
			t.Errorf("%q: %d %s", query, w.Code, w.Body)
		}
	})
}
