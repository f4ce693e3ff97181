package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"pushstream/internal/access"
	"pushstream/internal/httpapi"
)

// maxFaults is how many of a body's faults are named.
const maxFaults = 20

// kind is the JSON type of a member of a body.
type kind int

const (
	text kind = iota
	number
	list // of texts
	flag // true or false
)

// member is one that a body may have.
type member struct {
	name string
	kind kind
}

// membersOf makes members of a kind.
func membersOf(k kind, names ...string) (members []member) {
	for _, name := range names {
		members = append(members, member{name, k})
	}
	return members
}

// readBody reads a body that is a JSON object with some of the members. One that
// can't be read it answers itself, and returns false. What is wrong with the members
// comes back, so that the answer can name all mistakes.
func readBody(c *gin.Context, members ...member) (p *parser, ok bool) {
	if kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || kind != "application/json" {
		httpapi.Fail(c, http.StatusUnsupportedMediaType, "the body must be JSON: Content-Type: application/json")
		return nil, false
	}
	body, err := io.ReadAll(c.Request.Body)
	switch {
	case httpapi.TooLarge(err):
		httpapi.Fail(c, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", maxBody))
		return nil, false
	case err != nil:
		httpapi.Fail(c, http.StatusBadRequest, httpapi.BodyFault(err))
		return nil, false
	}
	p, err = decodeBody(body, members)
	if err != nil {
		httpapi.Fail(c, http.StatusBadRequest, err.Error())
		return nil, false
	}
	p.masked = !whoIs(c).May(access.Reveal)
	return p, true
}

// readReason reads the body of a request that needs none, and may say why. One that
// is wrong it answers itself, and returns false.
func readReason(c *gin.Context) (reason string, ok bool) {
	if c.Request.ContentLength == 0 {
		return "", true
	}
	in, ok := readBody(c, membersOf(text, fieldReason)...)
	if !ok {
		return "", false
	}
	reason = in.reason(false)
	return reason, !in.refusedBody(c)
}

// refused answers a body that has faults, and names them all.
func (p *parser) refusedBody(c *gin.Context) bool {
	if len(p.faults) == 0 {
		return false
	}
	httpapi.Fail(c, http.StatusUnprocessableEntity, p.err().Error())
	return true
}

// decodeBody reads a JSON object: see readBody. encoding/json by itself would let a
// name that is given twice, in other letters, or as null pass.
func decodeBody(body []byte, members []member) (*parser, error) {
	names := namesOf(members)
	broken := errors.New("the body must be one JSON object with " + strings.Join(names, ", "))
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if start, err := d.Token(); err != nil || start != json.Delim('{') || !utf8.Valid(body) {
		return nil, broken
	}
	p := &parser{Given: Given{}}
	seen := map[string]bool{}
	for d.More() {
		var value any
		name, err := d.Token()
		if err != nil || d.Decode(&value) != nil {
			return nil, broken
		}
		if fault := p.set(members, seen, name.(string), value); fault != nil && len(p.faults) < maxFaults {
			p.faults = append(p.faults, fault)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, broken
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, broken
	}
	return p, nil
}

func namesOf(members []member) (names []string) {
	for _, m := range members {
		names = append(names, m.name)
	}
	return names
}

// set takes one member of the object, or says what is wrong with it.
func (p *parser) set(members []member, seen map[string]bool, name string, value any) error {
	i := slices.IndexFunc(members, func(m member) bool { return m.name == name })
	if i < 0 {
		return fmt.Errorf("unknown field %.40q; known are %s", name, strings.Join(namesOf(members), ", "))
	}
	if seen[name] {
		return fmt.Errorf("%s is given twice", name)
	}
	seen[name] = true
	values, ok := members[i].kind.read(value)
	if !ok {
		return fmt.Errorf("%s must be %s", name, members[i].kind)
	}
	p.Given[name] = values
	return nil
}

func (k kind) String() string {
	return [...]string{text: "text", number: "a number", list: "a list of texts, and not empty", flag: "true or false"}[k]
}

// read takes a JSON value apart, if it is of the kind.
func (k kind) read(value any) (values []string, ok bool) {
	switch v := value.(type) {
	case string:
		return []string{v}, k == text
	case bool:
		return []string{strconv.FormatBool(v)}, k == flag
	case json.Number:
		return []string{v.String()}, k == number
	case []any:
		for _, one := range v {
			s, is := one.(string)
			if !is {
				return nil, false
			}
			values = append(values, s)
		}
		return values, k == list && len(values) > 0
	}
	return nil, false
}
