package admin

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pushstream/internal/access"
)

// allowed are those who have a permission; docs/openapi.yaml says which one a route
// requires, and TestRoutesOfOpenAPI that it is so.
var allowed = map[access.Permission][]string{
	anyone:         {"nobody", "viewer", "operator", "admin", "revealer"},
	access.Read:    {"viewer", "operator", "admin", "revealer"},
	access.Self:    {"viewer", "operator", "admin", "revealer"},
	access.Reveal:  {"revealer"},
	access.Export:  {"operator", "admin"},
	access.Change:  {"operator", "admin"},
	access.Send:    {"operator", "admin"},
	access.Control: {"operator", "admin"},
	access.Flush:   {"admin"}, access.Users: {"admin"}, access.Audit: {"admin"}, access.Settings: {"admin"},
}

// Every route, asked for by everybody: who may not is told so, and nothing happens.
func TestRolesAndRoutes(t *testing.T) {
	t.Parallel()
	b := changeable(t)
	cookies := map[string]string{"nobody": ""}
	for name, role := range map[string]access.Role{"viewer": access.Viewer, "operator": access.Operator, "admin": access.Admin, "revealer": access.Viewer} {
		b.user(t, name, role, name == "revealer")
	}
	for _, r := range (&api{}).routes() {
		route, may := r.method+" "+r.path, allowed[r.may]
		names := []string{"nobody", "viewer", "operator", "admin", "revealer"}
		for _, name := range names[1:] {
			cookies[name] = b.session(t, name) // the one before may have ended
		}
		// First those who may not: one look before them, and one after each.
		slices.SortStableFunc(names, func(x, y string) int {
			return cmp.Compare(slices.Index(may, x), slices.Index(may, y))
		})
		var before map[string]string
		if may[0] != "nobody" {
			before = lasting(b.dump(t))
		}
		for _, name := range names {
			query := ""
			if r.path == "/events" { // else it stays open
				query = "?topics=none"
			}
			// A body that nobody takes: who may is told what is wrong with it.
			w := b.as("localhost", map[string]string{"Cookie": plainCookie + "=" + cookies[name], "Content-Type": "application/json"},
				r.method, strings.NewReplacer(":id", "none", ":name", "none", ":hash", "none", ":project", "none").Replace(base+r.path)+query, bodyFor(r.method))
			refused := w.Code == http.StatusForbidden || w.Code == http.StatusUnauthorized
			switch {
			case slices.Contains(may, name) == refused:
				t.Errorf("%s %s: %d %s", name, route, w.Code, w.Body)
			case refused && (w.Code == http.StatusUnauthorized) != (name == "nobody"):
				t.Errorf("%s %s: %d", name, route, w.Code)
			case refused && !maps.Equal(before, lasting(b.dump(t))):
				t.Errorf("%s %s: it has changed", name, route)
				before = lasting(b.dump(t))
			}
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
