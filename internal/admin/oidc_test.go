package admin

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/access/oidctest"
	"pushstream/internal/audit"
)

const forPeople = "text/html,application/xhtml+xml,*/*;q=0.8"

// signedOn is a pushstream with an identity provider, below a path of a proxy.
func signedOn(t *testing.T) (*bundle, *oidctest.Provider) {
	t.Helper()
	b, p := empty(t), oidctest.New(t)
	b.trust(t, p)
	return b, p
}

// trust has the router use a provider.
func (b *bundle) trust(t *testing.T, p *oidctest.Provider) {
	t.Helper()
	o, err := b.access.NewOIDC(access.OIDCConfig{Issuer: p.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret,
		RedirectURL: "https://push.firm.kr/push" + OIDCCallback, RevealValue: "push-reveal",
		Roles:  map[string]access.Role{"push-viewers": access.Viewer, "push-operators": access.Operator, "push-admins": access.Admin},
		Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	options := b.options
	options.OIDC = o
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(stop)
	b.router = newAPI(ctx, options).router()
}

// begin is a browser that is sent to the provider, and keeps the cookie.
func (b *bundle) begin(t *testing.T) (location, cookie string) {
	t.Helper()
	w := b.as("localhost", map[string]string{"Cookie": "", "Accept": forPeople}, "GET", "/api/v1/oidc/start", "")
	cookies := w.Result().Cookies()
	if w.Code != 302 || len(cookies) != 1 || w.Body.Len() != 0 {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	c := cookies[0]
	if c.Name != plainOIDCCookie || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/push"+OIDCCallback || c.MaxAge != 600 {
		t.Errorf("%+v", c)
	}
	if strings.Contains(w.Header().Get("Location"), c.Value) {
		t.Error("the cookie is in the URL")
	}
	return w.Header().Get("Location"), c.Value
}

// back is a browser that the provider sends back, from another site.
func (b *bundle) back(accept, cookie string, query url.Values) *httptest.ResponseRecorder {
	return b.as("localhost", map[string]string{"Cookie": plainOIDCCookie + "=" + cookie, "Accept": accept, "Sec-Fetch-Site": "cross-site"},
		"GET", OIDCCallback+"?"+query.Encode(), "")
}

// signOn goes all the way.
func (b *bundle) signOn(t *testing.T, p *oidctest.Provider, accept string) *httptest.ResponseRecorder {
	t.Helper()
	location, cookie := b.begin(t)
	code, state := p.Visit(t, location)
	return b.back(accept, cookie, url.Values{"code": {code}, "state": {state}, "session_state": {"of the provider"}, "iss": {p.URL}})
}

// sessionOf is the secret of the session that an answer begins, if it begins one.
func sessionOf(w *httptest.ResponseRecorder) string {
	for _, c := range w.Result().Cookies() {
		if c.Name == plainCookie {
			return c.Value
		}
	}
	return ""
}

func TestSignOn(t *testing.T) {
	t.Parallel()
	b, p := signedOn(t)
	if ways := decode[loginWays](t, b.get("/api/v1/login")); !ways.OIDC || !ways.Password {
		t.Errorf("%+v", ways)
	}
	w := b.signOn(t, p, forPeople)
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store" ||
		!strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	text := w.Body.String()
	for _, want := range []string{`<meta http-equiv="refresh" content="0; url=../../../">`, `<a href="../../../">`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	for _, c := range w.Result().Cookies() {
		switch {
		case c.Name == plainCookie && c.HttpOnly && c.SameSite == http.SameSiteStrictMode && c.Path == "/":
		case c.Name == plainOIDCCookie && c.MaxAge == -1 && c.Path == "/push"+OIDCCallback:
		default:
			t.Errorf("%+v", c)
		}
	}
	session := map[string]string{"Cookie": plainCookie + "=" + sessionOf(w)}
	m := decode[me](t, b.as("localhost", session, "GET", "/api/v1/session", ""))
	if m.Name != "kim@firm.kr" || m.Role != access.Operator || m.How != access.ByOIDC || m.May(access.Reveal) {
		t.Errorf("%+v", m)
	}
	if w := b.as("localhost", session, "PUT", "/api/v1/workers/desired", `{"desired":"paused"}`); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	checkProblem(t, b.as("localhost", session, "GET", "/api/v1/users", ""), 403)
	if e := b.audited(t, audit.Login, "kim@firm.kr", audit.Done); e.Role != "operator" || e.Result["how"] != "oidc" || e.Result["role"] != "operator" {
		t.Errorf("%+v", e)
	}

	// What the provider says at the next login counts, for the session before, too.
	p.Claim(map[string]any{"roles": []string{"push-viewers", "push-reveal"}})
	if w := b.signOn(t, p, forPeople); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if m := decode[me](t, b.as("localhost", session, "GET", "/api/v1/session", "")); m.Role != access.Viewer || !m.May(access.Reveal) {
		t.Errorf("%+v", m)
	}
}

// Whom the provider has confirmed and we refuse is told why, gets no session, and is in
// the audit log.
func TestSignOnRefused(t *testing.T) {
	t.Parallel()
	b, p := signedOn(t)
	b.user(t, "lee", access.Viewer, false)
	for _, tt := range []struct {
		name   string
		claims map[string]any
		before func()
		status int
		words  string // of the answer
		actor  string
		why    string
	}{
		{"no role", map[string]any{"roles": []string{"staff"}}, nil, 403, "no role here", "kim@firm.kr", "no role"},
		{"a name of a user with a password", map[string]any{"preferred_username": "Lee"}, nil, 409, "nother user", "lee", "another user has the name"},
		{"disabled", nil, func() {
			if w := b.signOn(t, p, forPeople); w.Code != 200 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if err := b.access.Disable(t.Context(), "kim@firm.kr"); err != nil {
				t.Fatal(err)
			}
		}, 403, "disabled here", "kim@firm.kr", "disabled, or changed meanwhile"},
	} {
		p.Claim(tt.claims)
		if tt.before != nil {
			tt.before()
		}
		for _, accept := range []string{forPeople, "application/json"} {
			w := b.signOn(t, p, accept)
			if accept == forPeople {
				if w.Code != tt.status || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(w.Body.String(), tt.words) || strings.Contains(w.Body.String(), "http-equiv") {
					t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
				}
			} else {
				checkProblem(t, w, tt.status, tt.words)
			}
			if sessionOf(w) != "" {
				t.Errorf("%s: a session", tt.name)
			}
			if e := b.audited(t, audit.LoginFailed, tt.actor, audit.Refused); e.Result["why"] != tt.why {
				t.Errorf("%s: %+v", tt.name, e)
			}
		}
	}
}

// What anybody can make up begins no session, writes nothing to Redis, and shows up in
// no page and no line of the log.
func TestSignOnMadeUp(t *testing.T) {
	t.Parallel()
	b, p := signedOn(t)
	location, cookie := b.begin(t)
	code, state := p.Visit(t, location)
	_, other := b.begin(t)
	before := b.dumpAll(t)
	const evil = `"><script>alert(1)</script>`
	for _, tt := range []struct {
		name   string
		cookie string
		query  url.Values
		status int
	}{
		{"no cookie", "", url.Values{"code": {code}, "state": {state}}, 400},
		{"another browser's cookie", other, url.Values{"code": {code}, "state": {state}}, 400},
		{"another state", cookie, url.Values{"code": {code}, "state": {evil}}, 400},
		{"no state", cookie, url.Values{"code": {code}}, 400},
		{"nothing", cookie, nil, 400},
		{"a made-up code", cookie, url.Values{"code": {evil}, "state": {state}}, 400},
		{"a long code", cookie, url.Values{"code": {strings.Repeat("x", maxCode+1)}, "state": {state}}, 400},
		{"a long state", cookie, url.Values{"code": {code}, "state": {strings.Repeat("x", maxState+1)}}, 400},
		{"two codes", cookie, url.Values{"code": {code, evil}, "state": {state}}, 400},
		{"the provider's error", cookie, url.Values{"error": {"access_denied"}, "error_description": {evil}, "state": {state}}, 403},
		{"an error of nobody's", cookie, url.Values{"error": {evil}}, 403},
		{"a long error", cookie, url.Values{"error": {strings.Repeat("x", maxError+1)}}, 400},
	} {
		for _, accept := range []string{forPeople, ""} {
			w := b.back(accept, tt.cookie, tt.query)
			if w.Code != tt.status || sessionOf(w) != "" {
				t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
			}
			if isPage := strings.HasPrefix(w.Header().Get("Content-Type"), "text/html"); isPage != (accept == forPeople) {
				t.Errorf("%s: %v", tt.name, w.Header())
			}
			for _, word := range []string{"alert", "xxxx", oidctest.Hidden, code, state} {
				if strings.Contains(w.Body.String(), word) {
					t.Errorf("%s: %q in %s", tt.name, word, w.Body)
				}
			}
		}
	}
	if w := b.as("localhost", nil, "GET", OIDCCallback+"?code=%zz", ""); w.Code != 400 {
		t.Errorf("%d", w.Code)
	}
	checkProblem(t, b.get("/api/v1/oidc/start?then=//evil.example"), 400, "unknown parameter")
	if after := b.dumpAll(t); !maps.Equal(before, after) {
		t.Errorf("it has changed:\n%v\n%v", before, after)
	}
	for _, line := range b.logs.All() {
		for _, word := range []string{"alert", "xxxx", oidctest.Hidden, oidctest.ClientSecret, code, state, cookie} {
			if strings.Contains(fmt.Sprint(line.Message, line.ContextMap()), word) {
				t.Errorf("%q in the log: %v", word, line.ContextMap())
			}
		}
	}
	// None of it spent the code: who was sent for it gets in, once.
	codes := p.Unspent()
	query := url.Values{"code": {code}, "state": {state}}
	if w := b.back(forPeople, cookie, query); w.Code != 200 || sessionOf(w) == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	p.Respend(codes)
	if w := b.back(forPeople, cookie, query); w.Code != 400 || sessionOf(w) != "" {
		t.Errorf("twice: %d %s", w.Code, w.Body)
	}
}

// Whoever begins logins without end fills nothing.
func TestSignOnFlooded(t *testing.T) {
	t.Parallel()
	b, _ := signedOn(t)
	before := b.dumpAll(t)
	for range 100 {
		b.begin(t)
	}
	if after := b.dumpAll(t); !maps.Equal(before, after) {
		t.Errorf("it has changed:\n%v\n%v", before, after)
	}
	if n := b.logs.Len(); n != 0 {
		t.Errorf("%d lines in the log", n)
	}
}

// A provider, a store or an audit log that is away lets nobody in, and says so.
func TestSignOnAway(t *testing.T) {
	t.Parallel()
	b, p := signedOn(t)
	p.GoDown(true)
	w := b.as("localhost", map[string]string{"Accept": forPeople}, "GET", "/api/v1/oidc/start", "")
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "The identity provider does not answer") || len(w.Result().Cookies()) != 0 {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	checkProblem(t, b.get("/api/v1/oidc/start"), 503, "identity provider does not answer")
	p.GoDown(false)

	b.rdb.Set(t.Context(), "push:{audit}:entries", "not a stream", 0)
	w = b.signOn(t, p, "")
	checkProblem(t, w, 503, "nothing was done")
	if sessions, err := b.access.Sessions(t.Context(), "kim@firm.kr"); sessionOf(w) != "" || len(sessions) != 0 || err != nil {
		t.Errorf("%v %v", sessions, err)
	}

	location, cookie := b.begin(t)
	code, state := p.Visit(t, location)
	b.redis.Kill()
	w = b.back(forPeople, cookie, url.Values{"code": {code}, "state": {state}})
	if w.Code != 503 || !strings.Contains(w.Body.String(), "The store does not answer") || sessionOf(w) != "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b.redis.Start(t)
	location, cookie = b.begin(t)
	code, state = p.Visit(t, location)
	p.Close()
	checkProblem(t, b.back("", cookie, url.Values{"code": {code}, "state": {state}}), 503, "identity provider does not answer")
}

// By HTTPS neither cookie goes by anything else.
func TestSignOnSecure(t *testing.T) {
	t.Parallel()
	b, p := signedOn(t)
	r := httptest.NewRequest("GET", "https://push.firm.kr/api/v1/oidc/start", nil)
	w := httptest.NewRecorder()
	b.router.ServeHTTP(w, r)
	c := w.Result().Cookies()[0]
	if !c.Secure || c.Name != secureOIDCCookie {
		t.Errorf("%+v", c)
	}
	code, state := p.Visit(t, w.Header().Get("Location"))
	query := url.Values{"code": {code}, "state": {state}}.Encode()
	if w := b.as("localhost", map[string]string{"Cookie": plainOIDCCookie + "=" + c.Value}, "GET", "https://push.firm.kr"+OIDCCallback+"?"+query, ""); w.Code != 400 {
		t.Errorf("the cookie of plain HTTP counts: %d", w.Code)
	}
	r = httptest.NewRequest("GET", "https://push.firm.kr"+OIDCCallback+"?"+query, nil)
	r.AddCookie(&http.Cookie{Name: secureOIDCCookie, Value: c.Value})
	w = httptest.NewRecorder()
	b.router.ServeHTTP(w, r)
	var names []string
	for _, c := range w.Result().Cookies() {
		if names = append(names, c.Name); !c.Secure {
			t.Errorf("%+v", c)
		}
	}
	if w.Code != 200 || !same(names, []string{secureCookie, secureOIDCCookie}) {
		t.Errorf("%d %q", w.Code, names)
	}
}

// Without a provider there is nothing.
func TestNoSignOn(t *testing.T) {
	t.Parallel()
	b := empty(t)
	if ways := decode[loginWays](t, b.get("/api/v1/login")); ways.OIDC || !ways.Password {
		t.Errorf("%+v", ways)
	}
	checkProblem(t, b.get("/api/v1/oidc/start"), 404, "no identity provider")
	checkProblem(t, b.get(OIDCCallback+"?code=x&state=y"), 404, "no identity provider")
	if w := b.as("localhost", map[string]string{"Accept": forPeople}, "GET", "/api/v1/oidc/start", ""); w.Code != 404 || strings.Contains(w.Body.String(), `href="start"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
