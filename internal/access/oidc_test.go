package access

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pushstream/internal/redistest"
)

// idp is a played identity provider. Whoever is sent to it is logged in at once.
type idp struct {
	*httptest.Server
	key    *rsa.PrivateKey
	mu     sync.Mutex
	codes  map[string]url.Values // what each code was asked for with
	claims map[string]any        // over what a token says by itself; nil leaves one out
	sign   func(header, payload string) string
	down   bool
}

var b64 = base64.RawURLEncoding

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{key: key, codes: map[string]url.Values{}, claims: map[string]any{}}
	p.sign = func(header, payload string) string { return p.signWith(t, p.key, header, payload) }
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		if p.down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		answer(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": b64.EncodeToString(p.key.N.Bytes()), "e": b64.EncodeToString(big.NewInt(int64(p.key.E)).Bytes())}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		asked, ok := p.codes[r.FormValue("code")]
		delete(p.codes, r.FormValue("code"))
		challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		id, secret, _ := r.BasicAuth()
		if !ok || asked.Get("code_challenge") != b64.EncodeToString(challenge[:]) || r.FormValue("redirect_uri") != asked.Get("redirect_uri") || id != "admin" || secret != "hush" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			answer(w, map[string]any{"error": "invalid_grant", "error_description": "SECRET"})
			return
		}
		now := time.Now().Unix()
		claims := map[string]any{"iss": p.URL, "aud": "admin", "sub": "s-1", "exp": now + 300, "iat": now, "nonce": asked.Get("nonce"),
			"preferred_username": "Kim@firm.kr", "roles": []any{"staff", "push-operators", 7}}
		for name, value := range p.claims {
			if claims[name] = value; value == nil {
				delete(claims, name)
			}
		}
		payload, err := json.Marshal(claims)
		if err != nil {
			t.Error(err)
		}
		answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": p.sign(`{"alg":"RS256","kid":"1"}`, string(payload))})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *idp) signWith(t *testing.T, key *rsa.PrivateKey, header, payload string) string {
	t.Helper()
	text := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Error(err)
	}
	return text + "." + b64.EncodeToString(sig)
}

// visit is a browser at the provider: it comes back with a code and state.
func (p *idp) visit(t *testing.T, location string) (code, state string) {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	asked := u.Query()
	if !strings.HasPrefix(location, p.URL+"/authorize?") || asked.Get("code_challenge_method") != "S256" || asked.Get("response_type") != "code" ||
		asked.Get("client_id") != "admin" || asked.Get("scope") != "openid profile" || asked.Get("nonce") == "" || asked.Get("state") == "" {
		t.Errorf("%s", location)
	}
	code = newSecret()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[code] = asked
	return code, asked.Get("state")
}

func setupOIDC(t *testing.T) (*bundle, *idp, *OIDC) {
	t.Helper()
	b, p := setup(t), newIDP(t)
	return b, p, b.oidcOf(t, p)
}

func (b *bundle) oidcOf(t *testing.T, p *idp) *OIDC {
	t.Helper()
	o, err := b.NewOIDC(OIDCConfig{Issuer: p.URL, ClientID: "admin", ClientSecret: "hush", RedirectURL: "https://push.firm.kr/callback",
		Roles:       map[string]Role{"push-viewers": Viewer, "push-operators": Operator, "push-admins": Admin, "also-viewers": Viewer},
		RevealValue: "push-reveal", Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// enter goes all the way to an identity.
func enter(t *testing.T, o *OIDC, p *idp) (Identity, error) {
	t.Helper()
	location, cookie, err := o.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code, state := p.visit(t, location)
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
	code, state := p.visit(t, location)
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
	for _, one := range []string{cookie, derive("verifier", cookie), "hush"} {
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
	now := time.Now().Unix()
	sign := p.sign
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
		"another key":           {nil, func(h, p string) string { return (&idp{}).signWith(t, stranger, h, p) }, ErrOIDC},
		"no signature":          {nil, func(h, p string) string { s := sign(h, p); return s[:strings.LastIndex(s, ".")+1] }, ErrOIDC},
		"algorithm none": {nil, func(_, p string) string {
			return b64.EncodeToString([]byte(`{"alg":"none"}`)) + "." + b64.EncodeToString([]byte(p)) + "."
		}, ErrOIDC},
		"the public key as secret": {nil, func(_, p string) string { return sign(`{"alg":"HS256","kid":"1"}`, p) }, ErrOIDC},
		"changed afterwards":       {nil, func(h, p string) string { return strings.Replace(sign(h, p), ".", ".A", 1) }, ErrOIDC},
		"no token":                 {nil, func(string, string) string { return "" }, ErrOIDC},
	} {
		p.claims, p.sign = tt.claims, sign
		if tt.sign != nil {
			p.sign = tt.sign
		}
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
	code, state := p.visit(t, location)
	since, secret, _ := strings.Cut(cookie, ".")
	for _, wrong := range []struct{ state, cookie string }{
		{"", ""}, {state, ""}, {"", cookie}, {state, other}, {derive("state", other), cookie}, {state + "x", cookie}, {state, since + "0." + secret},
		{derive("state", "x"), "x"}, {derive("state", "."), "."}, {derive("state", strings.Repeat(".", 1000)), strings.Repeat(".", 1000)},
		{derive("state", "9999999999999."+secret), "9999999999999." + secret}, // of the future, so that it would live on
	} {
		_, err := o.Finish(t.Context(), code, wrong.state, wrong.cookie)
		checkErr(t, err, ErrOIDC)
	}
	if _, err := o.Finish(t.Context(), "made-up", state, cookie); !errors.Is(err, ErrOIDC) || strings.Contains(err.Error(), "SECRET") || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("a made-up code: %v", err)
	}
	if dump := redistest.Dump(t, b.rdb); len(dump) != 0 {
		t.Errorf("who is refused writes %v", dump)
	}
	// None of that spent the code; its owner gets in, once, even if the provider forgets that it was used.
	p.mu.Lock()
	asked := maps.Clone(p.codes)
	p.mu.Unlock()
	if _, err := o.Finish(t.Context(), code, state, cookie); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	maps.Copy(p.codes, asked)
	p.mu.Unlock()
	_, err = b.oidcOf(t, p).Finish(t.Context(), code, state, cookie)
	checkErr(t, err, ErrOIDC)

	location, cookie, err = o.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code, state = p.visit(t, location)
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
		p.claims = map[string]any{"roles": tt.roles}
		if id, err := enter(t, o, p); id.Role != tt.want || id.Reveal != tt.sees || err != nil {
			t.Errorf("%v: %+v %v", tt.roles, id, err)
		}
	}
	o.cfg.RoleClaim, o.cfg.NameClaim = "realm_access.roles", "email"
	p.claims = map[string]any{"realm_access": map[string]any{"roles": []string{"push-admins"}}, "email": "kim@firm.kr", "email_verified": true, "roles": nil}
	if id, err := enter(t, o, p); id.Role != Admin || id.Name != "kim@firm.kr" || err != nil {
		t.Errorf("%+v %v", id, err)
	}
	for _, not := range []any{false, "true", "false", 0} {
		p.claims["email_verified"] = not
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
	if actor, _, err := b.Session(t.Context(), secret); actor.May(Flush) || err != nil {
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
	p.down = true
	_, _, err := o.Begin(t.Context())
	if err == nil || errors.Is(err, ErrOIDC) {
		t.Errorf("%v", err)
	}
	p.down = false
	location, cookie, err := o.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code, state := p.visit(t, location)
	p.Close()
	_, err = o.Finish(t.Context(), code, state, cookie)
	if err == nil || errors.Is(err, ErrOIDC) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = b.oidcOf(t, p).Begin(ctx)
	checkErr(t, err, context.Canceled)
}

func TestOIDCConfig(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := OIDCConfig{Issuer: "https://idp.firm.kr", ClientID: "a", ClientSecret: "hush", RedirectURL: "http://localhost:8080/cb", Roles: map[string]Role{"x": Viewer}}
	if _, err := b.NewOIDC(good); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*OIDCConfig){
		"issuer":       func(c *OIDCConfig) { c.Issuer = "http://idp.firm.kr" },
		"redirect URL": func(c *OIDCConfig) { c.RedirectURL = "/cb" },
		"client id":    func(c *OIDCConfig) { c.ClientID = "" },
		"roles":        func(c *OIDCConfig) { c.Roles = nil },
		`roles: "x"`:   func(c *OIDCConfig) { c.Roles = map[string]Role{"x": "root"} },
		`roles: ""`:    func(c *OIDCConfig) { c.Roles = map[string]Role{"": Admin} },
	} {
		bad := good
		change(&bad)
		if _, err := b.NewOIDC(bad); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", want, err)
		}
	}
}
