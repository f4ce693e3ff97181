package admin

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/stream"
)

// holdList is the holds of all projects.
type holdList struct {
	Items []stream.Hold `json:"items"`
}

func (a *api) holds(c *gin.Context) {
	ctx, cancel := bounded(c)
	defer cancel()
	holds, err := a.control.Holds(ctx)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusOK, holdList{holds})
}

func (a *api) endHold(c *gin.Context) {
	ctx, cancel := bounded(c)
	defer cancel()
	project := c.Param("project")
	note(c, zap.String("project", clip(project)))
	if !a.enter(c, audit.Entry{Action: audit.HoldEnd, Subject: clip(project)}) {
		return
	}
	switch was, err := a.control.EndHold(ctx, project); {
	case err != nil:
		httpapi.Unavailable(c, err)
	case !was:
		conclude(c, "missing")
		httpapi.Fail(c, http.StatusNotFound, "sending to this project is not held")
	default:
		conclude(c, "ended")
		c.Status(http.StatusNoContent)
	}
}
