// Package admin is the HTTP API by which people see and steer a pushstream:
//
//	GET    /api/v1/pushes?page=1&size=100&order=newest&status=failed&since=…
//	POST   /api/v1/pushes/search            POST /api/v1/pushes/export
//	GET    /api/v1/pushes/histogram         POST /api/v1/pushes/histogram
//	GET    /api/v1/pushes/{id}
//	POST   /api/v1/pushes/{id}/redrive      POST /api/v1/pushes/redrive
//	POST   /api/v1/pushes/{id}/cancel       POST /api/v1/pushes/cancel
//	GET    /api/v1/counts
//	GET    /api/v1/counters/minutes         GET  /api/v1/counters/hours
//	POST   /api/v1/flushes
//	GET    /api/v1/flushes/current          POST /api/v1/flushes/current/cancel
//	GET    /api/v1/workers
//	PUT    /api/v1/workers/{name}/desired   PUT  /api/v1/workers/desired
//	GET    /api/v1/holds
//	DELETE /api/v1/holds/{project}
//	GET    /api/v1/dead-tokens?page=1&size=100
//	DELETE /api/v1/dead-tokens/{hash}
//
// What asks for the values of a customer is posted: URLs are kept by browsers and
// proxies.
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
	return (&api{stop: stop, log: log, control: control, patience: patience}).router(logger)
}

type api struct {
	stop     context.Context
	log      *pushlog.Log
	control  *stream.Control
	patience time.Duration
}

func (a *api) router(logger *zap.Logger) *gin.Engine {
	r := httpapi.New(logger, maxBody)
	logger = logger.Named("api")
	guards := gin.HandlersChain{localHost, sameOrigin()}
	v1 := r.Group("/api/v1")

	// What reads, by GET or, if it may name customers, by POST.
	reads := v1.Group("", guards...)
	reads.GET("/pushes", a.list)
	reads.GET("/pushes/:id", a.get)
	reads.GET("/pushes/histogram", a.histogramOrRecord)
	reads.GET("/counters/minutes", a.minutes)
	reads.GET("/counters/hours", a.hours)
	reads.GET("/dead-tokens", a.deadTokens)
	reads.POST("/pushes/search", noQuery, a.search)
	reads.POST("/pushes/histogram", noQuery, a.postedHistogram)
	reads.GET("/counts", noQuery, a.counts)
	reads.GET("/flushes/current", noQuery, a.flush)
	reads.GET("/workers", noQuery, a.workers)
	reads.GET("/holds", noQuery, a.holds)

	exports := v1.Group("", append(gin.HandlersChain{journal(logger, "export")}, guards...)...)
	exports.POST("/pushes/export", noQuery, a.export)

	changes := v1.Group("", append(gin.HandlersChain{journal(logger, "change")}, append(guards, noQuery)...)...)
	changes.POST("/pushes/redrive", a.redriveSelected)
	changes.POST("/pushes/cancel", a.cancelSelected)
	changes.POST("/pushes/:id/redrive", a.redrive)
	changes.POST("/pushes/:id/cancel", a.cancel)
	changes.POST("/flushes", a.startFlush)
	changes.POST("/flushes/current/cancel", a.cancelFlush)
	changes.PUT("/workers/desired", a.desireAll)
	changes.PUT("/workers/:name/desired", a.desire)
	changes.DELETE("/holds/:project", a.endHold)
	changes.DELETE("/dead-tokens/:hash", a.forgetToken)
	return r
}

// bounded is the context of a request's work.
func bounded(c *gin.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.Request.Context(), requestTimeout)
}

// pagesOf is how many pages of a size a total fills.
func pagesOf(total int64, size int) int64 { return (total + int64(size) - 1) / int64(size) }
