package admin

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/pushlog"
)

const (
	fieldSearch  = "search"
	keptEntryKey = "admin.search.entry" // of a kept search, or of one that is made again and again
	againKey     = "admin.search.again" // it is made again and again
)

var validSearch = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// keptFields are what a search may keep: what must not stand in a URL, and what belongs
// to the same question.
func keptFields() []string {
	return append(privateFields(), FieldColumn, FieldContains, FieldEquals,
		pushlog.FieldFCMSendYN, FieldFCMSendSince, FieldFCMSendUntil, FieldSndnRsevSince, FieldSndnRsevUntil)
}

// kept is a search for personal data. Its id stands for it in URLs.
type kept struct {
	Kind  access.Kind       `json:"kind"`
	By    string            `json:"by"`
	Given map[string]string `json:"given"`
	// Entry is that of the audit log, until the search has been carried out.
	Entry string `json:"entry,omitempty"`
}

// of reports whether a search is of who asks.
func (s kept) of(c *gin.Context) bool { return s.By == whoIs(c).Name && s.Kind == whoIs(c).Kind }

// keptSearch is the answer to who makes or reads one.
type keptSearch struct {
	ID     string            `json:"id"`
	Fields map[string]string `json:"fields"` // masked, unless one's own
}

// keepSearch keeps the part of a filter that is personal.
func (a *api) keepSearch(c *gin.Context) {
	in, ok := readBody(c, membersOf(text, keptFields()...)...)
	if !ok {
		return
	}
	_ = in.filter(a.Zone)
	in.check(len(in.Given) > 0, "one of %v must be given", keptFields())
	if in.refusedBody(c) || !a.mayAsk(c, in) || !a.searched(c, in) {
		return
	}
	s := kept{Kind: whoIs(c).Kind, By: whoIs(c).Name, Given: map[string]string{}, Entry: c.GetString(entryKey)}
	for name, values := range in.Given {
		s.Given[name] = values[0]
	}
	ctx, cancel := bounded(c)
	defer cancel()
	id := uuid.NewString()
	if err := a.searches.keep(ctx, id, s); err != nil {
		a.told(c, audit.Failed, finding{})
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
	if !validSearch.MatchString(id) {
		return kept{}, errNoSearch
	}
	return a.searches.read(ctx, id)
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
	own := s.of(c)
	if own {
		c.Set(keptEntryKey, s.Entry)
	}
	for name, value := range s.Given {
		_, twice := p.one(name)
		p.check(!twice, "%s is given twice: it is part of the search", name)
		p.Given[name] = []string{value}
		if own {
			p.kept = append(p.kept, name)
		} else { // the user of another's search asks, too
			p.shared = append(p.shared, name)
		}
	}
	if _, is := s.Given[FieldColumn]; is {
		p.inURL = false // what is searched for is not
	}
	return true
}
