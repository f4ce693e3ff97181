package admin

import (
	"strings"
	"testing"
	"time"

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
	checkProblem(t, b.do("DELETE", path, ""), 404, "no such dead token")
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
	checkProblem(t, b.do("DELETE", "/api/v1/dead-tokens/"+hash, ""), 404, "no such dead token")
}
