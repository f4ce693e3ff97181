package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// IdempotencyHeader is that of a request that creates something: with the same key of the
// same client it creates it once.
const (
	IdempotencyHeader = "Idempotency-Key"
	maxIdempotencyKey = 128
)

// TypeConflict is the type of a problem (409): a push with the same id, or the same
// Idempotency-Key, and other content was accepted before. It stays as it is, as those of
// limits do.
const TypeConflict = "urn:pushstream:conflict"

// IdempotencyKey is the key of a request; empty if it has none. A wrong one it answers
// itself, and returns false.
func IdempotencyKey(c *gin.Context) (key string, ok bool) {
	values := c.Request.Header.Values(IdempotencyHeader)
	if len(values) == 0 {
		return "", true
	}
	key = values[0]
	wrong := func(r rune) bool { return r < '!' || r > '~' }
	if len(values) > 1 || key == "" || len(key) > maxIdempotencyKey || strings.ContainsFunc(key, wrong) {
		Fail(c, http.StatusBadRequest, IdempotencyHeader+" must be given once, as 1 to 128 letters, digits or signs of ASCII without spaces; or leave it out")
		return "", false
	}
	return key, true
}

// IdempotentID makes an id of so many hex digits, 64 at most, out of who asks and a key.
// The same parts give the same id.
func IdempotentID(digits int, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:])[:digits]
}
