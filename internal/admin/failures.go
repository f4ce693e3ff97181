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

func (a *api) failures(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), failureTime)
	defer cancel()
	groups, exact, err := a.log.Failures(ctx)
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
