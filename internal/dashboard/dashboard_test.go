package dashboard

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/zap"
)

const index = `<!doctype html><html><head><base href="./"><meta property="csp-nonce" nonce="__NONCE__">` +
	`<script type="module" src="./assets/index-B1.js"></script></head><body></body></html>`

// build is what Vite leaves. Each file says which it is.
func build() fstest.MapFS {
	files := fstest.MapFS{".gitkeep": {}, indexFile: {Data: []byte(index)}, "index.html.br": {Data: []byte("a page without a nonce")}}
	for _, name := range []string{"assets/index-B1.js", "assets/index-B1.js.br", "assets/index-B1.js.gz", "assets/style-C2.css", "assets/style-C2.css.gz",
		"assets/font-D3.woff2", "assets/logo-E4.svg", "assets/shot-F5.png", "assets/words-G6.json", "assets/odd-H7.xyz", "assets/deep/er-I8.js", "assets/lone-J9.js.br",
		"assets/.hidden-K0.js", "version.json", "favicon.svg", "favicon.svg.br"} {
		files[name] = &fstest.MapFile{Data: []byte("this is " + name)}
	}
	return files
}

// handler serves a build; its API says what it was asked.
func handler(t *testing.T, o Options) http.Handler {
	t.Helper()
	o.Logger = zap.NewNop()
	o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "API: %s %s %q %s", r.Method, r.URL, r.URL.Path+r.URL.RawPath, body)
	})
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// ask makes a request; headers are in pairs.
func ask(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader("body"))
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// wantHeaders compares headers; an empty one must not be there.
func wantHeaders(t *testing.T, what string, w *httptest.ResponseRecorder, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got := w.Header().Get(name); got != want[name] {
			t.Errorf("%s: %s: %q, not %q", what, name, got, want[name])
		}
	}
}

// wantProblem wants a problem document that nobody keeps.
func wantProblem(t *testing.T, what string, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), fmt.Sprintf(`"status":%d`, status)) {
		t.Errorf("%s: %d %s", what, w.Code, w.Body)
	}
	wantHeaders(t, what, w, map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
}

var nonceOf = regexp.MustCompile(`<meta property="csp-nonce" nonce="([^"]*)">`)

// wantPage wants index.html below a path, and returns its nonce.
func wantPage(t *testing.T, what string, w *httptest.ResponseRecorder, base string) string {
	t.Helper()
	body := w.Body.String()
	if w.Code != 200 || !strings.Contains(body, `<base href="`+base+`">`) || strings.Contains(body, nonceMark) {
		t.Errorf("%s: %d %s", what, w.Code, body)
	}
	found := nonceOf.FindStringSubmatch(body)
	if found == nil || !regexp.MustCompile(`^[A-Za-z0-9+/]{22}==$`).MatchString(found[1]) {
		t.Fatalf("%s: nonce %q: %s", what, found, body)
	}
	wantHeaders(t, what, w, map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + found[1] + "'; font-src 'self'; img-src 'self' data:; " +
			"connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
		"Cache-Control": "no-cache", "Content-Type": "text/html; charset=utf-8", "ETag": "", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	})
	return found[1]
}

func TestPage(t *testing.T) {
	t.Parallel()
	h := handler(t, Options{Files: build()})
	seen := map[string]bool{}
	for _, path := range []string{"/", "/log", "/log?page=7", "/workers", "/failed", "/scheduled", "/compose", "/settings/users", "/flush", "/login", "/login/",
		"/nowhere/at.all", "/index.html", "/index.html.br", "/favicon.svg.br", "/.gitkeep", "/apiary", "/assetsx", "//evil.example/", "/../../etc/passwd", "/%2e%2e/webapp.go", "/가나다", "/"} {
		nonce := wantPage(t, path, ask(h, "GET", path), "/")
		if seen[nonce] {
			t.Errorf("%s: the nonce of another answer", path)
		}
		seen[nonce] = true
	}
	w := ask(h, "GET", "/log")
	want := strings.NewReplacer("./\">", "/\">", nonceMark, nonceOf.FindStringSubmatch(w.Body.String())[1]).Replace(index)
	if w.Body.String() != want {
		t.Errorf("%s\n%s", w.Body, want)
	}
	files := build()
	files[indexFile].Data = []byte(strings.Replace(index, `"./">`, `"./" />`, 1))
	wantPage(t, "a base that ends otherwise", ask(handler(t, Options{Files: files}), "GET", "/"), "/")
}

func TestOtherMethods(t *testing.T) {
	t.Parallel()
	h := handler(t, Options{Files: build()})
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
		for _, path := range []string{"/", "/log", "/version.json", "/assets/index-B1.js"} {
			w := ask(h, method, path)
			wantProblem(t, method+" "+path, w, 405)
			wantHeaders(t, method+" "+path, w, map[string]string{"Allow": "GET, HEAD"})
		}
	}
}

// HEAD says what GET does, without the body.
func TestHead(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(handler(t, Options{Files: build()}))
	defer srv.Close()
	for _, path := range []string{"/", "/log", "/version.json", "/assets/index-B1.js", "/assets/gone.js"} {
		var answers []*http.Response
		for _, method := range []string{"GET", "HEAD"} {
			r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", "br")
			resp, err := srv.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if resp.Body.Close(); err != nil || (len(body) == 0) != (method == "HEAD") {
				t.Errorf("%s %s: %q, %v", method, path, body, err)
			}
			answers = append(answers, resp)
		}
		get, head := answers[0], answers[1]
		for _, name := range []string{"Content-Type", "Content-Encoding", "Cache-Control", "Vary", "ETag", "X-Content-Type-Options"} {
			if get.StatusCode != head.StatusCode || get.Header.Get(name) != head.Header.Get(name) {
				t.Errorf("%s: %d %q, HEAD %d %q", path, get.StatusCode, get.Header.Get(name), head.StatusCode, head.Header.Get(name))
			}
		}
		if strings.HasPrefix(path, "/assets/index") && (head.ContentLength != get.ContentLength || get.ContentLength != int64(len("this is assets/index-B1.js.br"))) {
			t.Errorf("%s: %d, HEAD %d", path, get.ContentLength, head.ContentLength)
		}
	}
}

// Whatever else listens at such a path elsewhere, a probe must not take a page for it.
func TestNoPageForProbes(t *testing.T) {
	t.Parallel()
	h := handler(t, Options{Files: build()})
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		wantProblem(t, path, ask(h, "GET", path), 404)
	}
}

func TestAPI(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Files: build()}, {Files: fstest.MapFS{}}} {
		h := handler(t, o)
		for target, want := range map[string]string{
			"/api":                   `API: POST /api "/api" body`,
			"/api/":                  `API: POST /api/ "/api/" body`,
			"/api/v1/pushes/a?x=%2f": `API: POST /api/v1/pushes/a?x=%2f "/api/v1/pushes/a" body`,
			"/api/assets/x.js":       `API: POST /api/assets/x.js "/api/assets/x.js" body`,
		} {
			if w := ask(h, "POST", target); w.Code != 200 || w.Body.String() != want {
				t.Errorf("%d %s, not %s", w.Code, w.Body, want)
			}
		}
	}
}

func TestBase(t *testing.T) {
	t.Parallel()
	h := handler(t, Options{Files: build(), Base: "/push/a.b/"})
	wantPage(t, "the base", ask(h, "GET", "/push/a.b/"), "/push/a.b/")
	wantPage(t, "a page", ask(h, "GET", "/push/a.b/log?x=1"), "/push/a.b/")
	wantPage(t, "a page that looks like the base", ask(h, "GET", "/push/a.b/push/a.b/"), "/push/a.b/")
	if w := ask(h, "GET", "/push/a.b/assets/index-B1.js"); w.Body.String() != "this is assets/index-B1.js" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for target, want := range map[string]string{
		"/push/a.b/api/v1/counts?x=%2f":     `API: POST /api/v1/counts?x=%2f "/api/v1/counts" body`,
		"/push/a.b/api":                     `API: POST /api "/api" body`,
		"/push/a.b/api/v1/pushes/a%2Fb":     `API: POST /api/v1/pushes/a/b "/api/v1/pushes/a/b" body`,
		"/push/a%2eb/api/v1/push/a.b/api/x": `API: POST /api/v1/push/a.b/api/x "/api/v1/push/a.b/api/x" body`,
	} {
		if w := ask(h, "POST", target); w.Body.String() != want {
			t.Errorf("%s: %d %s, not %s", target, w.Code, w.Body, want)
		}
	}
	for _, path := range []string{"/", "/log", "/push", "/push/", "/push/a.bc/", "/pushx/a.b/", "/api/v1/counts", "/assets/index-B1.js", "/version.json", "//push/a.b/"} {
		wantProblem(t, path, ask(h, "GET", path), 404)
	}
	for target, want := range map[string]string{"/push/a.b": "/push/a.b/", "/push/a.b?x=1&y=%0d%0a": "/push/a.b/?x=1&y=%0d%0a"} {
		if w := ask(h, "GET", target); w.Code != 302 || w.Header().Get("Location") != want {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	}
	wantProblem(t, "a change of what is not there", ask(h, "POST", "/push/a.b"), 405)
}

// What a proxy took away is believed if the proxy is.
func TestForwardedPrefix(t *testing.T) {
	t.Parallel()
	const trusted = "192.0.2.0/24" // has the address from which httptest asks
	for _, tt := range []struct {
		networks []string
		base     string
		headers  []string
		want     string
	}{
		{nil, "/", []string{"/push"}, "/"},
		{[]string{"198.51.100.0/24"}, "/", []string{"/push"}, "/"},
		{[]string{trusted}, "/", nil, "/"},
		{[]string{trusted}, "/", []string{""}, "/"},
		{[]string{trusted}, "/", []string{"/"}, "/"},
		{[]string{trusted}, "/", []string{"/push"}, "/push/"},
		{[]string{trusted}, "/", []string{"/push/"}, "/push/"},
		{[]string{trusted}, "/", []string{"/a/b~c_d-e.f"}, "/a/b~c_d-e.f/"},
		{[]string{trusted}, "/in/", []string{"/push"}, "/push/in/"},
		{[]string{trusted}, "/", []string{"push"}, "/"},
		{[]string{trusted}, "/", []string{"//evil.example"}, "/"},
		{[]string{trusted}, "/", []string{"/push//"}, "/"},
		{[]string{trusted}, "/", []string{"/a/../b"}, "/"},
		{[]string{trusted}, "/", []string{"/a, /b"}, "/"},
		{[]string{trusted}, "/", []string{`/"><script>alert(1)</script>`}, "/"},
		{[]string{trusted}, "/", []string{"/push\n/x"}, "/"},
		{[]string{trusted}, "/", []string{"/__NONCE__"}, "/__NONCE__/"},
		{[]string{trusted}, "/", []string{"https://evil.example/"}, "/"},
	} {
		h := handler(t, Options{Files: build(), Base: tt.base, TrustedProxies: tt.networks})
		var headers []string
		for _, one := range tt.headers {
			headers = append(headers, "X-Forwarded-Prefix", one)
		}
		what := fmt.Sprint(tt)
		w := ask(h, "GET", tt.base+"log", headers...)
		if !strings.Contains(w.Body.String(), `<base href="`+tt.want+`">`) || w.Code != 200 {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
		if without := strings.TrimSuffix(tt.base, "/"); without != "" {
			if w := ask(h, "GET", without, headers...); w.Header().Get("Location") != tt.want {
				t.Errorf("%s: %v", what, w.Header())
			}
		}
	}
}

func TestUnbuilt(t *testing.T) {
	t.Parallel()
	h := handler(t, Options{Files: fstest.MapFS{".gitkeep": {}}})
	for _, path := range []string{"/", "/log", "/.gitkeep"} {
		w := ask(h, "GET", path)
		for _, words := range []string{"./scripts/run", "npm ci", "npm run build", "go build"} {
			if w.Code != 503 || !strings.Contains(w.Body.String(), words) {
				t.Errorf("%s: %d: no word of %s: %s", path, w.Code, words, w.Body)
			}
		}
		wantHeaders(t, path, w, map[string]string{"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"})
	}
	wantProblem(t, "an asset", ask(h, "GET", "/assets/index-B1.js"), 404)
}

func TestNewFails(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"a path":          {Files: build(), Base: "/push"},
		"networks":        {Files: build(), TrustedProxies: []string{"nonsense"}},
		"no base":         {Files: fstest.MapFS{indexFile: {Data: []byte(`<base href="/"> __NONCE__`)}}},
		"no nonce":        {Files: fstest.MapFS{indexFile: {Data: []byte(`<base href="./">`)}}},
		"a broken build":  {Files: broken{build(), "version.json"}},
		"a page it lacks": {Files: broken{build(), indexFile}},
	} {
		if _, err := New(Options{Files: o.Files, Base: o.Base, TrustedProxies: o.TrustedProxies, Logger: zap.NewNop(), API: http.NotFoundHandler()}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// broken is a build of which one file can't be read.
type broken struct {
	fs.FS
	name string
}

func (b broken) Open(name string) (fs.File, error) {
	if name == b.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return b.FS.Open(name)
}

func TestValidBase(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{"/": true, "/push/": true, "/a/b.c~d_e-f/1/": true,
		"": false, "push/": false, "/push": false, "//": false, "//push/": false, "/a//b/": false, "/../": false, "/a/./": false, "/.a/": false,
		"/a b/": false, "/%70/": false, "/가/": false, "/a\n/": false, "/a/\n": false, `/"/`: false, "/a?b/": false, "/a:b/": false} {
		if got := ValidBase(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}

// Requests above the limit are refused, and have no part in that of the API.
func TestMaxRequests(t *testing.T) {
	t.Parallel()
	reading, goOn := make(chan struct{}), make(chan struct{})
	h := handler(t, Options{Files: slow{build(), reading, goOn}, MaxRequests: 1})
	done := make(chan struct{})
	go func() {
		ask(h, "GET", "/assets/index-B1.js")
		close(done)
	}()
	<-reading
	wantProblem(t, "one too many", ask(h, "GET", "/"), 429)
	if w := ask(h, "GET", "/api/x"); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
	close(goOn)
	<-done
	wantPage(t, "when there is room", ask(h, "GET", "/"), "/")
}

// slow is a build whose scripts are opened when somebody says so.
type slow struct {
	fs.FS
	reading, goOn chan struct{}
}

func (s slow) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, ".js") {
		s.reading <- struct{}{}
		<-s.goOn
	}
	return s.FS.Open(name)
}
