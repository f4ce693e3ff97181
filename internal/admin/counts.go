package admin

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// countList is how many pushes are in each state, and have each error code.
type countList struct {
	Statuses   map[push.Status]int64 `json:"statuses"`
	Total      int64                 `json:"total"`
	ErrorCodes []pushlog.CodeCount   `json:"error_codes"`
}

func (a *api) counts(c *gin.Context) {
	ctx, cancel := bounded(c)
	defer cancel()
	statuses, err := a.log.Counts(ctx)
	if err != nil {
		failed(c, err, http.StatusBadRequest)
		return
	}
	codes, err := a.log.ErrorCodes(ctx)
	if err != nil {
		failed(c, err, http.StatusBadRequest)
		return
	}
	list := countList{statuses, 0, codes}
	for _, n := range statuses {
		list.Total += n
	}
	c.JSON(http.StatusOK, list)
}

// counterList is what happened in each minute, or hour.
type counterList struct {
	Items []pushlog.Counters `json:"items"`
}

func (a *api) minutes(c *gin.Context) { a.counters(c, time.Minute, pushlog.KeptMinutes, time.Hour) }
func (a *api) hours(c *gin.Context)   { a.counters(c, time.Hour, pushlog.KeptHours, 24*time.Hour) }

// counters answers with the counters of a time, in steps; usual is how long the time
// is if none is given. Older ones than kept are gone: zeros would be a lie.
func (a *api) counters(c *gin.Context, step, kept, usual time.Duration) {
	in := readQuery(c, FieldSince, FieldUntil)
	since, until := in.instants(FieldSince, FieldUntil)
	now := a.Now()
	if until.IsZero() {
		until = now
	}
	if since.IsZero() {
		since = until.Add(-usual)
	}
	// A step of grace for a client whose clock is behind, or whose request took long.
	in.check(!since.Before(now.Add(-kept-step)), "%s is too early: these counters are kept for %.0f hours", FieldSince, kept.Hours())
	in.check(since.Before(until), "%s must be before %s", FieldSince, FieldUntil)
	in.check(until.Sub(since) <= kept+step, "%s is more than %.0f hours after %s", FieldUntil, kept.Hours(), FieldSince)
	if in.refused(c) {
		return
	}
	ctx, cancel := bounded(c)
	defer cancel()
	items, err := a.log.Counters(ctx, since, until, step)
	if err != nil {
		failed(c, err, http.StatusBadRequest)
		return
	}
	c.JSON(http.StatusOK, counterList{items})
}
