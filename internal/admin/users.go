package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
)

const (
	fieldRole     = "role"
	fieldDisabled = "disabled"
	fieldScopes   = "scopes"
	fieldExpires  = "expires_at"
	fieldOwner    = "owner"

	// tokenLife is how long an API token works, if nobody says.
	tokenLife = 90 * 24 * time.Hour
)

// userList is all users.
type userList struct {
	Items []access.User `json:"items"`
}

func (a *api) users(c *gin.Context) {
	ctx, cancel := bounded(c)
	defer cancel()
	users, err := a.Access.Users(ctx)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusOK, userList{users})
}

func (a *api) addUser(c *gin.Context) {
	in, ok := readBody(c, append(membersOf(text, fieldName, fieldPassword, fieldRole), member{fieldReveal, flag})...)
	if !ok {
		return
	}
	name, _ := in.one(fieldName)
	password, _ := in.one(fieldPassword)
	role := choice(in, fieldRole, append([]access.Role{""}, access.Roles()...)...)
	if in.refusedBody(c) {
		return
	}
	note(c, zap.String("name", clip(name)), zap.String("role", string(role)), zap.Bool("reveal", in.is(fieldReveal)))
	if !a.enter(c, audit.Entry{Action: audit.UserAdd, Subject: clip(name)}) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	err := a.Access.AddUser(ctx, access.NewUser{Name: name, Password: password, Role: role, Reveal: in.is(fieldReveal), By: whoIs(c).Name})
	if a.userRefused(c, err) {
		return
	}
	conclude(c, "done")
	user, err := a.Access.User(ctx, name)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusCreated, user)
}

func (a *api) setRole(c *gin.Context) {
	in, ok := readBody(c, member{fieldRole, text}, member{fieldReveal, flag}, member{fieldReason, text})
	if !ok {
		return
	}
	role, reason := choice(in, fieldRole, append([]access.Role{""}, access.Roles()...)...), in.reason(false)
	_, given := in.one(fieldReveal)
	in.check(given, "%s must be given", fieldReveal)
	if in.refusedBody(c) {
		return
	}
	note(c, zap.String("role", string(role)), zap.Bool("reveal", in.is(fieldReveal)))
	a.changeUser(c, audit.UserRole, reason, func(ctx context.Context, name string) error {
		return a.Access.SetRole(ctx, name, role, in.is(fieldReveal))
	})
}

func (a *api) setDisabled(c *gin.Context) {
	in, ok := readBody(c, member{fieldDisabled, flag}, member{fieldReason, text})
	if !ok {
		return
	}
	reason := in.reason(false)
	_, given := in.one(fieldDisabled)
	in.check(given, "%s must be given", fieldDisabled)
	if in.refusedBody(c) {
		return
	}
	do, action := a.Access.Enable, audit.UserEnable
	if in.is(fieldDisabled) {
		do, action = a.disable, audit.UserDisable
	}
	a.changeUser(c, action, reason, do)
}

// disable shuts a user out, and removes what the user has kept.
func (a *api) disable(ctx context.Context, name string) error {
	if err := a.Access.Disable(ctx, name); err != nil {
		return err
	}
	return a.searches.forget(ctx, access.KindUser, access.Canonical(name))
}

// removeToken takes a token away, with what it has kept.
func (a *api) removeToken(ctx context.Context, name string) error {
	if err := a.Access.RemoveToken(ctx, name); err != nil {
		return err
	}
	return a.searches.forget(ctx, access.KindToken, access.Canonical(name))
}

func (a *api) setPassword(c *gin.Context) {
	in, ok := readBody(c, membersOf(text, fieldPassword, fieldReason)...)
	if !ok {
		return
	}
	password, reason := in.must(fieldPassword), in.reason(false)
	if in.refusedBody(c) {
		return
	}
	a.changeUser(c, audit.UserPassword, reason, func(ctx context.Context, name string) error { return a.Access.SetPassword(ctx, name, password) })
}

// changeUser changes the user or token that a path names.
func (a *api) changeUser(c *gin.Context, action audit.Action, reason string, do func(ctx context.Context, name string) error) {
	name := c.Param("name")
	note(c, zap.String("name", clip(name)))
	if a.enter(c, audit.Entry{Action: action, Subject: clip(name), Reason: reason}) {
		ctx, cancel := bounded(c)
		defer cancel()
		a.answerUser(c, do(ctx, name))
	}
}

func (a *api) answerUser(c *gin.Context, err error) {
	if !a.userRefused(c, err) {
		conclude(c, "done")
		c.Status(http.StatusNoContent)
	}
}

// refusals are what users and tokens may be refused for, and how.
var refusals = map[error]int{
	access.ErrName: http.StatusUnprocessableEntity, access.ErrRole: http.StatusUnprocessableEntity,
	access.ErrPassword: http.StatusUnprocessableEntity, access.ErrScope: http.StatusUnprocessableEntity,
	access.ErrExpires:    http.StatusUnprocessableEntity,
	access.ErrUserExists: http.StatusConflict, access.ErrLastAdmin: http.StatusConflict, access.ErrOIDCUser: http.StatusConflict,
	access.ErrTokenExists: http.StatusConflict, access.ErrFull: http.StatusConflict,
	access.ErrDisabled: http.StatusConflict,
	access.ErrNoUser:   http.StatusNotFound, access.ErrNoToken: http.StatusNotFound,
}

// userRefused answers what went wrong, if anything did.
func (a *api) userRefused(c *gin.Context, err error) bool {
	if err == nil {
		return false
	}
	for known, status := range refusals {
		if errors.Is(err, known) {
			if status == http.StatusNotFound {
				conclude(c, "missing")
			} else {
				conclude(c, "refused")
			}
			httpapi.Fail(c, status, known.Error())
			return true
		}
	}
	httpapi.Unavailable(c, err)
	return true
}

// secretOnce is the answer to who makes a token.
type secretOnce struct {
	Name   string `json:"name"`
	Secret string `json:"secret"` // can't be had again
}

// apiTokenList is the tokens of all programs.
type apiTokenList struct {
	Items []access.Token `json:"items"`
}

func (a *api) apiTokens(c *gin.Context) {
	ctx, cancel := bounded(c)
	defer cancel()
	tokens, err := a.Access.Tokens(ctx)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusOK, apiTokenList{tokens})
}

func (a *api) addAPIToken(c *gin.Context) {
	in, ok := readBody(c, member{fieldName, text}, member{fieldScopes, list}, member{fieldExpires, text})
	if !ok {
		return
	}
	name, _ := in.one(fieldName)
	expires := in.instant(fieldExpires)
	var scopes []access.Permission
	for _, s := range in.Given[fieldScopes] {
		scopes = append(scopes, access.Permission(s))
	}
	if _, is := in.one(fieldExpires); !is && !access.SubmitsOnly(scopes) {
		expires = a.Now().Add(tokenLife)
	}
	if in.refusedBody(c) {
		return
	}
	note(c, zap.String("name", clip(name)))
	if !expires.IsZero() {
		note(c, zap.Time("expires_at", expires))
	}
	subject, _ := in.describe()
	if !a.enter(c, audit.Entry{Action: audit.APITokenAdd, Subject: subject}) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	secret, err := a.Access.AddToken(ctx, access.NewToken{Name: name, Scopes: scopes, By: whoIs(c).Name, Owner: ownerOf(c), ExpiresAt: expires})
	if !a.userRefused(c, err) {
		conclude(c, "done")
		c.JSON(http.StatusCreated, secretOnce{name, secret})
	}
}

func (a *api) removeAPIToken(c *gin.Context) {
	a.changeUser(c, audit.APITokenRemove, "", a.removeToken)
}

// ownerOf is the user who owns what a request makes; empty if it is none.
func ownerOf(c *gin.Context) string {
	if who := whoIs(c); who.Kind == access.KindUser {
		return who.Name
	}
	return ""
}

// giveAPIToken gives the token that a path names another owner.
func (a *api) giveAPIToken(c *gin.Context) {
	in, ok := readBody(c, membersOf(text, fieldOwner, fieldReason)...)
	if !ok {
		return
	}
	owner, reason := in.must(fieldOwner), in.reason(false)
	if in.refusedBody(c) {
		return
	}
	note(c, zap.String("owner", clip(owner)))
	a.changeUser(c, audit.APITokenGive, reason, func(ctx context.Context, name string) error { return a.Access.GiveToken(ctx, name, owner) })
}
