package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// found is a page of the log without its records.
type found struct {
	Page   int         `json:"page"`
	Size   int         `json:"size"`
	Pages  int64       `json:"pages"`
	Total  int64       `json:"total"`
	Exact  bool        `json:"exact"`
	Looked int64       `json:"looked"`
	Of     int64       `json:"of"`
	Newer  int64       `json:"newer"`
	AsOf   string      `json:"asof"`
	How    pushlog.How `json:"how"`
}

// page is the answer to list and search.
type page struct {
	Items []pushlog.Record `json:"items"`
	found
}

func foundIn(q pushlog.Query, p *pushlog.Page) found {
	return found{q.Page, q.Size, pagesOf(p.Total, q.Size), p.Total, p.Exact, p.Looked, p.Of, p.Newer,
		p.AsOf.UTC().Format(pushlog.TimeFormat), p.How}
}

func (a *api) list(c *gin.Context) {
	in := readFilterQuery(c, searchPath, append(pageFields(), fieldSearch)...)
	if !a.withSearch(c, &in.parser) {
		return
	}
	q, budget := in.query(a.Zone), in.budget(defaultBudget)
	if in.refused(c) || !a.mayAsk(c, &in.parser) || !a.searched(c, &in.parser) {
		return
	}
	a.answerPage(c, q, budget, http.StatusBadRequest)
}

// answerPage answers with a page, as far as it is known when the budget is spent.
// Wrong is the status of an answer to a filter that the log refuses.
func (a *api) answerPage(c *gin.Context, q pushlog.Query, budget time.Duration, wrong int) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), budget)
	defer cancel()
	p, err := a.log.List(ctx, q)
	found := finding{total: p.Total, exact: p.Exact}
	found.note(p.Records)
	a.told(c, cameOf(err), a.whose(c, q.Filter, found, len(p.Records)))
	if err != nil {
		failed(c, err, wrong)
		return
	}
	c.JSON(http.StatusOK, page{maskedAll(p.Records), foundIn(q, &p)})
}

// gone is the status of requests whose client did not wait, for the log.
const gone = 499

// failed answers a request that the log could not serve.
func failed(c *gin.Context, err error, wrong int) {
	switch {
	case errors.Is(err, pushlog.ErrFilter):
		httpapi.Fail(c, wrong, err.Error())
	case c.Request.Context().Err() != nil:
		c.AbortWithStatus(gone)
	default:
		httpapi.Unavailable(c, err)
	}
}

func (a *api) get(c *gin.Context) {
	id := push.Short(c.Param("id"))
	ctx, cancel := bounded(c)
	defer cancel()
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
		c.JSON(http.StatusOK, masked(r))
	}
}
