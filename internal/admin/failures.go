package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/pushlog"
)

// failureTime is how long failures are counted.
const failureTime = 5 * time.Second

// failureList is the pushes that have failed, by why.
type failureList struct {
	Items []pushlog.CodeCount `json:"items"` // the most frequent first
	Total int64               `json:"total"`
	Exact bool                `json:"exact"` // false: some codes may be missing
}

// failures answers with the pushes that have failed of those that were accepted in a span.
func (a *api) failures(c *gin.Context) {
	in := readQuery(c, FieldSince, FieldUntil)
	since, until := in.instants(FieldSince, FieldUntil)
	if in.refused(c) {
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), failureTime)
	defer cancel()
	groups, exact, err := a.log.Failures(ctx, since, until)
	if err != nil {
		failed(c, err, http.StatusBadRequest)
		return
	}
	list := failureList{Items: groups, Exact: exact}
	for _, g := range groups {
		list.Total += g.Count
	}
	c.JSON(http.StatusOK, list)
}
