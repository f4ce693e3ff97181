// Package oidctest is a played identity provider, for tests of logins by OpenID Connect:
// authorization code with PKCE, tokens signed with RS256. Whoever is sent to it is logged
// in at once.
package oidctest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// The client that the provider knows.
const (
	ClientID     = "admin"
	ClientSecret = "hush"
)

// Hidden is a word of the provider's refusals that nobody may show.
const Hidden = "SECRET"

// Provider is a played identity provider. By itself its tokens are for Kim@firm.kr,
// subject s-1, with the roles staff and push-operators.
type Provider struct {
	*httptest.Server

	mu     sync.Mutex
	key    *rsa.PrivateKey
	codes  map[string]url.Values // what each code was asked for with
	claims map[string]any
	sign   func(header, payload string) string
	down   bool
}

// New starts a provider, which ends with the test.
func New(t testing.TB) *Provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{key: key, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		answer(t, w, http.StatusOK, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, http.StatusOK, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": encode(p.key.N.Bytes()), "e": encode(big.NewInt(int64(p.key.E)).Bytes())}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) { p.token(t, w, r) })
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// Claim has the tokens from now on say these claims over what they say by themselves;
// a nil one leaves out.
func (p *Provider) Claim(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims = claims
}

// SignBy has the tokens from now on made of header and payload, two JSON texts, by
// another than Sign; nil is Sign again.
func (p *Provider) SignBy(sign func(header, payload string) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sign = sign
}

// Sign makes a token as the provider does.
func (p *Provider) Sign(t testing.TB, header, payload string) string {
	return SignWith(t, p.key, header, payload)
}

// SignWith makes a token by a key.
func SignWith(t testing.TB, key *rsa.PrivateKey, header, payload string) string {
	text := encode([]byte(header)) + "." + encode([]byte(payload))
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Error(err)
	}
	return text + "." + encode(sig)
}

// GoDown has the provider say nothing about itself any more; or again.
func (p *Provider) GoDown(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// Visit is a browser that is sent to the provider: it is sent back with a code and state.
func (p *Provider) Visit(t testing.TB, location string) (code, state string) {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	asked := u.Query()
	if !strings.HasPrefix(location, p.URL+"/authorize?") || asked.Get("code_challenge_method") != "S256" || asked.Get("response_type") != "code" ||
		asked.Get("client_id") != ClientID || asked.Get("scope") != "openid profile" || asked.Get("nonce") == "" || asked.Get("state") == "" {
		t.Errorf("%s", location)
	}
	code = rand.Text()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[code] = asked
	return code, asked.Get("state")
}

// Unspent returns the codes that nobody has turned in yet, for Respend.
func (p *Provider) Unspent() map[string]url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.codes)
}

// Respend is a provider that has forgotten that codes were turned in.
func (p *Provider) Respend(codes map[string]url.Values) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.Copy(p.codes, codes)
}

// token turns a code into a token.
func (p *Provider) token(t testing.TB, w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked, ok := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if !ok || asked.Get("code_challenge") != encode(challenge[:]) || r.FormValue("redirect_uri") != asked.Get("redirect_uri") || id != ClientID || secret != ClientSecret {
		answer(t, w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": Hidden})
		return
	}
	now := time.Now().Unix()
	claims := map[string]any{"iss": p.URL, "aud": ClientID, "sub": "s-1", "exp": now + 300, "iat": now, "nonce": asked.Get("nonce"),
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
	sign := p.sign
	if sign == nil {
		sign = func(header, payload string) string { return p.Sign(t, header, payload) }
	}
	answer(t, w, http.StatusOK, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": sign(`{"alg":"RS256","kid":"1"}`, string(payload))})
}

func answer(t testing.TB, w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		t.Error(err)
	}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
