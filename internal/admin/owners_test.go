package admin

import (
	"errors"
	"testing"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/audit"
)

// What a user owns stops when the user is disabled, and not what is somebody else's; it
// goes on with another owner.
func TestWhatADisabledUserOwnsStops(t *testing.T) {
	t.Parallel()
	b := empty(t)
	guard := access.NewGuard(b.rdb, "push", time.Now)
	leaver := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "leaver", access.Admin, false)}
	token := decode[secretOnce](t, b.as("localhost", leaver, "POST", "/api/v1/api-tokens", `{"name":"bot","scopes":["read","audit"]}`)).Secret
	key := decode[secretOnce](t, b.as("localhost", leaver, "POST", "/api/v1/api-tokens", `{"name":"shop","scopes":["submit"]}`)).Secret
	own := decode[secretOnce](t, b.do("POST", "/api/v1/api-tokens", `{"name":"bank","scopes":["submit"],"expires_at":"`+tomorrow+`"}`)).Secret
	b.oldKey(t, "of-before", `{"name":"of-before","created_at":"2026-01-01T00:00:00Z"}`)
	call := func() int {
		return b.as("localhost", map[string]string{"Cookie": "", "Authorization": "Bearer " + token}, "GET", "/api/v1/pushes", "").Code
	}
	works := func(secret string) error { _, err := guard.Check(t.Context(), secret); return err }
	list := func() map[string]access.Token {
		all := map[string]access.Token{}
		for _, k := range decode[apiTokenList](t, b.get("/api/v1/api-tokens")).Items {
			all[k.Name] = k
		}
		return all
	}
	if call() != 200 || works(key) != nil || works(own) != nil {
		t.Fatalf("%d %v %v", call(), works(key), works(own))
	}
	all := list()
	if k := all["shop"]; k.CreatedBy != "leaver" || k.Owner != "leaver" || !k.ExpiresAt.IsZero() || k.Old || k.Stopped {
		t.Errorf("%+v", k)
	}
	if k := all["bank"]; k.Owner != "root" || k.ExpiresAt.UTC().Format(time.RFC3339) != tomorrow {
		t.Errorf("%+v", k)
	}
	if k := all["of-before"]; k.CreatedBy != "" || k.Owner != "" || k.Stopped || k.Expired || !k.Old {
		t.Errorf("%+v", k)
	}
	one := all["bot"]
	if one.Owner != "leaver" || one.Stopped || time.Until(one.ExpiresAt) > tokenLife || time.Until(one.ExpiresAt) < tokenLife-time.Hour {
		t.Errorf("%+v", one)
	}

	b.do("PUT", "/api/v1/users/leaver/disabled", `{"disabled":true}`)
	if err := works(key); !errors.Is(err, access.ErrStopped) || works(own) != nil {
		t.Errorf("%v, another's %v", err, works(own))
	}
	w := b.as("localhost", map[string]string{"Cookie": "", "Authorization": "Bearer " + token}, "GET", "/api/v1/pushes", "")
	checkProblem(t, w, 401, "the user who owns it is disabled")
	if k := list()["shop"]; !k.Stopped {
		t.Errorf("%+v", k)
	}
	if one := list()["bot"]; !one.Stopped {
		t.Errorf("%+v", one)
	}

	checkProblem(t, b.do("PUT", "/api/v1/api-tokens/shop/owner", `{"owner":"leaver"}`), 409, "disabled")
	checkProblem(t, b.do("PUT", "/api/v1/api-tokens/shop/owner", `{"owner":"nobody"}`), 404, "unknown user")
	checkProblem(t, b.do("PUT", "/api/v1/api-tokens/bot/owner", `{"owner":"leaver"}`), 409, "disabled")
	checkProblem(t, b.do("PUT", "/api/v1/api-tokens/none/owner", `{"owner":"root"}`), 404, "unknown token")
	for path, action := range map[string]audit.Action{"/api/v1/api-tokens/shop/owner": audit.APITokenGive, "/api/v1/api-tokens/bot/owner": audit.APITokenGive} {
		if w := b.do("PUT", path, `{"owner":"ROOT","reason":"she left"}`); w.Code != 204 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if e := b.audited(t, action, "root", audit.Done); e.Result["owner"] != "ROOT" || e.Reason != "she left" {
			t.Errorf("%+v", e)
		}
	}
	if call() != 200 || works(key) != nil {
		t.Errorf("%d %v", call(), works(key))
	}

	// A token may do what its owner may at most.
	b.user(t, "viewer", access.Viewer, false)
	b.do("PUT", "/api/v1/api-tokens/bot/owner", `{"owner":"viewer"}`)
	machine := map[string]string{"Cookie": "", "Authorization": "Bearer " + token}
	if w := b.as("localhost", machine, "POST", "/api/v1/audit/search", `{}`); call() != 200 || w.Code != 403 {
		t.Errorf("%d, audit %d", call(), w.Code)
	}
}
