package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
)

const (
	fieldName     = "name"
	fieldPassword = "password"
	fieldCurrent  = "current"
)

// loginWays is how one can log in.
type loginWays struct {
	Password bool `json:"password"`
	OIDC     bool `json:"oidc"`
	LoggedIn bool `json:"logged_in"` // who asks is, already
}

// loginWays says how one can log in. That the store does not answer is not that nobody is
// logged in.
func (a *api) loginWays(c *gin.Context) {
	_, err := a.authenticate(c)
	if err != nil && !errors.Is(err, access.ErrNoSession) && !errors.Is(err, access.ErrNoToken) {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusOK, loginWays{Password: true, OIDC: a.OIDC != nil, LoggedIn: err == nil})
}

// me is who is logged in, for how long, and what they may do.
type me struct {
	access.Actor
	How      access.How `json:"how,omitempty"`
	EndsAt   string     `json:"ends_at,omitempty"` // of the session, at the latest
	IdleMins int        `json:"idle_minutes,omitempty"`
	IdleSecs int        `json:"idle_seconds,omitempty"`
	LeftMS   *int64     `json:"left_ms,omitempty"`         // until it ends, if nobody uses it
	AtMostMS *int64     `json:"left_at_most_ms,omitempty"` // until it ends anyway
	Zone     string     `json:"zone"`                      // of reserved times, in which all times are shown
}

func (a *api) meOf(actor access.Actor, s access.Session) me {
	m := me{Actor: actor, Zone: a.Zone.String()}
	if s.ID != "" {
		idle := a.Access.Idle()
		left, atMost := a.Access.Left(s)
		leftMS, atMostMS := left.Milliseconds(), atMost.Milliseconds()
		m.How, m.EndsAt, m.LeftMS, m.AtMostMS = s.How, s.EndsAt.UTC().Format(time.RFC3339), &leftMS, &atMostMS
		m.IdleMins, m.IdleSecs = int(idle.Minutes()), int(idle.Seconds())
	}
	return m
}

// login begins a session. Its secret is in a cookie only.
func (a *api) login(c *gin.Context) {
	in, ok := readBody(c, membersOf(text, fieldName, fieldPassword)...)
	if !ok {
		return
	}
	name, password := in.must(fieldName), in.must(fieldPassword)
	if in.refusedBody(c) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	secret, session, actor, err := a.Access.Login(ctx, name, password, from(c))
	if err != nil {
		a.loginFailed(c, err)
		return
	}
	if !a.enter(c, audit.Entry{Action: audit.Login, Actor: actor.Name, Kind: audit.User, Role: string(actor.Role)}) {
		_ = a.Access.EndSession(context.WithoutCancel(ctx), session.ID)
		a.logins.count(access.ByPassword, loginUnavailable)
		return
	}
	a.logins.count(access.ByPassword, loginOK)
	conclude(c, "done")
	setCookie(c, secret, session.EndsAt)
	a.remember(ctx, c, session)
	c.JSON(http.StatusOK, a.meOf(actor, session))
}

// loginFailed answers a login that did not work. A name that nobody has may be a
// password in the wrong field, so it is nowhere written down; and very many failed logins
// leave a line in the process's log each, but not an entry in the audit log, which nobody
// may fill from outside.
func (a *api) loginFailed(c *gin.Context, err error) {
	a.logins.count(access.ByPassword, passwordResult(err))
	var wait *access.ThrottledError
	var wrong *access.LoginError
	switch {
	case errors.As(err, &wait):
		conclude(c, "throttled")
		note(c, zap.Bool("busy", wait.Busy))
		c.Header("Retry-After", strconv.Itoa(int(wait.RetryAfter.Seconds())+1))
		httpapi.Fail(c, http.StatusTooManyRequests, wait.Error())
	case errors.As(err, &wrong):
		note(c, zap.String("why", wrong.Why))
		if !a.failedLogins.Allow() { // whatever the name: the time that an answer takes tells nothing
			httpapi.Fail(c, http.StatusUnauthorized, wrong.Error())
			return
		}
		if a.enter(c, audit.Entry{Action: audit.LoginFailed, Actor: wrong.User, Kind: audit.User}) {
			httpapi.Fail(c, http.StatusUnauthorized, wrong.Error())
		}
	default:
		httpapi.Unavailable(c, err)
	}
}

func (a *api) session(c *gin.Context) {
	s, _ := c.Get(sessionKey)
	session, _ := s.(access.Session)
	c.JSON(http.StatusOK, a.meOf(whoIs(c), session))
}

func (a *api) logout(c *gin.Context) {
	if !a.enter(c, audit.Entry{Action: audit.Logout}) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	if err := a.Access.EndSession(ctx, whoIs(c).Session); err != nil && !errors.Is(err, access.ErrNoSession) {
		httpapi.Unavailable(c, err)
		return
	}
	conclude(c, "done")
	setCookie(c, "", time.Time{})
	c.Status(http.StatusNoContent)
}

// changePassword ends all sessions of who asks for it, this one too.
func (a *api) changePassword(c *gin.Context) {
	in, ok := readBody(c, membersOf(text, fieldCurrent, fieldPassword)...)
	if !ok {
		return
	}
	current, password := in.must(fieldCurrent), in.must(fieldPassword)
	if in.refusedBody(c) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	name := whoIs(c).Name
	if err := a.Access.CheckPassword(ctx, name, current, from(c)); err != nil {
		a.loginFailed(c, err)
		return
	}
	if !a.enter(c, audit.Entry{Action: audit.UserPassword, Subject: name}) {
		return
	}
	a.answerUser(c, a.Access.SetPassword(ctx, name, password))
}

// sessionList is sessions without their secrets.
type sessionList struct {
	Items []access.Session `json:"items"`
}

func (a *api) sessions(c *gin.Context)    { a.listSessions(c, "") }
func (a *api) ownSessions(c *gin.Context) { a.listSessions(c, whoIs(c).Name) }

func (a *api) listSessions(c *gin.Context, user string) {
	ctx, cancel := bounded(c)
	defer cancel()
	sessions, err := a.Access.Sessions(ctx, user)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusOK, sessionList{sessions})
}

func (a *api) endSession(c *gin.Context)    { a.endSessionOf(c, "") }
func (a *api) endOwnSession(c *gin.Context) { a.endSessionOf(c, whoIs(c).Name) }

// endSessionOf ends a session by its id, which must be one of the user's if there is
// one.
func (a *api) endSessionOf(c *gin.Context, user string) {
	ctx, cancel := bounded(c)
	defer cancel()
	sessions, err := a.Access.Sessions(ctx, user)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	for _, s := range sessions {
		if s.ID != c.Param("id") {
			continue
		}
		if !a.enter(c, audit.Entry{Action: audit.SessionEnd, Subject: s.User}) {
			return
		}
		if err := a.Access.EndSession(ctx, s.ID); err != nil && !errors.Is(err, access.ErrNoSession) {
			httpapi.Unavailable(c, err)
			return
		}
		conclude(c, "done")
		c.Status(http.StatusNoContent)
		return
	}
	conclude(c, "missing")
	httpapi.Fail(c, http.StatusNotFound, access.ErrNoSession.Error())
}
