package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pushstream/internal/push"
)

// bundle is a router with one page for each thing that a page may do.
type bundle struct {
	router *gin.Engine
	logs   *observer.ObservedLogs
}

func setup(t *testing.T) *bundle {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	r := New(zap.New(core), 10, nil)
	r.GET("/ok/:id", func(c *gin.Context) { c.String(http.StatusOK, "ok") })
	r.GET("/panic", func(*gin.Context) { panic("secret of the program") })
	r.GET("/half", func(c *gin.Context) {
		c.String(http.StatusOK, "half")
		c.Writer.Flush()
		panic(http.ErrAbortHandler)
	})
	r.GET("/away", func(c *gin.Context) { Unavailable(c, errors.New("dial unix /secret: refused")) })
	r.GET("/faulty", func(c *gin.Context) {
		FailWith(c, Problem{Status: 422, Detail: "d", Faults: []ItemFaults{{3, push.Faults{{Field: "csno", Message: "m"}}}}, Items: []int{1}})
	})
	r.POST("/read", func(c *gin.Context) {
		if _, err := io.ReadAll(c.Request.Body); TooLarge(err) {
			Fail(c, http.StatusRequestEntityTooLarge, "")
		} else if err != nil {
			t.Error(err)
		}
	})
	return &bundle{r, logs}
}

func (b *bundle) do(method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.router.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

// checkProblem wants a problem document that says the same as the status line
// and the headers.
func checkProblem(t *testing.T, w *httptest.ResponseRecorder, status int) Problem {
	t.Helper()
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if w.Code != status || p.Status != status || p.Title != http.StatusText(status) || p.Type != "about:blank" ||
		p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("status %d, header %v, problem %+v; want %d", w.Code, w.Header(), p, status)
	}
	return p
}

func TestUnknownPagesAndMethods(t *testing.T) {
	t.Parallel()
	b := setup(t)
	checkProblem(t, b.do("GET", "/nowhere", ""), 404)
	checkProblem(t, b.do("GET", "/ok/1/", ""), 404)
	checkProblem(t, b.do("GET", "/", ""), 404)
	checkProblem(t, b.do("DELETE", "/ok/1", ""), 405)
	checkProblem(t, b.do("POST", "/ok/1", ""), 405)
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, two := b.do("GET", "/ok/1", ""), b.do("GET", "/ok/1", "")
	id := one.Header().Get("X-Request-Id")
	if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(id) || id == two.Header().Get("X-Request-Id") {
		t.Errorf("request id %q", id)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if got := one.Header().Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.do("GET", "/panic", "")
	p := checkProblem(t, w, 500)
	if strings.Contains(w.Body.String(), "secret") {
		t.Errorf("the client is told: %s", w.Body)
	}
	logged := b.logs.FilterMessage("panic").All()
	if len(logged) != 1 || logged[0].ContextMap()["request_id"] != p.RequestID {
		t.Errorf("log %+v", logged)
	}
	if w := b.do("GET", "/ok/1", ""); w.Code != 200 {
		t.Errorf("after it: %d", w.Code)
	}
}

// An answer that is broken off must not look like a whole one, nor like a bug.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	b := setup(t)
	srv := httptest.NewServer(b.router)
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL + "/half")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err == nil || string(text) != "half" {
		t.Errorf("%q %v", text, err)
	}
	if b.logs.FilterMessage("panic").Len() != 0 || b.logs.FilterMessage("request").Len() != 1 {
		t.Errorf("log %+v", b.logs.All())
	}
}

// The client learns that it may come again, the log why.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.do("GET", "/away", "")
	p := checkProblem(t, w, 503)
	if strings.Contains(w.Body.String(), "secret") || w.Header().Get("Retry-After") == "" {
		t.Errorf("%s %v", w.Body, w.Header())
	}
	logged := b.logs.FilterMessage("request failed").All()
	if len(logged) != 1 || logged[0].ContextMap()["request_id"] != p.RequestID || !strings.Contains(logged[0].ContextMap()["error"].(string), "/secret") {
		t.Errorf("log %+v", logged)
	}
}

func TestFaultsAndItems(t *testing.T) {
	t.Parallel()
	w := setup(t).do("GET", "/faulty", "")
	checkProblem(t, w, 422)
	if !strings.Contains(w.Body.String(), `"faults":[{"index":3,"faults":[{"field":"csno","message":"m"}]}],"items":[1]`) {
		t.Error(w.Body)
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if w := b.do("POST", "/read", "0123456789"); w.Code != 200 {
		t.Errorf("ten bytes: %d", w.Code)
	}
	checkProblem(t, b.do("POST", "/read", "01234567890"), 413)
	if TooLarge(nil) || TooLarge(io.ErrUnexpectedEOF) {
		t.Error("another error is one of size")
	}
}

// Queries and ids may name customers: they are not logged.
func TestLogKeepsCustomersOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.do("GET", "/ok/id-of-a-push?csno=10023451", "")
	b.do("GET", "/other/010-1234-5678?csno=10023451", "")
	entries := b.logs.All()
	if len(entries) != 2 {
		t.Fatalf("%d lines", len(entries))
	}
	if f := entries[0].ContextMap(); f["route"] != "/ok/:id" || f["status"] != int64(200) || f["method"] != "GET" || f["request_id"] == "" {
		t.Errorf("%v", f)
	}
	for _, e := range entries {
		for name, value := range e.ContextMap() {
			if text, _ := value.(string); strings.Contains(text, "1002345") || strings.Contains(text, "id-of") || strings.Contains(text, "010-") {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}

func TestProtect(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/ok", "/nowhere", "/panic"} {
		h := b.do("GET", path, "").Header()
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Referrer-Policy": "no-referrer", "Strict-Transport-Security": ""} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s: %q", path, name, got)
			}
		}
	}
}

// Only proxies that the operator names are believed.
func TestTrust(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		networks      []string
		from, forward string
		address       string
		encrypted     bool
	}{
		"nobody is trusted":         {nil, "10.0.0.9:1", "203.0.113.7", "10.0.0.9", false},
		"a trusted proxy":           {[]string{"10.0.0.0/8"}, "10.0.0.9:1", "203.0.113.7", "203.0.113.7", true},
		"a liar behind it":          {[]string{"10.0.0.0/8"}, "10.0.0.9:1", "1.1.1.1, 203.0.113.7", "203.0.113.7", true},
		"two proxies":               {[]string{"10.0.0.0/8"}, "10.0.0.9:1", "203.0.113.7, 10.1.1.1", "203.0.113.7", true},
		"who is no proxy":           {[]string{"10.0.0.0/8"}, "203.0.113.9:1", "1.1.1.1", "203.0.113.9", false},
		"an address that is none":   {[]string{"10.0.0.0/8"}, "10.0.0.9:1", "x'; DROP", "10.0.0.9", true},
		"the proxy says nothing":    {[]string{"10.0.0.0/8"}, "10.0.0.9:1", "", "10.0.0.9", true},
		"a client beside the proxy": {[]string{"10.0.0.0/8"}, "10.0.0.9:1", "10.0.0.9", "10.0.0.9", true},
		"a proxy named as one":      {[]string{"10.0.0.9"}, "10.0.0.9:1", "203.0.113.7", "203.0.113.7", true},
		"one that is not named":     {[]string{"10.0.0.9"}, "10.0.0.8:1", "203.0.113.7", "10.0.0.8", false},
		"an IPv6 client of a proxy": {[]string{"::1"}, "[::1]:1", "2001:db8::1", "2001:db8::1", true},
	} {
		r := New(zap.NewNop(), 1, nil)
		if err := Trust(r, tt.networks); err != nil {
			t.Fatal(err)
		}
		var address string
		var encrypted bool
		r.GET("/", func(c *gin.Context) {
			address, encrypted = c.ClientIP(), Encrypted(c)
			if says := Forwarded(c, "X-Forwarded-Proto"); (says == "https") != encrypted || c.GetHeader("X-Forwarded-For") != tt.forward {
				t.Errorf("%s: %q, %v", name, says, c.Request.Header)
			}
		})
		req := httptest.NewRequest("GET", "/", nil)
		req.RemoteAddr = tt.from
		req.Header.Set("X-Forwarded-For", tt.forward)
		req.Header.Set("X-Forwarded-Proto", "https")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		if address != tt.address || encrypted != tt.encrypted || (w.Header().Get("Strict-Transport-Security") != "") != tt.encrypted {
			t.Errorf("%s: %s, %v", name, address, encrypted)
		}
	}
	if Trust(New(zap.NewNop(), 1, nil), []string{"nonsense"}) == nil {
		t.Error("nonsense is taken")
	}
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	r := New(zap.NewNop(), 1, nil)
	began, end := make(chan struct{}), make(chan struct{})
	r.GET("/", Admit(1), func(*gin.Context) { began <- struct{}{}; <-end })
	done := make(chan struct{})
	go func() {
		r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		close(done)
	}()
	<-began
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 429 || w.Header().Get("Retry-After") != "1" || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	close(end)
	<-done
}

func TestCompress(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("가나다라 ", 1000)
	h := Compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.URL.Query().Get("type"))
		_, _ = w.Write([]byte(text[:1+len(r.URL.Query().Get("long"))*(len(text)-1)]))
	}))
	for query, want := range map[string]string{
		"type=application/json&long=1":  "gzip",
		"type=application/json":         "",
		"type=text/event-stream&long=1": "",
	} {
		r := httptest.NewRequest("GET", "/?"+query, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("%s: %q", query, got)
		}
	}
}

// Who sends a body slowly keeps nobody from being served, and is given up.
func TestReceive(t *testing.T) {
	t.Parallel()
	r := New(zap.NewNop(), 10, nil)
	r.POST("/", Receive(100*time.Millisecond, 1), Admit(1), func(c *gin.Context) {
		b, err := io.ReadAll(c.Request.Body)
		if TooLarge(err) {
			Fail(c, http.StatusRequestEntityTooLarge, "")
			return
		}
		c.String(http.StatusOK, string(b))
	})
	srv := httptest.NewServer(r)
	defer srv.Close()
	for body, want := range map[string]int{"hello": 200, "more than 10 bytes": 413, "": 200} {
		resp, err := http.Post(srv.URL, "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close(); resp.StatusCode != want {
			t.Errorf("%q: %d", body, resp.StatusCode)
		}
	}
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhal"); err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	answer, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400") || !strings.Contains(string(answer), "did not come") {
		t.Errorf("%q %v", answer, err)
	}
}
