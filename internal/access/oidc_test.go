package access

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pushstream/internal/access/oidctest"
	"pushstream/internal/redistest"
)

func setupOIDC(t *testing.T) (*bundle, *oidctest.Provider, *OIDC) {
	t.Helper()
	b, p := setup(t), oidctest.New(t)
	return b, p, b.oidcOf(t, p)
}

func (b *bundle) oidcOf(t *testing.T, p *oidctest.Provider) *OIDC {
	t.Helper()
	o, err := b.NewOIDC(OIDCConfig{Issuer: p.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, RedirectURL: "https://push.firm.kr/callback",
		Roles:       map[string]Role{"push-viewers": Viewer, "push-operators": Operator, "push-admins": Admin, "also-viewers": Viewer},
		RevealValue: "push-reveal", Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// enter goes all the way to an identity.
func enter(t *testing.T, o *OIDC, p *oidctest.Provider) (Identity, error) {
	t.Helper()
	location, cookie, err := o.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code, state := p.Visit(t, location)
	return o.Finish(t.Context(), code, state, cookie)
}

func TestOIDC(t *testing.T) {
	t.Parallel()
	b, p, o := setupOIDC(t)
	location, cookie, err := o.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if dump := redistest.Dump(t, b.rdb); len(dump) != 0 {
		t.Errorf("who only begins writes %v", dump)
	}
	code, state := p.Visit(t, location)
	id, err := b.oidcOf(t, p).Finish(t.Context(), code, state, cookie) // another replica
	if want := (Identity{Name: "kim@firm.kr", Subject: p.URL + " s-1", Role: Operator}); id != want || err != nil {
		t.Fatalf("%+v %v", id, err)
	}
	secret, session, actor, err := b.LoginOIDC(t.Context(), id, here)
	if err != nil || session.How != ByOIDC || actor.Name != "kim@firm.kr" || !actor.May(Change) || actor.May(Flush) || !b.open(t, secret) {
		t.Errorf("%+v %+v %v", session, actor, err)
	}
	u, err := b.User(t.Context(), "kim@firm.kr")
	if err != nil || u.How != ByOIDC || u.CreatedBy != "oidc" || u.LoginFrom != here.Address {
		t.Errorf("%+v %v", u, err)
	}
	b.checkStore(t, secret, cookie)
	for _, one := range []string{cookie, derive("verifier", cookie), oidctest.ClientSecret} {
		if strings.Contains(location, one) {
			t.Errorf("a secret is in the URL: %s", location)
		}
	}
}

// What is wrong with a token, or with how it came, lets nobody in.
func TestOIDCRefused(t *testing.T) {
	t.Parallel()
	b, p, o := setupOIDC(t)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := b.clock.now().Unix()
	sign := func(header, payload string) string { return p.Sign(t, header, payload) }
	b64 := base64.RawURLEncoding
	for name, tt := range map[string]struct {
		claims map[string]any
		sign   func(header, payload string) string
		want   error
	}{
		"another audience":      {map[string]any{"aud": "other"}, nil, ErrOIDC},
		"for another as well":   {map[string]any{"aud": []string{"admin", "other"}}, nil, ErrOIDC},
		"another's party":       {map[string]any{"azp": "other"}, nil, ErrOIDC},
		"another issuer":        {map[string]any{"iss": "https://evil.example"}, nil, ErrOIDC},
		"another login's nonce": {map[string]any{"nonce": "x"}, nil, ErrOIDC},
		"no nonce":              {map[string]any{"nonce": nil}, nil, ErrOIDC},
		"expired":               {map[string]any{"exp": now - 1}, nil, ErrOIDC},
		"never expires":         {map[string]any{"exp": nil}, nil, ErrOIDC},
		"not yet":               {map[string]any{"nbf": now + 3600}, nil, ErrOIDC},
		"no subject":            {map[string]any{"sub": nil}, nil, ErrOIDC},
		"no name":               {map[string]any{"preferred_username": nil}, nil, ErrOIDC},
		"a name that is none":   {map[string]any{"preferred_username": "a b"}, nil, ErrOIDC},
		"a name that is a list": {map[string]any{"preferred_username": []string{"kim"}}, nil, ErrOIDC},
		"no role claim":         {map[string]any{"roles": nil}, nil, ErrNoRole},
		"other roles":           {map[string]any{"roles": []string{"push", "admin", "PUSH-ADMINS", ""}}, nil, ErrNoRole},
		"only reveal":           {map[string]any{"roles": "push-reveal"}, nil, ErrNoRole},
		"roles of another kind": {map[string]any{"roles": map[string]any{"push-admins": true}}, nil, ErrNoRole},
		"another key":           {nil, func(h, p string) string { return oidctest.SignWith(t, stranger, h, p) }, ErrOIDC},
		"no signature":          {nil, func(h, p string) string { s := sign(h, p); return s[:strings.LastIndex(s, ".")+1] }, ErrOIDC},
		"algorithm none": {nil, func(_, p string) string {
			return b64.EncodeToString([]byte(`{"alg":"none"}`)) + "." + b64.EncodeToString([]byte(p)) + "."
		}, ErrOIDC},
		"the public key as secret": {nil, func(_, p string) string { return sign(`{"alg":"HS256","kid":"1"}`, p) }, ErrOIDC},
		"changed afterwards":       {nil, func(h, p string) string { return strings.Replace(sign(h, p), ".", ".A", 1) }, ErrOIDC},
		"no token":                 {nil, func(string, string) string { return "" }, ErrOIDC},
	} {
		p.Claim(tt.claims)
		p.SignBy(tt.sign)
		id, err := enter(t, o, p)
		if !errors.Is(err, tt.want) || id != (Identity{}) {
			t.Errorf("%s: %+v %v", name, id, err)
		}
	}
	if users, err := b.Users(t.Context()); len(users) != 0 || err != nil {
		t.Errorf("%v %v", users, err)
	}
}

// The answer counts once, in the browser that asked, for ten minutes.
func TestOIDCState(t *testing.T) {
	t.Parallel()
	b, p, o := setupOIDC(t)
	location, cookie, err := o.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := o.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code, state := p.Visit(t, location)
	since, secret, _ := strings.Cut(cookie, ".")
	for _, wrong := range []struct{ state, cookie string }{
		{"", ""}, {state, ""}, {"", cookie}, {state, other}, {derive("state", other), cookie}, {state + "x", cookie}, {state, since + "0." + secret},
		{derive("state", "x"), "x"}, {derive("state", "."), "."}, {derive("state", strings.Repeat(".", 1000)), strings.Repeat(".", 1000)},
		{derive("state", "9999999999999."+secret), "9999999999999." + secret}, // of the future, so that it would live on
	} {
		_, err := o.Finish(t.Context(), code, wrong.state, wrong.cookie)
		checkErr(t, err, ErrOIDC)
	}
	if _, err := o.Finish(t.Context(), "made-up", state, cookie); !errors.Is(err, ErrOIDC) || strings.Contains(err.Error(), oidctest.Hidden) || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("a made-up code: %v", err)
	}
	if dump := redistest.Dump(t, b.rdb); len(dump) != 0 {
		t.Errorf("who is refused writes %v", dump)
	}
	// None of that spent the code; its owner gets in, once, even if the provider forgets that it was used.
	codes := p.Unspent()
	if _, err := o.Finish(t.Context(), code, state, cookie); err != nil {
		t.Fatal(err)
	}
	p.Respend(codes)
	_, err = b.oidcOf(t, p).Finish(t.Context(), code, state, cookie)
	checkErr(t, err, ErrOIDC)

	location, cookie, err = o.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code, state = p.Visit(t, location)
	b.pass(oidcLife + time.Second)
	_, err = o.Finish(t.Context(), code, state, cookie)
	checkErr(t, err, ErrOIDC)
}

func TestOIDCRoles(t *testing.T) {
	t.Parallel()
	_, p, o := setupOIDC(t)
	for _, tt := range []struct {
		roles any
		want  Role
		sees  bool
	}{
		{"push-viewers", Viewer, false},
		{[]string{"push-admins", "push-viewers"}, Admin, false},
		{[]string{"push-viewers", "push-admins"}, Admin, false},
		{[]string{"push-operators", "push-viewers", "push-reveal"}, Operator, true},
	} {
		p.Claim(map[string]any{"roles": tt.roles})
		if id, err := enter(t, o, p); id.Role != tt.want || id.Reveal != tt.sees || err != nil {
			t.Errorf("%v: %+v %v", tt.roles, id, err)
		}
	}
	o.cfg.RoleClaim, o.cfg.NameClaim = "realm_access.roles", "email"
	claims := map[string]any{"realm_access": map[string]any{"roles": []string{"push-admins"}}, "email": "kim@firm.kr", "email_verified": true, "roles": nil}
	p.Claim(claims)
	if id, err := enter(t, o, p); id.Role != Admin || id.Name != "kim@firm.kr" || err != nil {
		t.Errorf("%+v %v", id, err)
	}
	for _, not := range []any{false, "true", "false", 0} {
		claims["email_verified"] = not
		_, err := enter(t, o, p)
		checkErr(t, err, ErrOIDC)
	}
}

// The provider says who somebody is, but not who else is.
func TestOIDCNames(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Admin)
	before := fmt.Sprint(redistest.Dump(t, b.rdb))
	kim := Identity{Name: "kim", Subject: "https://idp s-1", Role: Admin, Reveal: true}
	_, _, _, err := b.LoginOIDC(t.Context(), kim, here)
	checkErr(t, err, ErrUserExists)
	if after := fmt.Sprint(redistest.Dump(t, b.rdb)); after != before {
		t.Errorf("%s, was %s", after, before)
	}

	bae := Identity{Name: "bae", Subject: "https://idp s-2", Role: Admin, Reveal: true}
	secret, _, _, err := b.LoginOIDC(t.Context(), bae, here)
	if err != nil {
		t.Fatal(err)
	}
	another := bae
	another.Subject = "https://idp s-3"
	_, _, _, err = b.LoginOIDC(t.Context(), another, here)
	checkErr(t, err, ErrUserExists)
	checkErr(t, b.AddUser(t.Context(), NewUser{Name: "bae", Password: right, Role: Viewer}), ErrUserExists)

	// What the provider says at the next login counts at once.
	bae.Role, bae.Reveal = Viewer, false
	if _, _, actor, err := b.LoginOIDC(t.Context(), bae, here); actor.May(Flush) || actor.May(Reveal) || err != nil {
		t.Errorf("%+v %v", actor, err)
	}
	if actor, _, err := b.Session(t.Context(), secret, 0); actor.May(Flush) || err != nil {
		t.Errorf("%+v %v", actor, err)
	}
	checkErr(t, b.SetRole(t.Context(), "bae", Admin, true), ErrOIDCUser)
	checkErr(t, b.SetPassword(t.Context(), "bae", right), ErrOIDCUser)
	_, _, _, err = b.Login(t.Context(), "bae", right, here)
	checkErr(t, err, ErrLogin)

	if err := b.Disable(t.Context(), "bae"); err != nil {
		t.Fatal(err)
	}
	_, _, _, err = b.LoginOIDC(t.Context(), bae, here)
	checkErr(t, err, ErrLogin)
	if b.open(t, secret) {
		t.Error("disabled, the session goes on")
	}
}

// A provider that is away is told from one that refuses, and asked again.
func TestOIDCAway(t *testing.T) {
	t.Parallel()
	b, p, o := setupOIDC(t)
	p.GoDown(true)
	_, _, err := o.Begin(t.Context())
	checkErr(t, err, ErrOIDCAway)
	p.GoDown(false)
	location, cookie, err := o.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code, state := p.Visit(t, location)
	p.Close()
	_, err = o.Finish(t.Context(), code, state, cookie)
	checkErr(t, err, ErrOIDCAway)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = b.oidcOf(t, p).Begin(ctx)
	checkErr(t, err, context.Canceled)
}

// Who comes while another waits for a provider that says nothing can go again.
func TestOIDCWaitsNoLongerThanAsked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	asked, hung := make(chan struct{}), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(asked); <-hung }))
	defer srv.Close()
	o, err := b.NewOIDC(OIDCConfig{Issuer: srv.URL, ClientID: "a", RedirectURL: "https://push.firm.kr/callback", Roles: map[string]Role{"x": Viewer},
		Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan error)
	go func() {
		_, _, err := o.Begin(t.Context())
		first <- err
	}()
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = o.Begin(ctx)
	checkErr(t, err, ErrOIDCAway)
	checkErr(t, err, context.Canceled)
	close(hung)
	checkErr(t, <-first, ErrOIDCAway)
}

func TestOIDCConfig(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := OIDCConfig{Issuer: "https://idp.firm.kr", ClientID: "a", ClientSecret: "hush", RedirectURL: "http://localhost:8080/cb", Roles: map[string]Role{"x": Viewer}}
	if _, err := b.NewOIDC(good); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*OIDCConfig){
		"Issuer":      func(c *OIDCConfig) { c.Issuer = "http://idp.firm.kr" },
		"RedirectURL": func(c *OIDCConfig) { c.RedirectURL = "/cb" },
		"ClientID":    func(c *OIDCConfig) { c.ClientID = "" },
		"Roles":       func(c *OIDCConfig) { c.Roles = nil },
		`Roles: "x"`:  func(c *OIDCConfig) { c.Roles = map[string]Role{"x": "root"} },
		`Roles: ""`:   func(c *OIDCConfig) { c.Roles = map[string]Role{"": Admin} },
	} {
		bad := good
		change(&bad)
		if _, err := b.NewOIDC(bad); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", want, err)
		}
	}
}
