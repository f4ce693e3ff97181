package main

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"pushstream/internal/access"
	"pushstream/internal/admin"
	"pushstream/internal/setting"
)

// oidcFlags say which identity provider lets people in; all but the claims empty is none.
type oidcFlags struct {
	Issuer       string `name:"oidc-issuer" env:"OIDC_ISSUER" placeholder:"URL" help:"Identity provider (OpenID Connect) that lets people in, as it calls itself in its tokens."`
	ClientID     string `name:"oidc-client-id" env:"OIDC_CLIENT_ID" placeholder:"ID" help:"What pushstream is called there."`
	ClientSecret string `name:"oidc-client-secret" env:"OIDC_CLIENT_SECRET" secret:"" placeholder:"SECRET" help:"Its secret; none if the provider gives none."`
	RedirectURL  string `name:"oidc-redirect-url" env:"OIDC_REDIRECT_URL" placeholder:"URL" help:"Where browsers come back, as registered there: https://HOST/api/v1/oidc/callback, as browsers reach it."`
	RoleClaim    string `name:"oidc-role-claim" env:"OIDC_ROLE_CLAIM" default:"roles" help:"Claim of the id token that gives the role: a text, or a list of them; inner ones with dots, such as realm_access.roles."`
	NameClaim    string `name:"oidc-name-claim" env:"OIDC_NAME_CLAIM" default:"preferred_username" help:"Claim that is the name here."`
	Roles        string `name:"oidc-roles" env:"OIDC_ROLES" placeholder:"VALUE=ROLE" help:"What values of the role's claim mean, with commas between: push-ops=operator,push-admins=admin. The highest counts; who has none is not let in."`
	Reveal       string `name:"oidc-reveal" env:"OIDC_REVEAL" placeholder:"VALUE" help:"Value of the role's claim that grants to see personal data in clear, besides a role."`
}

// oidcVariables are the fields of access.OIDCConfig as people set them.
var oidcVariables = map[string]string{"Issuer": "OIDC_ISSUER", "ClientID": "OIDC_CLIENT_ID", "RedirectURL": "OIDC_REDIRECT_URL", "Roles": "OIDC_ROLES"}

// check returns nil if there is no identity provider.
func (f *oidcFlags) check(check *setting.Checker, basePath string) *access.OIDCConfig {
	if cmp.Or(f.Issuer, f.ClientID, f.ClientSecret, f.RedirectURL, f.Roles, f.Reveal) == "" {
		return nil
	}
	c := &access.OIDCConfig{Issuer: f.Issuer, ClientID: f.ClientID, ClientSecret: f.ClientSecret, RedirectURL: f.RedirectURL,
		RoleClaim: f.RoleClaim, NameClaim: f.NameClaim, RevealValue: f.Reveal, Roles: map[string]access.Role{}}
	for one := range strings.SplitSeq(f.Roles, ",") {
		if f.Roles == "" {
			break
		}
		i := strings.LastIndex(one, "=") // a value may have one
		if i < 0 {
			check.Fault("OIDC_ROLES", fmt.Sprintf("%.80q must be VALUE=ROLE", one))
			continue
		}
		value, role := one[:i], access.Role(one[i+1:])
		if _, twice := c.Roles[value]; twice {
			check.Fault("OIDC_ROLES", fmt.Sprintf("%.80q is there twice", value))
		}
		c.Roles[value] = role
	}
	for _, fault := range c.Check() {
		check.Fault(oidcVariables[fault.Field], fault.Message)
	}
	callback := strings.TrimSuffix(basePath, "/") + admin.OIDCCallback
	if u, err := url.Parse(f.RedirectURL); err == nil && !(strings.HasSuffix(u.Path, callback) && u.RawQuery == "" && u.Fragment == "") {
		check.Fault("OIDC_REDIRECT_URL", "must end in "+callback)
	}
	return c
}
