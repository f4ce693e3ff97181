package httpapi

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"pushstream/internal/telemetry"
)

const (
	kindKey = "http.kind"
	nameKey = "http.name"
)

// Identify notes who makes a request, for its line in the log: the kind (user, token,
// key) and the name, never a secret.
func Identify(c *gin.Context, kind, name string) {
	c.Set(kindKey, kind)
	c.Set(nameKey, name)
}

// observe gives the request an id, recovers, counts, and logs.
func observe(log *zap.Logger, metrics *Metrics) gin.HandlerFunc {
	lines := telemetry.NewLimiter(log)
	return func(c *gin.Context) {
		start := time.Now()
		b := make([]byte, 8)
		rand.Read(b) // never fails: crypto/rand
		id := hex.EncodeToString(b)
		c.Set(requestIDKey, id)
		c.Header("X-Request-Id", id)
		protect(c)
		defer func() {
			p := recover()
			brokenOff := p == http.ErrAbortHandler
			if brokenOff { // the server's business
				defer panic(p)
			} else if p != nil {
				log.Error("panic", zap.String("request_id", id), zap.Any("panic", p), zap.Stack("stack"))
				Fail(c, http.StatusInternalServerError, "")
			}
			status, took := c.Writer.Status(), time.Since(start)
			if brokenOff && c.Errors.Last() != nil {
				status = http.StatusInternalServerError // whatever its head said; else the client went away
			}
			metrics.observe(c.FullPath(), c.Request.Method, status, took)
			record(c, log, lines, status, took)
		}()
		c.Next()
	}
}

// record writes a request's line: of a refused or failed one bounded in number, of any
// other only for debugging. Neither query nor body is in it, and a route instead of a
// path: a client makes up nothing of it.
func record(c *gin.Context, log *zap.Logger, lines *telemetry.Limiter, status int, took time.Duration) {
	last := c.Errors.Last()
	if last == nil && status < 400 {
		if line := log.Check(zapcore.DebugLevel, "request"); line != nil {
			line.Write(fieldsOf(c, status, took)...)
		}
		return
	}
	level, message, fields := zapcore.InfoLevel, "request refused", fieldsOf(c, status, took)
	if last != nil {
		level, message, fields = zapcore.WarnLevel, "request failed", append(fields, zap.Error(last))
	}
	lines.Log(level, statusLabel(status), message, fields...)
}

func fieldsOf(c *gin.Context, status int, took time.Duration) []zap.Field {
	fields := []zap.Field{zap.String("request_id", RequestID(c)), zap.String("method", methodLabel(c.Request.Method)),
		zap.String("route", routeLabel(c.FullPath())), zap.Int("status", status), zap.String("from", c.ClientIP()), zap.Duration("took", took)}
	if name := c.GetString(nameKey); name != "" {
		fields = append(fields, zap.String("kind", c.GetString(kindKey)), zap.String("by", name))
	}
	return fields
}
