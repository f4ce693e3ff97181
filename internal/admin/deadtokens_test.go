package admin

import (
	"strings"
	"testing"
	"time"

	"pushstream/internal/audit"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

func TestDeadTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if w := b.get("/api/v1/dead-tokens"); w.Code != 200 || w.Body.String() != `{"items":[],"page":1,"size":100,"pages":0,"total":0}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b.end(t, answers(push.CodeUnregistered), push.Failed, "a", "b", "c", "d")
	b.eventually(t, "the tokens are known", func() bool { return decode[deadTokenPage](t, b.get("/api/v1/dead-tokens")).Total == 4 })
	seen := map[string]string{}
	for page, want := range map[string]int{"?size=3": 3, "?page=2&size=3": 1, "?page=3&size=3": 0, "?page=1000000&size=1000": 0} {
		w := b.get("/api/v1/dead-tokens" + page)
		p := decode[deadTokenPage](t, w)
		if w.Code != 200 || len(p.Items) != want || p.Total != 4 || p.Pages != pagesOf(4, p.Size) || strings.Contains(w.Body.String(), "token-") {
			t.Errorf("%s: %d %s", page, w.Code, w.Body)
		}
		for _, one := range p.Items {
			seen[one.Push] = one.Hash
			at, err := time.Parse(pushlog.TimeFormat, one.At)
			if one.Code != push.CodeUnregistered || err != nil || time.Since(at) > time.Minute || at.After(time.Now()) {
				t.Errorf("%+v", one)
			}
		}
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		if seen[id] != pushlog.TokenHash("token-"+id) {
			t.Errorf("%s: %q", id, seen[id])
		}
	}
}

func TestDeadTokensNamesEveryMistake(t *testing.T) {
	t.Parallel()
	b := empty(t)
	for query, named := range map[string][]string{
		"?page=0&size=1001":     {"page must be", "size must be"},
		"?page=x":               {"page must be"},
		"?size=-1&status=dead":  {"size must be", `"status"; known are page, size`},
		"?size=1&size=2":        {"size is given twice"},
		"?page=%zz":             {"query"},
		"?page=1000001&size=10": {"page must be"},
	} {
		checkProblem(t, b.get("/api/v1/dead-tokens"+query), 400, named...)
	}
}

// Pushes to a token that was forgotten are sent again.
func TestForgetToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.end(t, answers(push.CodeUnregistered), push.Failed, "a", "b")
	path := "/api/v1/dead-tokens/" + pushlog.TokenHash("token-a")
	b.eventually(t, "the token is known", func() bool { return b.do("DELETE", path, "").Code == 204 })
	checkProblem(t, b.do("DELETE", path, ""), 404, "no such suppressed token")
	for _, id := range []string{"a", "b"} {
		again := jobOf(id)
		again.ID += "-2"
		b.accept(t, again)
	}
	b.end(t, answers(push.CodeAccepted), push.Sent, "a-2")
	b.end(t, answers(push.CodeAccepted), push.Failed, "b-2")
	if r, _ := b.log.Get(t.Context(), "b-2"); r.ErrorCode != push.CodeSuppressed {
		t.Errorf("%+v", r)
	}
	// Who redrives a push has FCM asked, whatever it said before.
	b.do("POST", "/api/v1/pushes/b-2/redrive", "")
	b.end(t, answers(push.CodeAccepted), push.Sent, "b-2")
}

// Whoever gives the token itself, or half a hash, learns what a hash is.
func TestForgetTokenByAnythingElse(t *testing.T) {
	t.Parallel()
	b := empty(t)
	hash := pushlog.TokenHash("token")
	for _, name := range []string{"token", hash[:31], hash + "0", strings.ToUpper(hash), "*", strings.Repeat("g", 32), strings.Repeat("a", 5000)} {
		checkProblem(t, b.do("DELETE", "/api/v1/dead-tokens/"+name, ""), 404, "sha256sum | cut -c1-32")
	}
	checkProblem(t, b.do("DELETE", "/api/v1/dead-tokens/"+hash, ""), 404, "no such suppressed token")
}

// Many are forgotten at once: counted first, by code or time, with a reason in the audit
// log. A token is looked up by itself, and goes nowhere.
func TestForgetTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.end(t, answers(push.CodeUnregistered), push.Failed, "a", "b", "c", "d")
	b.eventually(t, "the tokens are known", func() bool { return decode[deadTokenPage](t, b.get("/api/v1/dead-tokens")).Total == 4 })
	found := decode[foundToken](t, b.do("POST", "/api/v1/dead-tokens/find", `{"device_id":"token-a"}`))
	if found.Hash != pushlog.TokenHash("token-a") || found.Suppressed == nil || found.Suppressed.Push != "a" || found.Suppressed.Project != "demo" {
		t.Errorf("%+v", found)
	}
	if found := decode[foundToken](t, b.do("POST", "/api/v1/dead-tokens/find", `{"device_id":"token-x"}`)); found.Suppressed != nil {
		t.Errorf("%+v", found)
	}
	forget := func(body string) int64 {
		t.Helper()
		w := b.do("POST", "/api/v1/dead-tokens/forget", body)
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return decode[tokensForgotten](t, w).Count
	}
	for body, want := range map[string]int64{
		`{"all":true,"dry_run":true}`: 4, `{"code":"UNREGISTERED","dry_run":true}`: 4, `{"code":"INVALID_ARGUMENT","dry_run":true}`: 0,
		`{"since":"2020-01-01T00:00:00Z","dry_run":true}`: 4, `{"since":"2090-01-01T00:00:00Z","dry_run":true}`: 0,
		`{"code":"INVALID_ARGUMENT","reason":"a test"}`: 0,
	} {
		if n := forget(body); n != want {
			t.Errorf("%s: %d, want %d", body, n, want)
		}
	}
	if w := b.do("POST", "/api/v1/dead-tokens/forget", `{"all":true,"dry_run":true}`); decode[tokensForgotten](t, w).Oldest == "" {
		t.Errorf("%s", w.Body)
	}
	if n := forget(`{"code":"UNREGISTERED","since":"2020-01-01T00:00:00Z","reason":"a wrong deployment"}`); n != 4 {
		t.Errorf("%d are forgotten", n)
	}
	if n := decode[deadTokenPage](t, b.get("/api/v1/dead-tokens")).Total; n != 0 {
		t.Errorf("%d are left", n)
	}
	list, err := b.options.Audit.List(t.Context(), audit.Query{Actions: []audit.Action{audit.TokenForget}, Limit: 100})
	if err != nil || len(list.Entries) == 0 {
		t.Fatal(err)
	}
	entries := list.Entries
	last := entries[0]
	if last.Action != "token_forget" || last.Reason != "a wrong deployment" || last.Result["forgotten"] != "4" || !strings.Contains(last.Subject, "code=UNREGISTERED") || !strings.Contains(last.Subject, "since=2020") {
		t.Errorf("%+v", last)
	}
	if len(entries) != 2 {
		t.Errorf("%d entries: a dry run is no action", len(entries))
	}
}

// A test send says FCM's word, and that pushes to the token are not sent all the same.
func TestValidateSaysSuppressed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.end(t, answers(push.CodeUnregistered), push.Failed, "a")
	const path = "/api/v1/pushes?validate_only=true"
	body := func(token string) string { return `{"device_id":"` + token + `","msg_title":"x"}` }
	b.eventually(t, "the token is known", func() bool {
		return decode[verdict](t, b.do("POST", path, body("token-a"))).Suppressed != nil
	})
	v := decode[verdict](t, b.do("POST", path, body("token-a")))
	if v.Project != "demo" || v.Suppressed.Code != push.CodeUnregistered || v.Suppressed.Hash != pushlog.TokenHash("token-a") || v.Suppressed.At == "" {
		t.Errorf("%+v", v.Suppressed)
	}
	if v := decode[verdict](t, b.do("POST", path, body("token-z"))); v.Suppressed != nil {
		t.Errorf("%+v", v.Suppressed)
	}
}
