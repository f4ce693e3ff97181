package admin

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// validHash is what pushlog.TokenHash makes.
var validHash = regexp.MustCompile(`^[0-9a-f]{32}$`)

// NoHash says what the hash of a token is to whoever gave something else.
const NoHash = "a suppressed token is named by the first 32 hex digits of its SHA-256: printf %s TOKEN | sha256sum | cut -c1-32"

// ValidHash reports whether a text may be the hash of a token.
func ValidHash(hash string) bool { return validHash.MatchString(hash) }

// deadTokenPage is a page of the dead tokens.
type deadTokenPage struct {
	Items []stream.SuppressedToken `json:"items"`
	Page  int                      `json:"page"`
	Size  int                      `json:"size"`
	Pages int64                    `json:"pages"`
	Total int64                    `json:"total"`
}

func (a *api) deadTokens(c *gin.Context) {
	in := readQuery(c, fieldPage, fieldSize)
	number, size := in.number(fieldPage, 1, 1, maxPage), in.number(fieldSize, defaultSize, 1, pushlog.MaxPageSize)
	if in.refused(c) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	project, err := a.control.Project(ctx)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	tokens, total, err := a.control.SuppressedTokens(ctx, project, number, size)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusOK, deadTokenPage{tokens, number, size, pagesOf(total, size), total})
}

func (a *api) forgetToken(c *gin.Context) {
	ctx, cancel := bounded(c)
	defer cancel()
	hash := c.Param("hash")
	if !ValidHash(hash) { // perhaps the token itself, which is nobody's business
		httpapi.Fail(c, http.StatusNotFound, NoHash)
		return
	}
	note(c, zap.String("hash", hash))
	if !a.enter(c, audit.Entry{Action: audit.TokenForget, Subject: hash}) {
		return
	}
	project, err := a.control.Project(ctx)
	if err == nil {
		err = a.control.ForgetToken(ctx, project, hash)
	}
	switch {
	case errors.Is(err, stream.ErrNoToken):
		conclude(c, "missing")
		httpapi.Fail(c, http.StatusNotFound, err.Error())
	case err != nil:
		httpapi.Unavailable(c, err)
	default:
		conclude(c, "forgotten")
		c.Status(http.StatusNoContent)
	}
}

const fieldAll = "all"

// foundToken is what is known of one device token.
type foundToken struct {
	Hash       string                  `json:"hash"`
	Suppressed *stream.SuppressedToken `json:"suppressed"` // null: pushes to it are sent
}

// findToken says whether a device token, which is posted, is suppressed.
func (a *api) findToken(c *gin.Context) {
	in, ok := readBody(c, findMembers()...)
	if !ok {
		return
	}
	in.Normalize()
	token := in.must(push.FieldDeviceID)
	in.check(len(token) <= push.MaxToken, "%s is longer than %d bytes", push.FieldDeviceID, push.MaxToken)
	if in.refusedBody(c) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	project, err := a.control.Project(ctx)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	found := foundToken{Hash: pushlog.TokenHash(token)}
	if found.Suppressed, err = a.suppressed(ctx, project, token); err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusOK, found)
}

// suppressed is what is known of a token that is on the list of a project; nil if it is
// not.
func (a *api) suppressed(ctx context.Context, project, token string) (*stream.SuppressedToken, error) {
	one, err := a.control.SuppressedToken(ctx, project, pushlog.TokenHash(token))
	switch {
	case errors.Is(err, stream.ErrNoToken):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &one, nil
}

func findMembers() []member { return membersOf(text, push.FieldDeviceID) }

func forgetMembers() []member {
	return []member{{fieldAll, flag}, {fieldCode, text}, {FieldSince, text}, {fieldDryRun, flag}, {fieldReason, text}}
}

// tokensForgotten is how many tokens were forgotten, or would be by a dry run.
type tokensForgotten struct {
	Count  int64  `json:"count"`
	Oldest string `json:"oldest,omitempty"` // of a dry run: since when the oldest of them is suppressed
}

// tokens reads which suppressed tokens are meant: of a code, since a time, or
// explicitly all.
func (p *parser) tokens() (f stream.TokenFilter) {
	if code, is := p.one(fieldCode); is {
		f.Code = push.Code(code)
		p.check(slices.Contains(stream.InvalidTokenCodes(), f.Code), "%s must be one of %v", fieldCode, stream.InvalidTokenCodes())
	}
	f.Since = p.instant(FieldSince)
	some := f != stream.TokenFilter{}
	p.check(some != p.is(fieldAll) || len(p.faults) > 0, "give %s or %s, or both; or %s: true alone", fieldCode, FieldSince, fieldAll)
	return f
}

// forgetTokens takes many tokens off the list, or, as a dry run, counts them.
func (a *api) forgetTokens(c *gin.Context) {
	in, ok := readBody(c, forgetMembers()...)
	if !ok {
		return
	}
	f, dry := in.tokens(), in.is(fieldDryRun)
	reason := in.reason(!dry)
	if in.refusedBody(c) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	project, err := a.control.Project(ctx)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	if dry {
		n, oldest, err := a.control.CountSuppressed(ctx, project, f)
		if err != nil {
			httpapi.Unavailable(c, err)
			return
		}
		conclude(c, "counted")
		counted := tokensForgotten{Count: n}
		if !oldest.IsZero() {
			counted.Oldest = oldest.UTC().Format(pushlog.TimeFormat)
		}
		c.JSON(http.StatusOK, counted)
		return
	}
	subject, _ := in.describe(fieldDryRun, fieldReason)
	if !a.enter(c, audit.Entry{Action: audit.TokenForget, Subject: subject, Reason: reason}) {
		return
	}
	n, err := a.control.ForgetTokens(ctx, project, f)
	note(c, zap.Int64("forgotten", n))
	if err != nil { // again, and the rest goes
		httpapi.Unavailable(c, err)
		return
	}
	conclude(c, "forgotten")
	c.JSON(http.StatusOK, tokensForgotten{Count: n})
}
