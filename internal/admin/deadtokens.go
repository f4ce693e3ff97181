package admin

import (
	"errors"
	"net/http"
	"regexp"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// validHash is what pushlog.TokenHash makes.
var validHash = regexp.MustCompile(`^[0-9a-f]{32}$`)

// NoHash says what the hash of a token is to whoever gave something else.
const NoHash = "a dead token is named by the first 32 hex digits of its SHA-256: printf %s TOKEN | sha256sum | cut -c1-32"

// ValidHash reports whether a text may be the hash of a token.
func ValidHash(hash string) bool { return validHash.MatchString(hash) }

// deadTokenPage is a page of the dead tokens.
type deadTokenPage struct {
	Items []stream.DeadToken `json:"items"`
	Page  int                `json:"page"`
	Size  int                `json:"size"`
	Pages int64              `json:"pages"`
	Total int64              `json:"total"`
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
	tokens, total, err := a.control.DeadTokens(ctx, project, number, size)
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
