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
	Issuer       string `name:"oidc-issuer" env:"OIDC_ISSUER" placeholder:"URL" help:"Log users in by this identity provider (OpenID Connect): its issuer URL, as in its tokens."`
	ClientID     string `name:"oidc-client-id" env:"OIDC_CLIENT_ID" placeholder:"ID" help:"Client id of pushstream at the identity provider."`
	ClientSecret string `name:"oidc-client-secret" env:"OIDC_CLIENT_SECRET" secret:"" placeholder:"SECRET" help:"Client secret; empty if the provider gives none."`
	RedirectURL  string `name:"oidc-redirect-url" env:"OIDC_REDIRECT_URL" placeholder:"URL" help:"Redirect URL registered at the provider: https://HOST/api/v1/oidc/callback, as browsers reach it."`
	RoleClaim    string `name:"oidc-role-claim" env:"OIDC_ROLE_CLAIM" default:"roles" help:"Claim of the id token with the role: a text, or a list of texts. Inner claims with dots, such as realm_access.roles."`
	NameClaim    string `name:"oidc-name-claim" env:"OIDC_NAME_CLAIM" default:"preferred_username" help:"Claim of the id token with the name of the user."`
	Roles        string `name:"oidc-roles" env:"OIDC_ROLES" placeholder:"VALUE=ROLE" help:"Roles by value of the role claim, separated by commas: push-ops=operator,push-admins=admin. The highest role counts; without one, the login is refused."`
	Reveal       string `name:"oidc-reveal" env:"OIDC_REVEAL" placeholder:"VALUE" help:"Value of the role claim that also grants the permission to reveal personal data."`
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
