package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
)

// OIDCCallback is the end of the path to which the identity provider sends browsers back.
const OIDCCallback = base + "/oidc/callback"

// The name of the cookie between start and callback. Browsers take one that begins with
// __Secure- by HTTPS only.
const (
	plainOIDCCookie  = "pushstream-oidc"
	secureOIDCCookie = "__Secure-pushstream-oidc"
	oidcCookieLife   = 10 * time.Minute
)

// What comes back with a browser, in bytes. Providers add other parameters, which are
// not looked at.
const (
	fieldCode  = "code"
	fieldState = "state"
	fieldError = "error"
	maxCode    = 4 << 10
	maxState   = 128
	maxError   = 128
)

// startOIDC sends a browser to the identity provider.
func (a *api) startOIDC(c *gin.Context) {
	if a.OIDC == nil {
		refuseOIDC(c, oidcNone)
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	location, cookie, err := a.OIDC.Begin(ctx)
	if err != nil {
		_ = c.Error(err) // for the log
		a.refuseOIDC(c, oidcAway)
		return
	}
	a.setOIDCCookie(c, cookie)
	c.Header("Location", location)
	c.Status(http.StatusFound)
}

// finishOIDC begins a session for whom the identity provider sends back. What can be
// made up by anybody, which is all that it has not confirmed, is no audit entry: nobody
// may fill that log from outside.
func (a *api) finishOIDC(c *gin.Context) {
	if a.OIDC == nil {
		refuseOIDC(c, oidcNone)
		return
	}
	code, state, ok := a.readCallback(c)
	if !ok {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	id, err := a.OIDC.Finish(ctx, code, state, oidcCookie(c))
	if err != nil {
		a.oidcFailed(c, id, err)
		return
	}
	a.setOIDCCookie(c, "")
	secret, session, actor, err := a.Access.LoginOIDC(ctx, id, from(c))
	if err != nil {
		a.oidcFailed(c, id, err)
		return
	}
	note(c, zap.String("how", string(access.ByOIDC)), zap.String("role", string(id.Role)), zap.Bool("reveal", id.Reveal))
	if !a.enter(c, audit.Entry{Action: audit.Login, Actor: actor.Name, Kind: audit.User, Role: string(actor.Role)}) {
		_ = a.Access.EndSession(context.WithoutCancel(ctx), session.ID)
		a.logins.count(access.ByOIDC, loginUnavailable)
		return
	}
	a.logins.count(access.ByOIDC, loginOK)
	conclude(c, "done")
	setCookie(c, secret, session.EndsAt)
	// The session's cookie is not sent along while other sites lead here: the page goes
	// on by itself, from this one.
	showPage(c, http.StatusOK, oidcPage{Home: true, KO: "로그인했습니다.", EN: "You are logged in."})
}

// readCallback reads what a browser brings from the provider. What is wrong with it, it
// answers itself, and shows none of it.
func (a *api) readCallback(c *gin.Context) (code, state string, ok bool) {
	query, err := url.ParseQuery(c.Request.URL.RawQuery)
	bounds := map[string]int{fieldCode: maxCode, fieldState: maxState, fieldError: maxError}
	for name, most := range bounds {
		if values := query[name]; err != nil || len(values) > 1 || len(values) == 1 && len(values[0]) > most {
			note(c, zap.String("why", "parameters that no provider sends"))
			a.refuseOIDC(c, oidcAgain)
			return "", "", false
		}
	}
	if reason := query.Get(fieldError); reason != "" {
		note(c, zap.String("why", "the provider says "+knownError(reason)))
		a.refuseOIDC(c, oidcNotLetIn)
		return "", "", false
	}
	return query.Get(fieldCode), query.Get(fieldState), true
}

// knownError is a provider's error code if it is one of the standards', so that nobody
// writes into the log by a URL.
func knownError(code string) string {
	if slices.Contains([]string{"access_denied", "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "server_error",
		"temporarily_unavailable", "interaction_required", "login_required", "account_selection_required", "consent_required"}, code) {
		return code
	}
	return "another error"
}

// oidcFailed answers a login that did not work. Whom the provider has confirmed is in
// the audit log.
func (a *api) oidcFailed(c *gin.Context, id access.Identity, err error) {
	var noRole *access.NoRoleError
	var wrong *access.LoginError
	name, why, refusal := id.Name, err.Error(), oidcRefusal{}
	switch {
	case errors.As(err, &noRole):
		a.setOIDCCookie(c, "")
		name, why, refusal = noRole.User, "no role", oidcNoRole
	case errors.As(err, &wrong):
		why, refusal = wrong.Why, oidcDisabled
	case errors.Is(err, access.ErrUserExists):
		why, refusal = "another user has the name", oidcTaken
	case errors.Is(err, access.ErrFull):
		refusal = oidcFull
	case errors.Is(err, access.ErrOIDC):
		refusal = oidcAgain
	case errors.Is(err, access.ErrOIDCAway):
		_ = c.Error(err) // for the log
		refusal = oidcAway
	case !strings.Contains(c.GetHeader("Accept"), "text/html"): // a program is told what is wrong with Redis
		a.logins.count(access.ByOIDC, oidcResult(oidcNoStore))
		httpapi.Unavailable(c, err)
		return
	default:
		_ = c.Error(err) // for the log
		refusal = oidcNoStore
	}
	if refusal.status < 500 {
		note(c, zap.String("how", string(access.ByOIDC)), zap.String("why", why[:min(len(why), 300)]))
	}
	if name != "" && refusal.status < 500 && !a.enter(c, audit.Entry{Action: audit.LoginFailed, Actor: name, Kind: audit.User}) {
		return
	}
	a.refuseOIDC(c, refusal)
}

// refuseOIDC counts and answers a login that did not work.
func (a *api) refuseOIDC(c *gin.Context, r oidcRefusal) {
	a.logins.count(access.ByOIDC, oidcResult(r))
	refuseOIDC(c, r)
}

func oidcCookie(c *gin.Context) string {
	name := plainOIDCCookie
	if httpapi.Encrypted(c) {
		name = secureOIDCCookie
	}
	found, err := c.Request.Cookie(name)
	if err != nil {
		return ""
	}
	return found.Value
}

// setOIDCCookie has the browser keep what binds the provider's answer to it, for the
// callback only; or forget it, if it is empty. Lax, since the browser comes back from
// another site.
func (a *api) setOIDCCookie(c *gin.Context, value string) {
	one := &http.Cookie{Name: plainOIDCCookie, Value: value, Path: a.OIDC.CallbackPath(), HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(oidcCookieLife.Seconds())}
	if httpapi.Encrypted(c) {
		one.Name, one.Secure = secureOIDCCookie, true
	}
	if value == "" {
		one.MaxAge = -1
	}
	http.SetCookie(c.Writer, one)
}
