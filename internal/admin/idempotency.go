package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
)

// idempotencyHeader is that of a request that creates something: with the same key of
// the same actor it creates it once.
const (
	idempotencyHeader = "Idempotency-Key"
	maxIdempotencyKey = 128
)

// idempotencyID makes an id, in hex digits, out of the key of a request; empty if it has
// none. A wrong one it answers itself, and returns false.
func idempotencyID(c *gin.Context, digits int) (id string, ok bool) {
	key := c.GetHeader(idempotencyHeader)
	if key == "" {
		return "", true
	}
	if len(key) > maxIdempotencyKey || strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' }) {
		httpapi.Fail(c, http.StatusBadRequest, idempotencyHeader+" must be 1 to 128 letters, digits or signs of ASCII")
		return "", false
	}
	who := whoIs(c)
	sum := sha256.Sum256([]byte(string(who.Kind) + "\n" + who.Name + "\n" + key))
	return hex.EncodeToString(sum[:])[:digits], true
}
