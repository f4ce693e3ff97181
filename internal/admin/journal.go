package admin

import (
	"github.com/gin-gonic/gin"
	"go.uber.org/zap"
)

const (
	notesKey   = "admin.notes"
	outcomeKey = "admin.outcome"
)

// journal writes one line for each request that changes something, or takes the
// log away, or would if it had not been refused: whom it was for, and what came of
// it. What handlers note must not be what pushes hold.
func journal(log *zap.Logger, what string) gin.HandlerFunc {
	return func(c *gin.Context) {
		returned := false
		defer func() { // also of an answer that is broken off, or a bug
			outcome := c.GetString(outcomeKey)
			switch status := c.Writer.Status(); {
			case outcome != "":
			case status >= 500 || !returned:
				outcome = "failed"
			default:
				outcome = "refused"
			}
			notes, _ := c.Get(notesKey)
			fields, _ := notes.([]zap.Field)
			log.Info(what, append([]zap.Field{
				zap.String("request_id", c.Writer.Header().Get("X-Request-Id")), zap.String("method", c.Request.Method),
				zap.String("route", c.FullPath()), zap.Int("status", c.Writer.Status()), zap.String("outcome", outcome),
			}, fields...)...)
		}()
		c.Next()
		returned = true
	}
}

// note adds to the line of a request.
func note(c *gin.Context, more ...zap.Field) {
	notes, _ := c.Get(notesKey)
	fields, _ := notes.([]zap.Field)
	c.Set(notesKey, append(fields, more...))
}

// conclude says in the line of a request what came of it.
func conclude(c *gin.Context, outcome string) { c.Set(outcomeKey, outcome) }

// clip shortens what came from outside, for the log.
func clip(s string) string { return s[:min(len(s), 80)] }
