// Package admin is the HTTP API that the push log is read by:
//
//	GET /api/v1/pushes?page=1&size=100&order=newest&status=failed
//	GET /api/v1/pushes/{id}
//
// It has no login yet and shows records as they are, so its binary listens on
// loopback only; and it answers only requests that name a loopback host, so
// that no web page can reach it through the browser of someone on the machine
// (DNS rebinding).
package admin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/setting"
)

const (
	requestTimeout = 10 * time.Second
	maxBody        = 64 << 10 // bytes
	defaultSize    = 100      // records on a page
	maxPage        = 1_000_000
)

// NewRouter returns the API over the log.
func NewRouter(log *pushlog.Log, logger *zap.Logger) *gin.Engine {
	a := &api{log: log}
	r := httpapi.New(logger, maxBody)
	v1 := r.Group("/api/v1", localHost)
	v1.GET("/pushes", a.list)
	v1.GET("/pushes/:id", a.get)
	return r
}

type api struct {
	log *pushlog.Log
}

// localHost refuses requests whose Host is not this machine.
func localHost(c *gin.Context) {
	host := c.Request.Host
	if _, _, err := net.SplitHostPort(host); err != nil {
		host = net.JoinHostPort(strings.Trim(host, "[]"), "80")
	}
	if !setting.Loopback(host) {
		httpapi.Fail(c, http.StatusForbidden, "only for this machine: the API has no login yet")
	}
}

// page is the answer to list.
type page struct {
	Items []pushlog.Record `json:"items"`
	Page  int              `json:"page"`
	Size  int              `json:"size"`
	Pages int64            `json:"pages"`
	Total int64            `json:"total"`
}

func (a *api) list(c *gin.Context) {
	q, err := parseQuery(c)
	if err != nil {
		httpapi.Fail(c, http.StatusBadRequest, err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
	defer cancel()
	p, err := a.log.List(ctx, q)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	size := int64(q.Size)
	c.JSON(http.StatusOK, page{p.Records, q.Page, q.Size, (p.Total + size - 1) / size, p.Total})
}

// parameters are those that list knows.
var parameters = []string{"page", "size", "order", "status"}

// parseQuery reads page, size, order and status, and names every mistake.
func parseQuery(c *gin.Context) (pushlog.Query, error) {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil { // gin would leave out what it can't read, and show another page
		return pushlog.Query{}, errors.New("the query can't be read: parameters are name=value, percent-encoded, with & between them")
	}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case !slices.Contains(parameters, name):
			faults = append(faults, fmt.Errorf("unknown parameter %.40q; known are %s", name, strings.Join(parameters, ", ")))
		case len(values[name]) > 1:
			faults = append(faults, fmt.Errorf("%s is given twice", name))
		}
	}
	number := func(name string, otherwise, most int) int {
		text := values.Get(name)
		if text == "" {
			return otherwise
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			faults = append(faults, fmt.Errorf("%s must be a whole number, 1 to %d", name, most))
		}
		return n
	}
	q := pushlog.Query{Page: number("page", 1, maxPage), Size: number("size", defaultSize, pushlog.MaxPageSize)}
	switch c.DefaultQuery("order", "newest") {
	case "newest":
	case "oldest":
		q.Oldest = true
	default:
		faults = append(faults, errors.New("order must be newest or oldest"))
	}
	if s := values.Get("status"); s != "" {
		if q.Status = push.Status(s); !q.Status.Valid() {
			faults = append(faults, fmt.Errorf("status must be one of %v", push.Statuses()))
		}
	}
	return q, errors.Join(faults...)
}

func (a *api) get(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
	defer cancel()
	id := c.Param("id")
	if !push.ValidID(id) {
		httpapi.Fail(c, http.StatusNotFound, pushlog.ErrNotFound.Error())
		return
	}
	r, err := a.log.Get(ctx, id)
	switch {
	case errors.Is(err, pushlog.ErrNotFound):
		httpapi.Fail(c, http.StatusNotFound, err.Error())
	case err != nil:
		httpapi.Unavailable(c, err)
	default:
		c.JSON(http.StatusOK, r)
	}
}
