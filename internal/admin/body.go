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
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
)

// maxFaults is how many of a body's faults are named.
const maxFaults = 20

// readBody reads a body that is a JSON object of texts, each with one of the
// names. One that can't be read it answers itself, and returns false. What is
// wrong with the members comes back, so that the answer can name all mistakes.
func readBody(c *gin.Context, names ...string) (texts map[string]string, faults []error, ok bool) {
	if kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || kind != "application/json" {
		httpapi.Fail(c, http.StatusUnsupportedMediaType, "the body must be JSON: Content-Type: application/json")
		return nil, nil, false
	}
	body, err := io.ReadAll(c.Request.Body)
	switch {
	case httpapi.TooLarge(err):
		httpapi.Fail(c, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", maxBody))
		return nil, nil, false
	case err != nil:
		httpapi.Fail(c, http.StatusBadRequest, "the body could not be read")
		return nil, nil, false
	}
	texts, faults, err = decodeTexts(body, names)
	if err != nil {
		httpapi.Fail(c, http.StatusBadRequest, err.Error())
		return nil, nil, false
	}
	return texts, faults, true
}

// decodeTexts reads a JSON object of texts: see readBody. encoding/json by itself
// would let a name that is given twice, in other letters, or as null pass.
func decodeTexts(body []byte, names []string) (texts map[string]string, faults []error, err error) {
	broken := errors.New("the body must be one JSON object with " + strings.Join(names, ", "))
	d := json.NewDecoder(bytes.NewReader(body))
	if start, err := d.Token(); err != nil || start != json.Delim('{') || !utf8.Valid(body) {
		return nil, nil, broken
	}
	texts = map[string]string{}
	seen := map[string]bool{}
	for d.More() {
		var value any
		name, err := d.Token()
		if err != nil || d.Decode(&value) != nil {
			return nil, nil, broken
		}
		if fault := setText(texts, seen, names, name.(string), value); fault != nil && len(faults) < maxFaults {
			faults = append(faults, fault)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, broken
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, broken
	}
	return texts, faults, nil
}

// setText takes one member of the object, or says what is wrong with it.
func setText(texts map[string]string, seen map[string]bool, names []string, name string, value any) error {
	text, is := value.(string)
	twice := seen[name]
	seen[name] = true
	switch {
	case !slices.Contains(names, name):
		return fmt.Errorf("unknown field %.40q; known are %s", name, strings.Join(names, ", "))
	case twice:
		return fmt.Errorf("%s is given twice", name)
	case !is:
		return fmt.Errorf("%s must be text", name)
	}
	texts[name] = text
	return nil
}
