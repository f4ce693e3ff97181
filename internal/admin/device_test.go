package admin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/audit"
)

// browser is one of a person: where it is, and its cookies.
type browser struct {
	b       *bundle
	address string
	cookies map[string]*http.Cookie
}

func (b *bundle) browser(address string) *browser {
	return &browser{b, address, map[string]*http.Cookie{}}
}

// login tries a password, and keeps the cookies of the answer.
func (p *browser) login(name, password string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/api/v1/session", strings.NewReader(fmt.Sprintf(`{"name":%q,"password":%q}`, name, password)))
	r.Header.Set("Content-Type", "application/json")
	r.Host, r.RemoteAddr = "localhost", p.address+":4711"
	for _, c := range p.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	p.b.router.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		p.cookies[c.Name] = c
	}
	return w
}

func TestDeviceCookie(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.user(t, "kim", access.Viewer, false)
	p := b.browser("192.0.2.9")
	for _, name := range []string{"kim", "nobody"} { // failing says nothing, whoever there is
		if w := p.login(name, "wrong horse battery"); w.Code != 401 || len(w.Result().Cookies()) != 0 {
			t.Errorf("%d %v", w.Code, w.Result().Cookies())
		}
	}
	w := p.login("kim", testPassword)
	c := p.cookies[plainDevice]
	if w.Code != 200 || c == nil || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.MaxAge != int((90*24*time.Hour).Seconds()) || len(c.Value) != 43 {
		t.Fatalf("%d %+v", w.Code, c)
	}
	if strings.Contains(w.Body.String(), c.Value) || strings.Contains(c.Value, "kim") {
		t.Errorf("%s", w.Body)
	}
	if w := p.login("root", testPassword); w.Code != 200 || strings.Count(p.cookies[plainDevice].Value, deviceSep) != 1 {
		t.Errorf("two users of one browser: %d %+v", w.Code, p.cookies[plainDevice])
	}
	for key, value := range b.dumpAll(t) {
		if strings.Contains(key+value, c.Value) {
			t.Errorf("%s has the secret", key)
		}
	}
	// It opens nothing.
	if w := b.as("localhost", map[string]string{"Cookie": plainDevice + "=" + c.Value}, "GET", "/api/v1/session", ""); w.Code != 401 {
		t.Errorf("%d", w.Code)
	}
	if w := b.as("localhost", map[string]string{"Cookie": plainCookie + "=" + c.Value}, "GET", "/api/v1/session", ""); w.Code != 401 {
		t.Errorf("%d", w.Code)
	}
	r := httptest.NewRequest("POST", "https://push.example/api/v1/session", strings.NewReader(`{"name":"root","password":"`+testPassword+`"}`))
	r.Header.Set("Content-Type", "application/json")
	secure := httptest.NewRecorder()
	b.router.ServeHTTP(secure, r)
	found := false
	for _, c := range secure.Result().Cookies() {
		if c.Name == secureDevice {
			found = c.Secure && c.HttpOnly && c.Path == "/" && c.Domain == ""
		}
	}
	if !found {
		t.Errorf("%v", secure.Result().Cookies())
	}
}

// As an attacker: somebody behind the administrator's own address guesses all the time,
// and a hundred addresses try random names. The administrator is in, with a known browser
// and, from elsewhere, with a new one; and the API is served meanwhile.
func TestAttackOnTheLogin(t *testing.T) {
	t.Parallel()
	b := empty(t)
	known := b.browser("192.0.2.1")
	if w := known.login("root", testPassword); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var attackers sync.WaitGroup
	ended := make(chan struct{})
	attack := func(address, name string) {
		attackers.Go(func() {
			p := b.browser(address)
			for i := 0; ; i++ {
				select {
				case <-ended:
					return
				default:
				}
				guess := name
				if guess == "" {
					guess = fmt.Sprint("random-", i)
				}
				if w := p.login(guess, fmt.Sprint("guess number ", i)); w.Code != 401 && w.Code != 429 {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			}
		})
	}
	for range 4 {
		attack("192.0.2.1", "root")
	}
	for i := range 100 {
		attack(fmt.Sprintf("198.51.100.%d", i), []string{"", "root"}[i%2])
	}
	stranger := b.browser("192.0.2.1")
	b.eventually(t, "the attack shuts out who is not known", func() bool { return stranger.login("root", "wrong horse battery").Code == 429 })
	for range 5 {
		if w := known.login("root", testPassword); w.Code != 200 {
			t.Errorf("a known browser: %d %s", w.Code, w.Body)
		}
		if w := b.get("/api/v1/pushes"); w.Code != 200 {
			t.Errorf("the API: %d %s", w.Code, w.Body)
		}
	}
	elsewhere := b.browser("203.0.113.77")
	b.eventually(t, "a new browser elsewhere is in", func() bool { return elsewhere.login("root", testPassword).Code == 200 })
	close(ended)
	attackers.Wait()
	if n := b.rdb.ZCard(t.Context(), "push:{access}:failed").Val(); n > 100*(50+2)*3 {
		t.Errorf("%d counts", n)
	}
}

// Nobody fills the audit log by failing to log in.
func TestFailedLoginsDoNotFillTheAuditLog(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.api.failedLogins.SetBurst(3)
	for i := range 10 {
		if w := b.browser(fmt.Sprint("192.0.2.", i)).login("nobody", "wrong horse battery"); w.Code != 401 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if n := b.entries(t, audit.LoginFailed); n < 3 || n > 9 {
		t.Errorf("%d entries", n)
	}
	if n := b.logs.FilterMessage("action").Len(); n != 10 {
		t.Errorf("%d lines", n)
	}
}

// That the store does not answer is not that nobody is logged in, or that a password is
// wrong.
func TestLoginWithoutRedis(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.redis.Kill()
	for _, w := range []*httptest.ResponseRecorder{b.get("/api/v1/login"), b.get("/api/v1/session"), b.browser("192.0.2.9").login("root", testPassword)} {
		checkProblem(t, w, 503)
		if w.Header().Get("Retry-After") == "" || len(w.Result().Cookies()) != 0 {
			t.Errorf("%v", w.Header())
		}
	}
	b.redis.Start(t)
	b.eventually(t, "it answers again", func() bool { return b.get("/api/v1/login").Code == 200 })
}
