package admin

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"pushstream/internal/access"
)

// rules say who may use which route: the lowest role, a grant, or anyone. They are
// written down a second time here, so that nobody changes one in passing.
var rules = map[string]string{
	"GET /pushes": "viewer", "POST /pushes/search": "viewer", "POST /searches": "viewer", "GET /searches/:id": "viewer",
	"GET /pushes/histogram": "viewer", "POST /pushes/histogram": "viewer", "GET /pushes/:id": "viewer",
	"GET /counts": "viewer", "GET /counters/minutes": "viewer", "GET /counters/hours": "viewer", "GET /summary": "viewer",
	"GET /flushes/current": "viewer", "GET /jobs": "viewer", "GET /jobs/:id": "viewer",
	"GET /scheduled": "viewer", "GET /failures": "viewer", "GET /events": "viewer", "GET /workers": "viewer", "GET /holds": "viewer", "GET /dead-tokens": "viewer", "POST /dead-tokens/find": "viewer",

	"POST /pushes/:id/reveal": "reveal",

	"POST /pushes/export": "operator", "POST /pushes": "operator",
	"POST /pushes/:id/move": "operator", "POST /pushes/:id/send-now": "operator", "POST /jobs": "operator", "POST /jobs/:id/cancel": "operator",
	"POST /pushes/:id/redrive": "operator", "POST /pushes/:id/cancel": "operator",
	"PUT /workers/desired": "operator", "PUT /workers/:name/desired": "operator",
	"DELETE /holds/:project": "operator", "DELETE /dead-tokens/:hash": "operator", "POST /dead-tokens/forget": "operator",

	"POST /flushes": "admin", "POST /flushes/current/cancel": "admin",
	"GET /sessions": "admin", "DELETE /sessions/:id": "admin", "GET /users": "admin", "POST /users": "admin",
	"PUT /users/:name/role": "admin", "PUT /users/:name/disabled": "admin", "PUT /users/:name/password": "admin",
	"GET /api-tokens": "admin", "POST /api-tokens": "admin", "DELETE /api-tokens/:name": "admin",
	"GET /keys": "admin", "POST /keys": "admin", "DELETE /keys/:name": "admin",
	"PUT /api-tokens/:name/owner": "admin", "PUT /keys/:name/owner": "admin",
	"POST /audit/search": "admin", "POST /audit/export": "admin", "GET /settings": "admin",

	"GET /login": "anyone", "GET /oidc/start": "anyone", "GET /oidc/callback": "anyone", "POST /session": "anyone",
	"GET /session": "viewer", "DELETE /session": "viewer", "PUT /session/password": "viewer",
	"GET /session/others": "viewer", "DELETE /session/others/:id": "viewer",
}

// atLeast are the roles that may, by the lowest that may.
var atLeast = map[string][]string{
	"anyone": {"nobody", "viewer", "operator", "admin", "revealer"}, "viewer": {"viewer", "operator", "admin", "revealer"},
	"operator": {"operator", "admin"}, "admin": {"admin"}, "reveal": {"revealer"},
}

// Every route, asked for by everybody: who may not is told so, and nothing happens.
func TestRolesAndRoutes(t *testing.T) {
	t.Parallel()
	b := changeable(t)
	cookies := map[string]string{"nobody": ""}
	for name, role := range map[string]access.Role{"viewer": access.Viewer, "operator": access.Operator, "admin": access.Admin, "revealer": access.Viewer} {
		b.user(t, name, role, name == "revealer")
	}
	for _, r := range b.router.Routes() {
		route := r.Method + " " + strings.TrimPrefix(r.Path, base)
		rule, known := rules[route]
		if !known {
			t.Errorf("%s has no rule", route)
			continue
		}
		names := []string{"nobody", "viewer", "operator", "admin", "revealer"}
		for _, name := range names[1:] {
			cookies[name] = b.session(t, name) // the one before may have ended
		}
		// First those who may not: one look before them, and one after each.
		slices.SortStableFunc(names, func(x, y string) int {
			return cmp.Compare(slices.Index(atLeast[rule], x), slices.Index(atLeast[rule], y))
		})
		var before map[string]string
		if atLeast[rule][0] != "nobody" {
			before = lasting(b.dump(t))
		}
		for _, name := range names {
			query := ""
			if r.Path == base+"/events" { // else it stays open
				query = "?topics=none"
			}
			// A body that nobody takes: who may is told what is wrong with it.
			w := b.as("localhost", map[string]string{"Cookie": plainCookie + "=" + cookies[name], "Content-Type": "application/json"},
				r.Method, strings.NewReplacer(":id", "none", ":name", "none", ":hash", "none", ":project", "none").Replace(r.Path)+query, bodyFor(r.Method))
			refused := w.Code == http.StatusForbidden || w.Code == http.StatusUnauthorized
			switch may := slices.Contains(atLeast[rule], name); {
			case may == refused:
				t.Errorf("%s %s: %d %s", name, route, w.Code, w.Body)
			case refused && (w.Code == http.StatusUnauthorized) != (name == "nobody"):
				t.Errorf("%s %s: %d", name, route, w.Code)
			case refused && !maps.Equal(before, lasting(b.dump(t))):
				t.Errorf("%s %s: it has changed", name, route)
				before = lasting(b.dump(t))
			}
		}
	}
	for route := range rules {
		if !slices.ContainsFunc(b.router.Routes(), func(r gin.RouteInfo) bool { return r.Method+" "+strings.TrimPrefix(r.Path, base) == route }) {
			t.Errorf("a rule for no route: %s", route)
		}
	}
}

// lasting is what stays until somebody removes it.
func lasting(all map[string]string) map[string]string {
	maps.DeleteFunc(all, func(_, value string) bool { return strings.HasSuffix(value, "ttl=true") })
	return all
}

// bodyFor is a body that no route takes.
func bodyFor(method string) string {
	if method == http.MethodGet {
		return ""
	}
	return `{"no_such_field":1}`
}

// A machine may do what its token says, and no more.
func TestScopes(t *testing.T) {
	t.Parallel()
	b := changeable(t)
	reads := b.token(t, "reads", access.Read)
	for _, one := range []struct {
		token, method, path, body string
		status                    int
	}{
		{reads, "GET", "/api/v1/pushes", "", 200},
		{reads, "GET", "/api/v1/session", "", 200},
		{reads, "PUT", "/api/v1/workers/desired", `{"desired":"paused"}`, 403},
		{reads, "POST", "/api/v1/pushes/export", `{}`, 403},
		{reads, "GET", "/api/v1/users", "", 403},
		{b.token(t, "controls", access.Control), "PUT", "/api/v1/workers/desired", `{"desired":"paused"}`, 200},
		{b.token(t, "all"), "POST", "/api/v1/pushes/b/reveal", `{"fields":["csno"],"reason":"x"}`, 403},
		{"pst_forged", "GET", "/api/v1/pushes", "", 401},
		{"", "GET", "/api/v1/pushes", "", 401},
		{b.cookie, "GET", "/api/v1/pushes", "", 401},
	} {
		w := b.as("localhost", map[string]string{"Authorization": "Bearer " + one.token}, one.method, one.path, one.body)
		if w.Code != one.status {
			t.Errorf("%s %s: %d %s", one.method, one.path, w.Code, w.Body)
		}
	}
	if w := b.as("localhost", map[string]string{"Authorization": "bearer " + reads, "Cookie": plainCookie + "=forged"}, "GET", "/api/v1/session", ""); decode[me](t, w).Kind != access.KindToken {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
