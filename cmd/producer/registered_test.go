package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
	"pushstream/internal/setting"
)

// suppress has tokens called dead, as a consumer writes it.
func (b *bundle) suppress(t *testing.T, tokens ...string) {
	t.Helper()
	b.rdb.Set(t.Context(), "push:project", "demo", 0)
	for _, token := range tokens {
		hash := pushlog.TokenHash(token)
		b.rdb.ZAdd(t.Context(), "push:suppressed:{demo}", redis.Z{Score: float64(time.Now().UnixMilli()), Member: hash})
		b.rdb.HSet(t.Context(), "push:suppressed:{demo}:why", hash, fmt.Sprint("UNREGISTERED id ", time.Now().Add(24*time.Hour).UnixMilli()))
	}
}

func (b *bundle) suppressed(t *testing.T) int64 {
	t.Helper()
	n := b.rdb.ZCard(t.Context(), "push:suppressed:{demo}").Val()
	if why := b.rdb.HLen(t.Context(), "push:suppressed:{demo}:why").Val(); why != n {
		t.Errorf("%d tokens, %d reasons", n, why)
	}
	return n
}

// A back end says which device tokens its app has handed in anew: pushes to them are
// sent again.
func TestRegistered(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const path = "/v1/device-tokens/registered"
	post := func(body string, header ...string) forgiven {
		t.Helper()
		return decode[forgiven](t, s.do(http.MethodPost, path, strings.NewReader(body), header...), 200)
	}
	if got := post(`{"device_tokens":["a"]}`); got != (forgiven{1, 0}) {
		t.Errorf("%+v", got)
	}
	s.suppress(t, "a", "b", "c")
	if got := post(`{"device_tokens":["a"," b ","new"]}`); got != (forgiven{3, 2}) || s.suppressed(t) != 1 {
		t.Errorf("%+v", got)
	}
	checkProblem(t, s.do(http.MethodPost, path, strings.NewReader(`{"device_tokens":["c"]}`), "Authorization", ""), 401)
	many := func(n int) string { return `{"device_tokens":["` + strings.Repeat(`x","`, n-1) + `secret"]}` }
	if got := post(many(1000)); got != (forgiven{1000, 0}) {
		t.Errorf("%+v", got)
	}
	for _, body := range []string{"", "{}", "[]", `["c"]`, "null", `{"device_tokens":null}`, `{"device_tokens":[]}`, `{"device_tokens":"secret"}`, `{"device_tokens":[5]}`,
		`{"device_tokens":["c"],"more":1}`, `{"device_tokens":["c"]} x`, `{"device_tokens":["c",""]}`, `{"device_tokens":["secret one"]}`,
		`{"device_tokens":["` + strings.Repeat("s", 4097) + `"]}`, many(1001)} {
		if p := checkProblem(t, s.do(http.MethodPost, path, strings.NewReader(body)), 422); strings.Contains(p.Detail, "secret") {
			t.Error(p.Detail)
		}
	}
	if p := checkProblem(t, s.do(http.MethodPost, path, strings.NewReader(strings.Repeat(" ", 1<<20)+" ")), 413); p.Type != "urn:pushstream:limit:body" {
		t.Errorf("%+v", p)
	}
	if s.suppressed(t) != 1 {
		t.Error("a wrong request has forgiven something")
	}
}

// The same from a file, of any length.
func TestRegisteredFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var lines []string
	for i := range 2500 {
		lines = append(lines, fmt.Sprint("token-", i))
	}
	b.suppress(t, "token-0", "token-1234", "token-2499", "other")
	p := b.run(t, "registered", b.file(t, "tokens", "\ufeff"+strings.Join(lines, "\r\n")+"\n\n"))
	if p.code != 0 || p.stdout.String() != "{\"received\":2500,\"forgiven\":3}\n" || b.suppressed(t) != 1 || strings.Contains(p.stderr.String(), "token-") {
		t.Errorf("%d %q %q", p.code, p.stdout.String(), p.stderr.String())
	}
	for name, text := range map[string]string{ // as Excel and others save them
		"UTF-16": utf16le("\ufeffdevice_id\r\ntoken-0\r\n"), "CR": "token-0\r\rtoken-0\u00a0", "packed": packed(t, "token-0\n\x1a"),
	} {
		b.suppress(t, "token-0")
		if p := b.run(t, "registered", b.file(t, "tokens", text)); p.code != 0 || !strings.Contains(p.stdout.String(), `"forgiven":1`) {
			t.Errorf("%s: %d %q %q", name, p.code, p.stdout.String(), p.stderr.String())
		}
	}
	for content, said := range map[string]string{"a\nsecret two\n": "line 2: the device token has a space", strings.Repeat("x", 5000): "line 1: the device token is longer than 4096 bytes", strings.Repeat("x", 300_000): "line 1 is longer than"} {
		p := b.run(t, "registered", b.file(t, "wrong", content))
		if p.code != setting.ExitUsage || !strings.Contains(p.stderr.String(), said) || strings.Contains(p.stderr.String(), "secret") {
			t.Errorf("%d %q", p.code, p.stderr.String())
		}
	}
	if p := b.run(t, "registered", "/none"); p.code != setting.ExitUsage {
		t.Errorf("%d %q", p.code, p.stderr.String())
	}
}
