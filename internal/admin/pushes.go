package admin

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// page is the answer to list.
type page struct {
	Items []pushlog.Record `json:"items"`
	Page  int              `json:"page"`
	Size  int              `json:"size"`
	Pages int64            `json:"pages"`
	Total int64            `json:"total"`
}

func (a *api) list(c *gin.Context) {
	in := readQuery(c, "page", "size", "order", "status")
	q := pushlog.Query{Page: in.number("page", 1, maxPage), Size: in.number("size", defaultSize, pushlog.MaxPageSize)}
	switch c.DefaultQuery("order", "newest") {
	case "newest":
	case "oldest":
		q.Oldest = true
	default:
		in.fault("order must be newest or oldest")
	}
	if s := in.Get("status"); s != "" {
		if q.Status = push.Status(s); !q.Status.Valid() {
			in.fault("status must be one of %v", push.Statuses())
		}
	}
	if in.refused(c) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	p, err := a.log.List(ctx, q)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusOK, page{p.Records, q.Page, q.Size, pagesOf(p.Total, q.Size), p.Total})
}

func (a *api) get(c *gin.Context) {
	ctx, cancel := bounded(c)
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
