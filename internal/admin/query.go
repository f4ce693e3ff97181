package admin

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
)

const (
	defaultSize = 100 // items on a page
	maxPage     = 1_000_000
)

// query is the parameters of a request, and what is wrong with them.
type query struct {
	url.Values
	faults []error
}

// readQuery reads the parameters. The known ones are allowed, once each.
func readQuery(c *gin.Context, known ...string) *query {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	q := &query{Values: values}
	if err != nil { // gin would leave out what it can't read, and show another page
		q.faults = append(q.faults, errors.New("the query can't be read: parameters are name=value, percent-encoded, with & between them"))
		return q
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case !slices.Contains(known, name) && len(known) == 0:
			q.fault("unknown parameter %.40q; there are none here", name)
		case !slices.Contains(known, name):
			q.fault("unknown parameter %.40q; known are %s", name, strings.Join(known, ", "))
		case len(values[name]) > 1:
			q.fault("%s is given twice", name)
		}
	}
	return q
}

func (q *query) fault(format string, args ...any) {
	q.faults = append(q.faults, fmt.Errorf(format, args...))
}

// number reads a whole number, 1 to most.
func (q *query) number(name string, otherwise, most int) int {
	text := q.Get(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		q.fault("%s must be a whole number, 1 to %d", name, most)
	}
	return n
}

// refused answers a query that has faults, and names them all.
func (q *query) refused(c *gin.Context) bool {
	if len(q.faults) == 0 {
		return false
	}
	httpapi.Fail(c, http.StatusBadRequest, errors.Join(q.faults...).Error())
	return true
}

// noQuery refuses any parameter: what belongs into the body must not be left
// out because it stands in the wrong place.
func noQuery(c *gin.Context) { readQuery(c).refused(c) }
