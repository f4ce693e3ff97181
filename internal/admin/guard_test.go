package admin

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"pushstream/internal/redistest"
)

// gets are requests for all that is readable.
func gets() (requests []request) {
	for _, path := range readable {
		requests = append(requests, request{"GET", path, ""})
	}
	return requests
}

// A page that the operator has open in a browser must not be able to change
// anything, whatever it claims to be.
func TestNoChangeForOtherSites(t *testing.T) {
	t.Parallel()
	b := changeable(t)
	before := redistest.Dump(t, b.rdb)
	const host = "127.0.0.1:8080"
	foreign := []struct {
		name, host string
		headers    map[string]string
	}{
		{"another site", host, map[string]string{"Sec-Fetch-Site": "cross-site"}},
		{"another port of this machine", host, map[string]string{"Sec-Fetch-Site": "same-site"}},
		{"an old browser, another site", host, map[string]string{"Origin": "https://evil.example"}},
		{"an old browser, another port", host, map[string]string{"Origin": "http://127.0.0.1:9999"}},
		{"an old browser, a page without an origin", host, map[string]string{"Origin": "null"}},
		{"another site that claims our origin", host, map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://" + host}},
	}
	for _, one := range foreign {
		for _, c := range slices.Concat(changing, posted, ending) {
			w := b.as(one.host, one.headers, c.method, c.path, c.body)
			if w.Code != 403 {
				t.Errorf("%s, %s %s: %d %s", one.name, c.method, c.path, w.Code, w.Body)
			}
		}
	}
	if after := redistest.Dump(t, b.rdb); !maps.Equal(before, after) {
		t.Errorf("it has changed:\n%v\n%v", before, after)
	}
	lines := b.logs.FilterMessage("action").All()
	if len(lines) != len(foreign)*(len(changing)+len(ending)+2) {
		t.Errorf("%d lines in the log", len(lines))
	}
	for _, line := range lines {
		if f := line.ContextMap(); f["outcome"] != "refused" || f["status"] != int64(403) {
			t.Errorf("%v", f)
		}
	}
}

// The dashboard, and programs that are no browser, may.
func TestChangeForOurselves(t *testing.T) {
	t.Parallel()
	for name, headers := range map[string]map[string]string{
		"a page of ours":                 {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8080"},
		"a page of ours, an old browser": {"Origin": "http://127.0.0.1:8080"},
		"curl":                           nil,
	} {
		b := changeable(t)
		for _, c := range slices.Concat(changing, posted) {
			if w := b.as("127.0.0.1:8080", headers, c.method, c.path, c.body); w.Code >= 300 {
				t.Errorf("%s, %s %s: %d %s", name, c.method, c.path, w.Code, w.Body)
			}
		}
	}
}

// Every route is in the tests above.
func TestRoutesAreComplete(t *testing.T) {
	t.Parallel()
	b := empty(t)
	known := map[string]bool{"GET /api/v1/login": true, "GET /api/v1/oidc/start": true, "GET /api/v1/oidc/callback": true, "GET /api/v1/events": true}
	for _, c := range slices.Concat(changing, posted, ending, gets()) {
		known[b.routeOf(c.method, c.path)] = true
	}
	for _, r := range b.router.Routes() {
		if !known[r.Method+" "+r.Path] {
			t.Errorf("%s %s is not", r.Method, r.Path)
		}
		delete(known, r.Method+" "+r.Path)
	}
	if len(known) != 0 {
		t.Errorf("no such routes: %v", known)
	}
}

// routeOf is the route that answers a path, as the router has it.
func (b *bundle) routeOf(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	found := ""
	for _, r := range b.router.Routes() {
		pattern := regexp.MustCompile("^" + regexp.MustCompile(`:\w+`).ReplaceAllString(r.Path, `[^/]*`) + "$")
		if r.Method == method && pattern.MatchString(path) && (found == "" || !strings.Contains(r.Path, ":")) {
			found = r.Method + " " + r.Path
		}
	}
	return found
}

// A browser of another origin may not read the answers either.
func TestNoCrossOriginReading(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range readable {
		w := b.as("127.0.0.1:8080", map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, "GET", path, "")
		for name := range w.Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s", path, name)
			}
		}
	}
}

func TestOtherMethods(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, allowed := range map[string]string{
		"/api/v1/pushes/a/move": "POST", "/api/v1/pushes/a/send-now": "POST", "/api/v1/jobs/a": "GET", "/api/v1/jobs/a/cancel": "POST",
		"/api/v1/scheduled": "GET", "/api/v1/failures": "GET", "/api/v1/pushes/a": "GET", "/api/v1/pushes/a/redrive": "POST", "/api/v1/pushes/a/cancel": "POST",
		"/api/v1/flushes": "POST", "/api/v1/flushes/current": "GET", "/api/v1/flushes/current/cancel": "POST",
		"/api/v1/workers": "GET", "/api/v1/workers/desired": "PUT", "/api/v1/workers/a/desired": "PUT",
		"/api/v1/counts": "GET", "/api/v1/counters/minutes": "GET", "/api/v1/counters/hours": "GET",
		"/api/v1/holds": "GET", "/api/v1/holds/demo": "DELETE", "/api/v1/dead-tokens": "GET", "/api/v1/dead-tokens/a": "DELETE",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
			if w := b.do(method, path, ""); method != allowed && w.Code != 405 {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
}

// Parameters in the wrong place are not left out without a word: a filter that
// stands in the URL of a redrive would redrive everything.
func TestNoStrayParameters(t *testing.T) {
	t.Parallel()
	b := changeable(t)
	before := redistest.Dump(t, b.rdb)
	for _, c := range append(slices.Concat(changing, posted), []request{
		{"GET", "/api/v1/workers", ""}, {"GET", "/api/v1/holds", ""}, {"GET", "/api/v1/counts", ""}}...) {
		checkProblem(t, b.do(c.method, c.path+"?csno=1", c.body), 400, `unknown parameter "csno"`)
		checkProblem(t, b.do(c.method, c.path+"?%zz", c.body), 400, "query")
	}
	if after := redistest.Dump(t, b.rdb); !maps.Equal(before, after) {
		t.Error("it has changed")
	}
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.redis.Kill()
	requests := slices.Concat(gets(), changing, posted)
	var all sync.WaitGroup // t.Parallel would let two at a time wait for a server that is away
	for _, r := range requests {
		all.Go(func() {
			w := b.do(r.method, r.path, r.body)
			checkProblem(t, w, 503)
			if w.Header().Get("Retry-After") == "" {
				t.Errorf("%s %s: no Retry-After", r.method, r.path)
			}
			for _, word := range []string{"dial", "unix", b.redis.Socket, "refused"} {
				if strings.Contains(w.Body.String(), word) {
					t.Errorf("%s %s: the client is told %q: %s", r.method, r.path, word, w.Body)
				}
			}
		})
	}
	all.Wait()
}
