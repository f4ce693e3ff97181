package admin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pushstream/internal/access"
	"pushstream/internal/audit"
)

// login logs in as a browser does, and returns its cookie.
func (b *bundle) login(name, password string) (*httptest.ResponseRecorder, *http.Cookie) {
	w := b.as("localhost", map[string]string{"Cookie": ""}, "POST", "/api/v1/session", `{"name":"`+name+`","password":"`+password+`"}`)
	for _, c := range w.Result().Cookies() {
		return w, c
	}
	return w, nil
}

func TestLogin(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.user(t, "kim", access.Operator, true)
	w, c := b.login("Kim", testPassword)
	m := decode[me](t, w)
	if w.Code != 200 || m.Name != "kim" || m.Role != access.Operator || !m.May(access.Reveal) || m.May(access.Flush) || m.EndsAt == "" || m.IdleMins != 30 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure || c.Name != plainCookie || strings.Contains(w.Body.String(), c.Value) {
		t.Fatalf("%+v", c)
	}
	with := map[string]string{"Cookie": c.String()}
	if m := decode[me](t, b.as("localhost", with, "GET", "/api/v1/session", "")); m.Name != "kim" || m.How != access.ByPassword {
		t.Errorf("%+v", m)
	}
	own := decode[sessionList](t, b.as("localhost", with, "GET", "/api/v1/session/others", ""))
	if len(own.Items) != 2 || own.Items[0].ID != m.Session && own.Items[1].ID != m.Session {
		t.Errorf("%+v", own)
	}
	if w := b.as("localhost", with, "DELETE", "/api/v1/session", ""); w.Code != 204 || w.Result().Cookies()[0].MaxAge != -1 {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	checkProblem(t, b.as("localhost", with, "GET", "/api/v1/session", ""), 401, "log in")
	b.audited(t, audit.Logout, "kim", audit.Done)
	b.audited(t, audit.Login, "kim", audit.Done)
}

// audited wants the newest entry of an action to be somebody's, with an outcome.
func (b *bundle) audited(t *testing.T, action audit.Action, actor string, outcome audit.Outcome) audit.Entry {
	t.Helper()
	page, err := audit.New(b.rdb, "push", audit.Options{}).List(t.Context(), audit.Query{Actions: []audit.Action{action}, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Entries) != 1 {
		t.Errorf("no entry of %s", action)
		return audit.Entry{}
	}
	e := page.Entries[0]
	if e.Actor != actor || e.Outcome != outcome || e.Address == "" || e.RequestID == "" {
		t.Errorf("%+v", e)
	}
	return e
}

// entries is how many entries of an action there are.
func (b *bundle) entries(t *testing.T, action audit.Action) int {
	t.Helper()
	page, err := audit.New(b.rdb, "push", audit.Options{}).List(t.Context(), audit.Query{Actions: []audit.Action{action}, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Entries)
}

// By HTTPS the cookie goes nowhere else, and no other host can set it.
func TestSecureCookie(t *testing.T) {
	t.Parallel()
	b := empty(t)
	r := httptest.NewRequest("POST", "https://push.example/api/v1/session", strings.NewReader(`{"name":"root","password":"`+testPassword+`"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.router.ServeHTTP(w, r)
	c := w.Result().Cookies()[0]
	if !c.Secure || c.Name != secureCookie || w.Header().Get("Strict-Transport-Security") == "" {
		t.Errorf("%+v", c)
	}
	r = httptest.NewRequest("GET", "https://push.example/api/v1/session", nil)
	r.AddCookie(&http.Cookie{Name: plainCookie, Value: c.Value})
	w = httptest.NewRecorder()
	if b.router.ServeHTTP(w, r); w.Code != 401 {
		t.Errorf("the cookie of plain HTTP counts: %d", w.Code)
	}
}

// Whoever guesses is slowed down, learns nothing, and leaves a trace; what he typed
// as a name is nowhere.
func TestBruteForce(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.user(t, "kim", access.Viewer, false)
	codes := map[int]int{}
	var answers []string
	for i := range 30 {
		w, _ := b.login([]string{"kim", "my-passw0rd-by-mistake"}[i%2], fmt.Sprint("guess number ", i))
		if codes[w.Code]++; w.Code == 401 {
			answers = append(answers, decode[map[string]any](t, w)["detail"].(string))
		} else if w.Header().Get("Retry-After") == "" {
			t.Errorf("%d without Retry-After", w.Code)
		}
	}
	if codes[401] == 0 || codes[429] < 15 || codes[401]+codes[429] != 30 {
		t.Errorf("%v", codes)
	}
	for _, a := range answers {
		if a != access.ErrLogin.Error() {
			t.Errorf("%q", a)
		}
	}
	b.audited(t, audit.LoginFailed, "", audit.Refused)
	for _, line := range b.logs.All() {
		if strings.Contains(fmt.Sprint(line.ContextMap()), "my-passw0rd") || strings.Contains(fmt.Sprint(line.ContextMap()), "guess") {
			t.Errorf("%v", line.ContextMap())
		}
	}
	for key, value := range b.dumpAll(t) {
		if strings.Contains(key+value, "my-passw0rd") || strings.Contains(key+value, "guess") {
			t.Errorf("%s %s", key, value)
		}
	}
}

// What an administrator takes away is gone at once.
func TestRevoked(t *testing.T) {
	t.Parallel()
	b := empty(t)
	kim := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "kim", access.Operator, true)}
	reads := func(want int) {
		t.Helper()
		if w := b.as("localhost", kim, "GET", "/api/v1/workers", ""); w.Code != want {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	reads(200)
	if w := b.do("PUT", "/api/v1/users/kim/role", `{"role":"viewer","reveal":false,"reason":"moved to the help desk"}`); w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if e := b.audited(t, audit.UserRole, "root", audit.Done); e.Subject != "kim" || e.Reason != "moved to the help desk" || e.Result["role"] != "viewer" {
		t.Errorf("%+v", e)
	}
	if w := b.as("localhost", kim, "PUT", "/api/v1/workers/desired", `{"desired":"paused"}`); w.Code != 403 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	reads(200)
	if w := b.do("PUT", "/api/v1/users/kim/disabled", `{"disabled":true}`); w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	reads(401)
	checkProblem(t, b.do("PUT", "/api/v1/users/root/disabled", `{"disabled":true}`), 409, "last enabled administrator")
	checkProblem(t, b.do("PUT", "/api/v1/users/root/role", `{"role":"viewer","reveal":true}`), 409, "last enabled administrator")
	checkProblem(t, b.do("PUT", "/api/v1/users/nobody/role", `{"role":"viewer","reveal":true}`), 404, "unknown user")
	checkProblem(t, b.do("POST", "/api/v1/users", `{"name":"root","password":"correct horse battery","role":"viewer"}`), 409, "there is a user")
	checkProblem(t, b.do("POST", "/api/v1/users", `{"name":"a b","password":"correct horse battery","role":"viewer"}`), 422, "a name is")
	checkProblem(t, b.do("POST", "/api/v1/users", `{"name":"lee","password":"short","role":"king"}`), 422, "role must be")
	checkProblem(t, b.do("POST", "/api/v1/users", `{"name":"lee","password":"short","role":"viewer"}`), 422, "a password is")
}

// One may end one's own sessions, and nobody else's.
func TestOwnSessionsOnly(t *testing.T) {
	t.Parallel()
	b := changeable(t)
	other := map[string]string{"Cookie": plainCookie + "=" + b.session(t, "other")}
	checkProblem(t, b.as("localhost", other, "DELETE", "/api/v1/session/others/OWN-SESSION", ""), 404, "unknown session")
	if w := b.as("localhost", other, "DELETE", "/api/v1/session/others/OTHERS-SESSION", ""); w.Code != 204 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A page asks whether somebody is logged in before it asks who.
func TestLoginWays(t *testing.T) {
	t.Parallel()
	b := empty(t)
	if ways := decode[loginWays](t, b.get("/api/v1/login")); !ways.LoggedIn || !ways.Password || ways.OIDC {
		t.Errorf("%+v", ways)
	}
	for _, cookie := range []string{"", plainCookie + "=nonsense"} {
		if ways := decode[loginWays](t, b.as("localhost", map[string]string{"Cookie": cookie}, "GET", "/api/v1/login", "")); ways.LoggedIn {
			t.Errorf("%q: %+v", cookie, ways)
		}
	}
}
