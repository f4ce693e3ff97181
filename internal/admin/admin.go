// Package admin is the HTTP API by which people see and steer a pushstream:
//
//	GET    /api/v1/pushes?page=1&size=100&order=newest&status=failed
//	GET    /api/v1/pushes/{id}
//	POST   /api/v1/pushes/{id}/redrive      POST /api/v1/pushes/redrive
//	POST   /api/v1/pushes/{id}/cancel       POST /api/v1/pushes/cancel
//	GET    /api/v1/workers
//	PUT    /api/v1/workers/{name}/desired   PUT  /api/v1/workers/desired
//	GET    /api/v1/holds
//	DELETE /api/v1/holds/{project}
//	GET    /api/v1/dead-tokens?page=1&size=100
//	DELETE /api/v1/dead-tokens/{hash}
//
// It has no login yet and shows records as they are, so its binary listens on
// loopback only. Two guards keep the browser of somebody on the machine from
// being used by a web page: only requests that name a loopback host are answered
// (DNS rebinding), and those that change something must not come from another
// origin (CSRF).
package admin

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/httpapi"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

const (
	requestTimeout = 10 * time.Second
	maxBody        = 64 << 10 // bytes
)

// NewRouter returns the API over the log and the control of one pushstream. Long
// requests end with stop, and say how far they came.
func NewRouter(stop context.Context, log *pushlog.Log, control *stream.Control, logger *zap.Logger) *gin.Engine {
	a := &api{stop: stop, log: log, control: control}
	r := httpapi.New(logger, maxBody)
	v1 := r.Group("/api/v1", journal(logger.Named("api")), localHost, sameOrigin())
	v1.GET("/pushes", a.list)
	v1.GET("/pushes/:id", a.get)
	v1.GET("/dead-tokens", a.deadTokens)

	plain := v1.Group("", noQuery)
	plain.POST("/pushes/redrive", a.redriveSelected)
	plain.POST("/pushes/cancel", a.cancelSelected)
	plain.POST("/pushes/:id/redrive", a.redrive)
	plain.POST("/pushes/:id/cancel", a.cancel)
	plain.GET("/workers", a.workers)
	plain.PUT("/workers/desired", a.desireAll)
	plain.PUT("/workers/:name/desired", a.desire)
	plain.GET("/holds", a.holds)
	plain.DELETE("/holds/:project", a.endHold)
	plain.DELETE("/dead-tokens/:hash", a.forgetToken)
	return r
}

type api struct {
	stop    context.Context
	log     *pushlog.Log
	control *stream.Control
}

// bounded is the context of a request's work.
func bounded(c *gin.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.Request.Context(), requestTimeout)
}

// pagesOf is how many pages of a size a total fills.
func pagesOf(total int64, size int) int64 { return (total + int64(size) - 1) / int64(size) }
