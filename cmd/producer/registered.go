package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
	"pushstream/internal/jobfile"
	"pushstream/internal/push"
)

const (
	// maxRegistered is how many device tokens one request may name.
	maxRegistered = 1000
	// registeredBody is the greatest body with them in bytes.
	registeredBody = 5 << 20
)

// forgiven is the answer to device tokens that an app has handed in.
type forgiven struct {
	Received int   `json:"received"`
	Forgiven int64 `json:"forgiven"` // of them were suppressed, and are no more
}

// registered takes device tokens that the app has handed in anew: FCM knows them now,
// whatever it said before. Tokens are not logged.
func (a *api) registered(c *gin.Context) {
	limit := min(int64(a.serving.maxBody), registeredBody)
	if c.Request.ContentLength > limit {
		tooLarge(c, limit)
		return
	}
	hold, err := a.intake.hold(keyName(c), httpapi.Packed(c))
	if err == nil {
		defer hold.release()
		size := c.Request.ContentLength
		if size < 0 {
			size = limit
		}
		err = hold.grow(2 * size) // the body, and its tokens
	}
	if err != nil {
		c.Header("Connection", "close") // nothing of it is read
		busy(c, httpapi.LimitBodies, "this key has too many bodies on their way at the same time; try again")
		return
	}
	rc := httpapi.Controller(c)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTime)) // a recorder in a test has none
	body, err := io.ReadAll(io.LimitReader(c.Request.Body, limit+1))
	switch {
	case err != nil:
		a.refuseBody(c, err)
		return
	case int64(len(body)) > limit:
		tooLarge(c, limit)
		return
	}
	_ = rc.SetReadDeadline(time.Time{})
	tokens, err := readRegistered(body)
	if err != nil {
		httpapi.Fail(c, http.StatusUnprocessableEntity, err.Error())
		return
	}
	leave, ok := a.intake.serve(c, kindPost)
	if !ok {
		return
	}
	defer leave()
	ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
	defer cancel()
	n, err := a.producer.Registered(ctx, tokens)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusOK, forgiven{len(tokens), n})
}

func tooLarge(c *gin.Context, limit int64) {
	c.Header("Connection", "close")
	httpapi.FailWith(c, httpapi.Problem{Type: httpapi.LimitBody, Status: http.StatusRequestEntityTooLarge,
		Detail: fmt.Sprintf("the body is larger than %d bytes; name at most %d device tokens in a request", limit, maxRegistered)})
}

// readRegistered reads a body. No error repeats a token.
func readRegistered(body []byte) ([]string, error) {
	form := errors.New(`the body must be one JSON object {"device_tokens": [...]}`)
	var in struct {
		Tokens []string `json:"device_tokens"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if d.Decode(&in) != nil {
		return nil, form
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, form
	}
	switch {
	case len(in.Tokens) == 0:
		return nil, errors.New("device_tokens must name at least one device token")
	case len(in.Tokens) > maxRegistered:
		return nil, fmt.Errorf("device_tokens: %d are more than %d; hand them in in several requests", len(in.Tokens), maxRegistered)
	}
	for i := range in.Tokens {
		in.Tokens[i] = push.Short(in.Tokens[i])
		if fault := tokenFault(in.Tokens[i]); fault != "" {
			return nil, fmt.Errorf("device_tokens[%d] %s", i, fault)
		}
	}
	return in.Tokens, nil
}

// tokenFault is what is wrong with a device token; empty if nothing is.
func tokenFault(token string) string {
	switch {
	case token == "":
		return "is empty"
	case len(token) > push.MaxToken:
		return fmt.Sprintf("is longer than %d bytes", push.MaxToken)
	case !utf8.ValidString(token) || strings.ContainsFunc(token, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		return "has a space or a control character"
	}
	return ""
}

type registered struct {
	File string `arg:"" help:"File with one device token a line; - for standard input."`
}

// Run hands in the device tokens of a file, one a line.
func (f *registered) Run(ctx context.Context, a *app) error {
	in, err := openInput(ctx, f.File, a.stdin, jobfile.Auto)
	defer in.close()
	if err != nil {
		return refused(err)
	}
	if err := a.ready(ctx); err != nil {
		return err
	}
	var sum forgiven
	hand := func(tokens []string) error {
		n, err := a.producer.Registered(ctx, tokens)
		sum.Received, sum.Forgiven = sum.Received+len(tokens), sum.Forgiven+n
		return err
	}
	lines, err := jobfile.NewLines(untilDone{ctx, in.file}, in.form)
	if err != nil {
		return refused(err)
	}
	var tokens []string
	for {
		token, n, err := lines.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return refused(err)
		}
		token = push.Short(token)
		if n == 1 && strings.EqualFold(token, push.FieldDeviceID) { // a header
			continue
		}
		if fault := tokenFault(token); fault != "" {
			return usage("line %d: the device token %s", n, fault)
		}
		if tokens = append(tokens, token); len(tokens) == maxRegistered {
			if err := hand(tokens); err != nil {
				return err
			}
			tokens = tokens[:0]
		}
	}
	if len(tokens) > 0 {
		if err := hand(tokens); err != nil {
			return err
		}
	}
	return json.NewEncoder(a.stdout).Encode(sum)
}
