package admin

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"pushstream/internal/access"
	"pushstream/internal/httpapi"
	"pushstream/internal/push"
)

// query is the parameters of a request, and what is wrong with them.
type query struct{ parser }

// readQuery reads the parameters. The known ones are allowed, once each. Page, size
// and status count as absent if they are empty, as a form leaves them.
func readQuery(c *gin.Context, known ...string) *query { return readParameters(c, "", known) }

// readFilterQuery is readQuery of a filter, and of more. What is personal is to be
// posted to another route.
func readFilterQuery(c *gin.Context, post string, more ...string) *query {
	q := readParameters(c, post, append(urlFields(), more...))
	if text, is := q.one(FieldStatus); is {
		q.Given[FieldStatus] = strings.Split(text, ",")
	}
	return q
}

func readParameters(c *gin.Context, post string, known []string) *query {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	q := &query{parser{Given: Given(values), inURL: true, post: post, masked: !whoIs(c).May(access.Reveal)}}
	if err != nil { // gin would leave out what it can't read, and show another page
		q.faults = append(q.faults, errors.New("the query can't be read: parameters are name=value, percent-encoded, with & between them"))
		return q
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case slices.Contains(known, name):
			q.check(len(values[name]) == 1, "%s is given twice", name)
		case post != "" && slices.Contains(personal(), name):
			q.fault("%s", q.private(name))
		case len(known) == 0:
			q.fault("unknown parameter %.40q; there are none here", name)
		default:
			q.fault("unknown parameter %.40q; known are %s", name, strings.Join(known, ", "))
		}
		if values.Get(name) == "" && slices.Contains([]string{fieldPage, fieldSize, FieldStatus}, name) {
			delete(values, name)
		}
	}
	for _, name := range personal() { // once named, it is not looked at
		delete(values, name)
	}
	return q
}

// personal are the columns that hold customers' data, or may. URLs are kept by
// browsers, proxies and logs.
func personal() []string { return push.PersonalFields() }

// private says what to do instead to whoever names one of them in a URL.
func (p *parser) private(column string) string {
	return column + " is personal data, which does not belong into a URL: use POST " + p.post
}

// refused answers a query that has faults, and names them all.
func (q *query) refused(c *gin.Context) bool {
	if len(q.faults) == 0 {
		return false
	}
	httpapi.Fail(c, http.StatusBadRequest, q.err().Error())
	return true
}

// noQuery refuses any parameter: what belongs into the body must not be left
// out because it stands in the wrong place.
func noQuery(c *gin.Context) { readQuery(c).refused(c) }
