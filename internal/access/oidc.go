package access

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Errors of a login by OpenID Connect.
var (
	ErrOIDC     = errors.New("the login at the identity provider can't be used; begin again")
	ErrOIDCAway = errors.New("the identity provider does not answer")
	ErrNoRole   = errors.New("the identity provider gives this person no role here")
)

// NoRoleError is an ErrNoRole that knows whom the provider has confirmed.
type NoRoleError struct {
	User string
}

// Error says who, too.
func (e *NoRoleError) Error() string { return ErrNoRole.Error() + ": " + e.User }

// Is says that it is an ErrNoRole.
func (e *NoRoleError) Is(target error) bool { return target == ErrNoRole }

// oidcLife is how long somebody may take to log in at the provider.
const oidcLife = 10 * time.Minute

// OIDCConfig says which identity provider, and what its claims mean.
type OIDCConfig struct {
	Issuer       string // URL, as in its tokens
	ClientID     string
	ClientSecret string
	RedirectURL  string          // where Finish is called, as registered with it
	Scopes       []string        // besides openid; profile
	NameClaim    string          // the user's name here; preferred_username
	RoleClaim    string          // a text or a list of texts; roles. Inner ones with dots: realm_access.roles
	Roles        map[string]Role // what values of RoleClaim mean; the highest counts, none is no entry
	RevealValue  string          // value of RoleClaim that grants reveal; nobody has it if empty
	Client       *http.Client    // to reach the provider; one with a timeout of 10 s
}

// OIDC lets people in whom an identity provider knows: authorization code with PKCE.
//
// What binds the answer to the browser that asked is a cookie, and state, nonce and
// verifier are hashes of it. So a beginning costs Redis nothing, whoever begins; only
// what the provider has confirmed is noted there, so that it counts once.
type OIDC struct {
	store *Store
	cfg   OIDCConfig

	turn     chan struct{}  // has the one who may look at provider, or set it
	provider *oidc.Provider // once it was reached
}

// OIDCFault is what is wrong with a field of an OIDCConfig.
type OIDCFault struct {
	Field   string // its name in Go
	Message string
}

// Check returns all that is wrong with a configuration.
func (c OIDCConfig) Check() (faults []OIDCFault) {
	bad := func(field, format string, args ...any) {
		faults = append(faults, OIDCFault{field, fmt.Sprintf(format, args...)})
	}
	for _, one := range []struct{ field, text string }{{"Issuer", c.Issuer}, {"RedirectURL", c.RedirectURL}} {
		u, err := url.Parse(one.text)
		local := err == nil && (u.Hostname() == "127.0.0.1" || u.Hostname() == "::1" || u.Hostname() == "localhost")
		if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && local) {
			bad(one.field, "must be a URL with https")
		}
	}
	if c.ClientID == "" {
		bad("ClientID", "is needed")
	}
	if len(c.Roles) == 0 {
		bad("Roles", "no user could log in without")
	}
	for _, value := range slices.Sorted(maps.Keys(c.Roles)) {
		if value == "" || !slices.Contains(Roles(), c.Roles[value]) {
			bad("Roles", "%q: %v", value, ErrRole)
		}
	}
	return faults
}

// Identity is somebody whom the provider knows.
type Identity struct {
	Name    string
	Subject string // issuer, a space, and the name there, which is never given to another
	Role    Role
	Reveal  bool
}

// NewOIDC checks the configuration. The provider is asked when somebody first logs in:
// it need not be there at the start.
func (s *Store) NewOIDC(cfg OIDCConfig) (*OIDC, error) {
	var faults []error
	for _, f := range cfg.Check() {
		faults = append(faults, fmt.Errorf("%s: %s", f.Field, f.Message))
	}
	if len(cfg.Scopes) == 0 {
		cfg.Scopes = []string{"profile"}
	}
	cfg.NameClaim = cmp.Or(cfg.NameClaim, "preferred_username")
	cfg.RoleClaim = cmp.Or(cfg.RoleClaim, "roles")
	cfg.Client = cmp.Or(cfg.Client, &http.Client{Timeout: 10 * time.Second})
	return &OIDC{store: s, cfg: cfg, turn: make(chan struct{}, 1)}, errors.Join(faults...)
}

// CallbackPath is the path, as browsers see it, where the provider sends them back to.
func (o *OIDC) CallbackPath() string {
	u, err := url.Parse(o.cfg.RedirectURL)
	if err != nil { // then NewOIDC has said so
		return "/"
	}
	return u.EscapedPath()
}

// Begin returns where to send the browser, and a cookie to be set in it for 10 minutes
// (HttpOnly, SameSite=Lax: the browser comes back from another site); or ErrOIDCAway.
func (o *OIDC) Begin(ctx context.Context) (location, cookie string, err error) {
	provider, err := o.reach(ctx)
	if err != nil {
		return "", "", err
	}
	cookie = strconv.FormatInt(o.store.now(), 10) + "." + newSecret()
	return o.oauth(provider).AuthCodeURL(derive("state", cookie), oidc.Nonce(derive("nonce", cookie)),
		oauth2.S256ChallengeOption(derive("verifier", cookie))), cookie, nil
}

// Finish returns who has logged in, by what the provider gave the browser along, and
// the cookie of Begin: ErrOIDC, ErrNoRole (a NoRoleError), ErrOIDCAway, or the store's
// error.
func (o *OIDC) Finish(ctx context.Context, code, state, cookie string) (Identity, error) {
	provider, err := o.reach(ctx)
	if err != nil {
		return Identity{}, err
	}
	since, _, ok := strings.Cut(cookie, ".")
	if !ok || len(cookie) > 100 || !equal(state, derive("state", cookie)) {
		return Identity{}, fmt.Errorf("%w: state is not this browser's", ErrOIDC)
	}
	if age := o.store.opt.Now().Sub(msTime(since)); age < -time.Minute || age > oidcLife {
		return Identity{}, fmt.Errorf("%w: it took too long", ErrOIDC)
	}
	ctx = oidc.ClientContext(ctx, o.cfg.Client)
	token, err := o.oauth(provider).Exchange(ctx, code, oauth2.VerifierOption(derive("verifier", cookie)))
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response.StatusCode < 500 { // its text has all of the answer
		return Identity{}, fmt.Errorf("%w: the provider refused the code: %s %.100q", ErrOIDC, refused.Response.Status, refused.ErrorCode)
	}
	if refused != nil {
		return Identity{}, fmt.Errorf("%w: %s", ErrOIDCAway, refused.Response.Status)
	}
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrOIDCAway, err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: o.cfg.ClientID, Now: o.store.opt.Now}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrOIDC, err)
	}
	if !equal(id.Nonce, derive("nonce", cookie)) {
		return Identity{}, fmt.Errorf("%w: a token of another login", ErrOIDC)
	}
	first, err := o.store.rdb.SetNX(ctx, o.store.keys.oidc(cookie), 1, 2*oidcLife).Result()
	if err != nil {
		return Identity{}, fmt.Errorf("note the login: %w", err)
	}
	if !first {
		return Identity{}, fmt.Errorf("%w: it was used before", ErrOIDC)
	}
	return o.identify(id)
}

// identify reads the claims of a token that is good.
func (o *OIDC) identify(token *oidc.IDToken) (Identity, error) {
	claims := map[string]any{}
	if err := token.Claims(&claims); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrOIDC, err)
	}
	if azp, ok := claims["azp"]; (ok || len(token.Audience) > 1) && azp != o.cfg.ClientID {
		return Identity{}, fmt.Errorf("%w: a token for another client", ErrOIDC)
	}
	if verified, ok := claims["email_verified"]; o.cfg.NameClaim == "email" && ok && verified != true {
		return Identity{}, fmt.Errorf("%w: an email that is not verified", ErrOIDC)
	}
	text, _ := claim(claims, o.cfg.NameClaim).(string)
	name, err := canonical(text)
	if err != nil || token.Subject == "" {
		return Identity{}, fmt.Errorf("%w: %s: %w", ErrOIDC, o.cfg.NameClaim, ErrName)
	}
	identity := Identity{Name: name, Subject: token.Issuer + " " + token.Subject}
	for _, value := range texts(claim(claims, o.cfg.RoleClaim)) {
		if role, ok := o.cfg.Roles[value]; ok && slices.Index(Roles(), role) >= slices.Index(Roles(), identity.Role) {
			identity.Role = role
		}
		identity.Reveal = identity.Reveal || value != "" && value == o.cfg.RevealValue
	}
	if identity.Role == "" {
		return Identity{}, &NoRoleError{name}
	}
	return identity, nil
}

// LoginOIDC begins a session for whom the provider knows; whoever comes for the first
// time becomes a user. Role and grant are as the provider says now. ErrUserExists if
// the name is somebody else's, ErrFull, ErrLogin (a LoginError) if disabled.
func (s *Store) LoginOIDC(ctx context.Context, id Identity, from From) (secret string, session Session, actor Actor, err error) {
	err = s.verdict(ctx, admitScript, map[string]error{"taken": ErrUserExists, "full": ErrFull}, []string{s.keys.users(), s.keys.user(id.Name)},
		id.Name, id.Subject, string(id.Role), flag(id.Reveal), s.now(), maxUsers)
	if err != nil {
		return "", Session{}, Actor{}, wrap("log in", err)
	}
	return s.start(ctx, verified{name: id.Name, how: ByOIDC}, from)
}

// reach returns the provider, which it asks about itself once. Who comes meanwhile waits
// no longer than ctx.
func (o *OIDC) reach(ctx context.Context) (*oidc.Provider, error) {
	select {
	case o.turn <- struct{}{}:
		defer func() { <-o.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrOIDCAway, ctx.Err())
	}
	if o.provider == nil {
		provider, err := oidc.NewProvider(oidc.ClientContext(ctx, o.cfg.Client), o.cfg.Issuer)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrOIDCAway, err)
		}
		o.provider = provider
	}
	return o.provider, nil
}

func (o *OIDC) oauth(provider *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: o.cfg.ClientID, ClientSecret: o.cfg.ClientSecret, Endpoint: provider.Endpoint(),
		RedirectURL: o.cfg.RedirectURL, Scopes: append([]string{oidc.ScopeOpenID}, o.cfg.Scopes...)}
}

// derive makes a value that only who has the cookie can make.
func derive(what, cookie string) string {
	sum := sha256.Sum256([]byte(what + " " + cookie))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// claim finds a claim, an inner one by names with dots between.
func claim(claims map[string]any, name string) any {
	if value, ok := claims[name]; ok {
		return value
	}
	outer, inner, _ := strings.Cut(name, ".")
	if within, ok := claims[outer].(map[string]any); ok && inner != "" {
		return claim(within, inner)
	}
	return nil
}

// texts are the texts of a claim that is one or a list of them.
func texts(value any) []string {
	if one, ok := value.(string); ok {
		return []string{one}
	}
	var all []string
	list, _ := value.([]any)
	for _, one := range list {
		if text, ok := one.(string); ok {
			all = append(all, text)
		}
	}
	return all
}
