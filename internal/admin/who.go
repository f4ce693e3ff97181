package admin

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/access"
	"pushstream/internal/httpapi"
)

// The name of the session's cookie. Browsers take one that begins with __Host- only by
// HTTPS, and from no other host.
const (
	plainCookie  = "pushstream"
	secureCookie = "__Host-pushstream"
)

const (
	actorKey   = "admin.actor"
	sessionKey = "admin.session"
)

// allow lets a request pass if whoever makes it has a permission. It is the only
// place that decides so.
func (a *api) allow(may access.Permission) gin.HandlerFunc {
	if may == anyone {
		return func(*gin.Context) {}
	}
	return func(c *gin.Context) {
		switch actor, err := a.authenticate(c); {
		case errors.Is(err, access.ErrStopped):
			c.Header("WWW-Authenticate", `Bearer realm="pushstream", error="invalid_token"`)
			httpapi.Fail(c, http.StatusUnauthorized, "this token does not work: the user who owns it is disabled; an administrator can give it another owner")
		case errors.Is(err, access.ErrNoSession), errors.Is(err, access.ErrNoToken):
			c.Header("WWW-Authenticate", `Bearer realm="pushstream"`)
			httpapi.Fail(c, http.StatusUnauthorized, "log in (POST "+base+"/session), or send Authorization: Bearer TOKEN")
		case err != nil:
			httpapi.Unavailable(c, err)
		case may == "" || !actor.May(may):
			httpapi.Fail(c, http.StatusForbidden, "requires the permission "+string(may)+": ask an administrator for it")
		}
	}
}

// authenticate finds out who makes a request. A token counts before a cookie.
func (a *api) authenticate(c *gin.Context) (actor access.Actor, err error) {
	ctx, cancel := bounded(c)
	defer cancel()
	if scheme, _, _ := strings.Cut(c.GetHeader("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		actor, err = a.Access.Token(ctx, bearer(c))
	} else {
		var session access.Session
		actor, session, err = a.Access.Session(ctx, cookie(c), lastInput(c))
		c.Set(sessionKey, session)
	}
	if err == nil {
		c.Set(actorKey, actor)
		httpapi.Identify(c, string(actor.Kind), actor.Name)
	}
	return actor, err
}

// inputHeader tells how many seconds ago a person last used the keyboard, the pointer or the
// screen. The page sends it with every request, those that it makes by itself too.
const inputHeader = "X-Input-Age"

// lastInput reads it. Without, a request is no use of the session: what makes requests by
// itself, such as a page that is left open, does not keep anybody logged in.
func lastInput(c *gin.Context) time.Duration {
	seconds, err := strconv.ParseUint(c.GetHeader(inputHeader), 10, 31)
	if err != nil {
		return access.Unattended
	}
	return time.Duration(seconds) * time.Second
}

// bearer is the secret of a token that a request comes with.
func bearer(c *gin.Context) string {
	_, secret, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	return strings.TrimSpace(secret)
}

// whoIs is who makes a request, once allow let it pass.
func whoIs(c *gin.Context) access.Actor {
	actor, _ := c.Get(actorKey)
	is, _ := actor.(access.Actor)
	return is
}

func cookie(c *gin.Context) string {
	name := plainCookie
	if httpapi.Encrypted(c) {
		name = secureCookie
	}
	found, err := c.Request.Cookie(name)
	if err != nil {
		return ""
	}
	return found.Value
}

// setCookie has the browser keep the secret of a session until it ends; or forget it,
// if there is none.
func setCookie(c *gin.Context, secret string, ends time.Time) {
	one := &http.Cookie{Name: plainCookie, Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Expires: ends}
	if httpapi.Encrypted(c) {
		one.Name, one.Secure = secureCookie, true
	}
	if secret == "" {
		one.MaxAge = -1
	}
	http.SetCookie(c.Writer, one)
}

// from is where a request comes from.
func from(c *gin.Context) access.From {
	return access.From{Address: c.ClientIP(), UserAgent: c.Request.UserAgent(), Devices: devices(c)}
}

// sameOrigin refuses requests that would change something and that a browser
// makes in the name of another site, be it one on another port of this machine.
// What is no browser sends neither Sec-Fetch-Site nor Origin, and passes.
func sameOrigin() gin.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c *gin.Context) {
		if protection.Check(c.Request) != nil {
			httpapi.Fail(c, http.StatusForbidden, "not for pages of another origin")
		}
	}
}
