package admin

import (
	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
)

// idempotencyID makes an id, in hex digits, out of the Idempotency-Key of a request and
// its actor; empty if it has none. A wrong one it answers itself, and returns false.
func idempotencyID(c *gin.Context, digits int) (id string, ok bool) {
	key, ok := httpapi.IdempotencyKey(c)
	if key == "" {
		return "", ok
	}
	who := whoIs(c)
	return httpapi.IdempotentID(digits, string(who.Kind), who.Name, key), true
}
