package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/audit"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	histogramPath = "/api/v1/histogram"
	fieldSpan     = "span"
	maxSpan       = 31 * 24 * time.Hour
)

// histogram is the answer to both kinds of question.
type histogram struct {
	Spans       []span      `json:"spans"`
	SpanSeconds int64       `json:"span_seconds"`
	Exact       bool        `json:"exact"`
	How         pushlog.How `json:"how"`
}

// span is one bar.
type span struct {
	At     string                `json:"at"`
	Total  int64                 `json:"total"`
	Counts map[push.Status]int64 `json:"counts"`
}

func (a *api) histogram(c *gin.Context) {
	in := readFilterQuery(c, histogramPath, fieldSpan, fieldBudget, fieldSearch)
	if !a.withSearch(c, &in.parser) {
		return
	}
	f, length, budget := in.filter(a.Zone), in.span(), in.budget(defaultBudget)
	in.spans(&f, length)
	if !in.refused(c) && a.mayAsk(c, &in.parser) && a.searched(c, &in.parser) {
		a.answerHistogram(c, f, length, budget, http.StatusBadRequest)
	}
}

func histogramMembers() []member {
	return filterMembers(member{fieldSpan, text}, member{fieldBudget, number}, member{fieldSearch, text})
}

func (a *api) postedHistogram(c *gin.Context) {
	in, ok := readBody(c, histogramMembers()...)
	if !ok || !a.withSearch(c, in) {
		return
	}
	f, length, budget := in.filter(a.Zone), in.span(), in.budget(defaultBudget)
	in.spans(&f, length)
	if !in.refusedBody(c) && a.mayAsk(c, in) && a.searched(c, in) {
		a.answerHistogram(c, f, length, budget, http.StatusUnprocessableEntity)
	}
}

// span reads the length of a bar; 0 if it is wrong.
func (p *parser) span() time.Duration {
	text, _ := p.one(fieldSpan)
	length, err := time.ParseDuration(text)
	if err != nil || length < time.Second || length > maxSpan || length%time.Second != 0 {
		p.fault("%s must be whole seconds, 1s to 744h, such as 30s, 1m or 24h", fieldSpan)
		return 0
	}
	return length
}

// spans checks that a filter has a beginning, and an end not too far from it.
func (p *parser) spans(f *pushlog.Filter, length time.Duration) {
	for _, name := range []string{FieldSince, FieldUntil} {
		_, is := p.one(name)
		p.check(is, "%s must be given", name)
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && length > 0 {
		p.check(f.Until.Sub(f.Since) <= pushlog.MaxSpans*length, "%s is too short: from %s to %s it makes more than %d bars",
			fieldSpan, FieldSince, FieldUntil, pushlog.MaxSpans)
	}
}

func (a *api) answerHistogram(c *gin.Context, f pushlog.Filter, length, budget time.Duration, wrong int) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), budget)
	defer cancel()
	h, err := a.log.Histogram(ctx, f, length)
	if err != nil {
		a.told(c, cameOf(err), finding{})
		failed(c, err, wrong)
		return
	}
	var total int64
	for _, s := range h.Spans {
		total += s.Total
	}
	if c.GetString(entryKey) != "" || c.GetBool(againKey) { // a page beside it tells more of one's own kept search
		a.told(c, audit.Done, a.whose(c, f, finding{total: total, exact: h.Exact}, 0))
	}
	answer := histogram{Spans: make([]span, len(h.Spans)), SpanSeconds: int64(length / time.Second), Exact: h.Exact, How: h.How}
	for i, s := range h.Spans {
		answer.Spans[i] = span{s.At.UTC().Format(pushlog.TimeFormat), s.Total, s.Counts}
	}
	c.JSON(http.StatusOK, answer)
}
