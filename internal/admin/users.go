package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/apikey"
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

// changeUser changes the user, token or key that a path names.
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

// refusals are what users, tokens and keys may be refused for, and how.
var refusals = map[error]int{
	access.ErrName: http.StatusUnprocessableEntity, access.ErrRole: http.StatusUnprocessableEntity,
	access.ErrPassword: http.StatusUnprocessableEntity, access.ErrScope: http.StatusUnprocessableEntity,
	access.ErrExpires:    http.StatusUnprocessableEntity,
	access.ErrUserExists: http.StatusConflict, access.ErrLastAdmin: http.StatusConflict, access.ErrOIDCUser: http.StatusConflict,
	access.ErrTokenExists: http.StatusConflict, access.ErrFull: http.StatusConflict,
	access.ErrDisabled: http.StatusConflict, apikey.ErrFull: http.StatusConflict, apikey.ErrExpires: http.StatusUnprocessableEntity,
	access.ErrNoUser: http.StatusNotFound, access.ErrNoToken: http.StatusNotFound,
	apikey.ErrName: http.StatusUnprocessableEntity, apikey.ErrExists: http.StatusConflict, apikey.ErrUnknown: http.StatusNotFound,
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

// secretOnce is the answer to who makes a token or a key.
type secretOnce struct {
	Name   string `json:"name"`
	Secret string `json:"secret"` // can't be had again
}

// apiTokenList is the tokens of all machines.
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
	if _, is := in.one(fieldExpires); !is {
		expires = a.Now().Add(tokenLife)
	}
	var scopes []access.Permission
	for _, s := range in.Given[fieldScopes] {
		scopes = append(scopes, access.Permission(s))
	}
	if in.refusedBody(c) {
		return
	}
	note(c, zap.String("name", clip(name)), zap.Time("expires_at", expires))
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

func (a *api) giveAPIToken(c *gin.Context) { a.give(c, audit.APITokenGive, a.Access.GiveToken) }
func (a *api) giveKey(c *gin.Context)      { a.give(c, audit.KeyGive, a.producers.Give) }

// give gives the token or key that a path names another owner.
func (a *api) give(c *gin.Context, action audit.Action, do func(ctx context.Context, name, owner string) error) {
	in, ok := readBody(c, membersOf(text, fieldOwner, fieldReason)...)
	if !ok {
		return
	}
	owner, reason := in.must(fieldOwner), in.reason(false)
	if in.refusedBody(c) {
		return
	}
	note(c, zap.String("owner", clip(owner)))
	a.changeUser(c, action, reason, func(ctx context.Context, name string) error { return do(ctx, name, owner) })
}

// producerKey is a key of a back end, without its secret.
type producerKey struct {
	Name      string `json:"name"`
	CreatedAt string `json:"created_at"`
	CreatedBy string `json:"created_by"`           // empty: by a version that did not note it
	Owner     string `json:"owner"`                // the user with whom it stops; empty: nobody
	ExpiresAt string `json:"expires_at,omitempty"` // never, if it is not there
	Expired   bool   `json:"expired"`
	Stopped   bool   `json:"stopped"` // its owner is disabled
}

// keyList is the keys of all back ends.
type keyList struct {
	Items []producerKey `json:"items"`
}

func (a *api) producerKeys(c *gin.Context) {
	ctx, cancel := bounded(c)
	defer cancel()
	keys, err := a.producers.List(ctx)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	out, err := a.producers.ShutOut(ctx, keys)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	all := keyList{Items: []producerKey{}}
	for _, k := range keys {
		one := producerKey{Name: k.Name, CreatedAt: k.CreatedAt.UTC().Format(time.RFC3339), CreatedBy: k.CreatedBy, Owner: k.Owner,
			Expired: k.Expired(a.Now()), Stopped: out[k.Owner]}
		if !k.ExpiresAt.IsZero() {
			one.ExpiresAt = k.ExpiresAt.UTC().Format(time.RFC3339)
		}
		all.Items = append(all.Items, one)
	}
	c.JSON(http.StatusOK, all)
}

func (a *api) addKey(c *gin.Context) {
	in, ok := readBody(c, membersOf(text, fieldName, fieldExpires)...)
	if !ok {
		return
	}
	name, _ := in.one(fieldName)
	expires := in.instant(fieldExpires)
	note(c, zap.String("name", clip(name)))
	if !expires.IsZero() {
		note(c, zap.Time("expires_at", expires))
	}
	if in.refusedBody(c) || !a.enter(c, audit.Entry{Action: audit.KeyAdd, Subject: clip(name)}) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	secret, err := a.producers.Make(ctx, apikey.Key{Name: name, CreatedAt: a.Now(), CreatedBy: whoIs(c).Name, Owner: ownerOf(c), ExpiresAt: expires})
	if !a.userRefused(c, err) {
		conclude(c, "done")
		c.JSON(http.StatusCreated, secretOnce{name, secret})
	}
}

func (a *api) removeKey(c *gin.Context) {
	a.changeUser(c, audit.KeyRemove, "", a.producers.Remove)
}
