package admin

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/pushlog"
)

const (
	searchPath = "/api/v1/pushes/search"
	ndjson     = "application/x-ndjson"
	// searchTime is how long a search that tells how far it is looks at most.
	searchTime = 60 * time.Second
)

// filterMembers are the members of a body that has a filter, and more.
func filterMembers(more ...member) []member {
	var members []member
	for _, name := range FilterFields() {
		kind := text
		if name == FieldStatus {
			kind = list
		}
		members = append(members, member{name, kind})
	}
	return append(members, more...)
}

// searchMembers are those of a search.
func searchMembers() []member {
	return filterMembers(member{fieldPage, number}, member{fieldSize, number}, member{FieldOrder, text},
		member{fieldAsOf, text}, member{fieldBudget, number}, member{fieldSearch, text})
}

func (a *api) search(c *gin.Context) {
	in, ok := readBody(c, searchMembers()...)
	if !ok || !a.withSearch(c, in) {
		return
	}
	steps, limit := accepts(c, ndjson), defaultBudget
	if steps {
		limit = searchTime
	}
	q, budget := in.query(a.Zone), in.budget(limit)
	if in.refusedBody(c) || !a.mayAsk(c, in) || !a.searched(c, in) {
		return
	}
	if steps {
		a.searchInSteps(c, q, budget)
		return
	}
	a.answerPage(c, q, budget, http.StatusUnprocessableEntity)
}

// accepts reports whether a request asks for a kind of answer by its name.
func accepts(c *gin.Context, kind string) bool {
	for _, one := range strings.Split(c.GetHeader("Accept"), ",") {
		if name, _, err := mime.ParseMediaType(one); err == nil && name == kind {
			return true
		}
	}
	return false
}

// step is a line of a search that tells how far it is.
type step struct {
	Page    *stepPage        `json:"page,omitempty"`
	Problem *httpapi.Problem `json:"problem,omitempty"`
}

// stepPage is a page; one of the lines has the records.
type stepPage struct {
	Items *[]pushlog.Record `json:"items,omitempty"`
	found
}

// searchInSteps answers with a line for each thing that the search tells. The last
// one has exact true, unless the time was up.
func (a *api) searchInSteps(c *gin.Context, q pushlog.Query, limit time.Duration) {
	ctx, cancel := a.watched(c, limit, access.Read)
	defer cancel()
	out := &steps{to: a.newPatient(c, ndjson)}
	err := a.log.Search(ctx, q, func(p pushlog.Page) error { return out.tell(q, &p) })
	a.told(c, cameOf(err), a.whose(c, q.Filter, out.finding, out.seen))
	switch {
	case err == nil:
	case out.to.lost || c.Request.Context().Err() != nil: // nobody is there any more
		c.AbortWithStatus(gone)
	case withdrawn(ctx):
		problem := httpapi.Problem{Type: "about:blank", Title: http.StatusText(http.StatusUnauthorized),
			Status: http.StatusUnauthorized, Detail: errWithdrawn.Error(), RequestID: httpapi.RequestID(c)}
		if !c.Writer.Written() {
			httpapi.FailWith(c, problem)
			return
		}
		_ = out.write(step{Problem: &problem})
	case !c.Writer.Written():
		failed(c, err, http.StatusUnprocessableEntity)
	case ctx.Err() != nil: // the time is up, or the process stops
		_ = out.write(step{Page: &out.last})
	default:
		_ = c.Error(err) // for the log
		p := httpapi.ProblemOf(err)
		p.RequestID = httpapi.RequestID(c)
		_ = out.write(step{Problem: &p})
	}
}

// cameOf is the outcome of a search.
func cameOf(err error) audit.Outcome {
	switch {
	case err == nil:
		return audit.Done
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return audit.Partial
	}
	return audit.Failed
}

// steps writes the lines.
type steps struct {
	to    *patient
	shown bool // the records have been written
	seen  int
	finding
	last stepPage // what was told last, without records
}

func (s *steps) tell(q pushlog.Query, p *pushlog.Page) error {
	one := stepPage{found: foundIn(q, p)}
	s.last, s.total, s.exact = one, p.Total, p.Exact
	s.note(p.Records)
	s.seen = max(s.seen, len(p.Records))
	if !s.shown && (p.Records != nil || p.Exact) {
		s.shown = true
		items := maskedAll(p.Records)
		one.Items = &items
	}
	return s.write(step{Page: &one})
}

func (s *steps) write(line step) error {
	b, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = s.to.Write(append(b, '\n'))
	return err
}
