package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/push"
)

const (
	fieldSearch = "search"
	// searchLife is how long a search is kept after its last use.
	searchLife = 7 * 24 * time.Hour
)

var validSearch = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// keptFields are what a search may keep: what must not stand in a URL.
func keptFields() []string {
	return []string{push.FieldCsno, push.FieldDeviceID, FieldColumn, FieldContains, FieldEquals}
}

// kept is a search for personal data. Its id stands for it in URLs.
type kept struct {
	Kind  access.Kind       `json:"kind"`
	By    string            `json:"by"`
	Given map[string]string `json:"given"`
}

// of reports whether a search is of who asks.
func (s kept) of(c *gin.Context) bool { return s.By == whoIs(c).Name && s.Kind == whoIs(c).Kind }

// given is what it holds, as it was given.
func (s kept) given() Given {
	given := Given{}
	for name, value := range s.Given {
		given[name] = []string{value}
	}
	return given
}

// keptSearch is the answer to who makes or reads one.
type keptSearch struct {
	ID     string            `json:"id"`
	Fields map[string]string `json:"fields"` // masked, unless one's own
}

func (a *api) searchKey(id string) string { return a.Keys.Prefix + ":search:" + id }

// keepSearch keeps the part of a filter that is personal.
func (a *api) keepSearch(c *gin.Context) {
	in, ok := readBody(c, membersOf(text, keptFields()...)...)
	if !ok {
		return
	}
	_ = in.filter()
	in.check(len(in.Given) > 0, "one of %v must be given", keptFields())
	if in.refusedBody(c) || !a.searched(c, in) {
		return
	}
	s := kept{whoIs(c).Kind, whoIs(c).Name, map[string]string{}}
	for name, values := range in.Given {
		s.Given[name] = values[0]
	}
	text, _ := json.Marshal(s) // texts always marshal
	id := uuid.NewString()
	ctx, cancel := bounded(c)
	defer cancel()
	if err := a.Redis.Set(ctx, a.searchKey(id), text, searchLife).Err(); err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusCreated, keptSearch{id, s.Given})
}

// keptSearch answers what a search is for, so that a page that is loaded again can
// show it.
func (a *api) keptSearch(c *gin.Context) {
	ctx, cancel := bounded(c)
	defer cancel()
	s, err := a.readSearch(ctx, c.Param("id"))
	if searchFailed(c, err) {
		return
	}
	if !s.of(c) {
		for name, value := range s.Given {
			field := name
			if slices.Contains(wordFields(), name) {
				field = s.Given[FieldColumn]
			}
			s.Given[name] = mask(field, value)
		}
	}
	c.JSON(http.StatusOK, keptSearch{c.Param("id"), s.Given})
}

var errNoSearch = errors.New("this search is not known, or was not used for a week: search again")

// readSearch returns a search, which lives on then.
func (a *api) readSearch(ctx context.Context, id string) (kept, error) {
	var s kept
	if !validSearch.MatchString(id) {
		return s, errNoSearch
	}
	text, err := a.Redis.GetEx(ctx, a.searchKey(id), searchLife).Bytes()
	if errors.Is(err, redis.Nil) || err == nil && json.Unmarshal(text, &s) != nil {
		return s, errNoSearch
	}
	return s, err
}

// searchFailed answers if a search could not be read.
func searchFailed(c *gin.Context, err error) bool {
	switch {
	case errors.Is(err, errNoSearch):
		httpapi.Fail(c, http.StatusNotFound, err.Error())
	case err != nil:
		httpapi.Unavailable(c, err)
	}
	return err != nil
}

// withSearch adds to what is asked for what the search holds that it names. It answers
// if that can't be had, and returns false.
func (a *api) withSearch(c *gin.Context, p *parser) bool {
	id, is := p.one(fieldSearch)
	if !is {
		return true
	}
	ctx, cancel := bounded(c)
	defer cancel()
	s, err := a.readSearch(ctx, id)
	if searchFailed(c, err) {
		return false
	}
	if !s.of(c) && !a.searched(c, &parser{Given: s.given()}) { // whoever uses another's search asks himself
		return false
	}
	for name, value := range s.Given {
		_, twice := p.one(name)
		p.check(!twice, "%s is given twice: it is part of the search", name)
		p.Given[name] = []string{value}
		p.kept = append(p.kept, name)
	}
	if _, is := s.Given[FieldColumn]; is {
		p.inURL = false // what is searched for is not
	}
	return true
}

// searched makes an audit entry of a search for personal data; what comes from a kept
// search has its own. If it can't, it answers and returns false.
func (a *api) searched(c *gin.Context, in *parser) bool {
	asked := func(name string) bool {
		_, is := in.one(name)
		return is && !slices.Contains(in.kept, name)
	}
	column, _ := in.one(FieldColumn)
	if !(asked(FieldColumn) && slices.Contains(personal(), column)) && !slices.ContainsFunc(personal(), asked) {
		return true
	}
	subject, customer := in.describe(fieldPage, fieldSize, FieldOrder, fieldAsOf, fieldBudget, fieldSpan)
	if !a.enter(c, audit.Entry{Action: audit.Search, Subject: subject, Customer: customer}) {
		return false
	}
	a.concluded(c, audit.Done, nil)
	return true
}
