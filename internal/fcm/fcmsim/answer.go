package fcmsim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// delivery is how an answer goes out.
type delivery uint8

const (
	reply    delivery = iota // as a healthy server does
	goAway                   // the same, and the connection ends
	page                     // HTML instead of JSON
	redirect                 // to elsewhere, on the simulator itself
	reset                    // the stream breaks
	truncate                 // half of the answer, then the stream breaks
	hang                     // nothing, until the client goes away
)

// elsewhere is where a redirect leads. It answers 200, as a login page would.
const elsewhere = "/_sim/elsewhere"

// answer is one thing to say to a request. Answers are shared: never changed
// once made.
type answer struct {
	tally      string // name in Stats.ByCode
	fault      string // the fault that made it, or ""
	status     int    // HTTP
	code       string // FcmError.errorCode, or "": then there is no FcmError
	state      string // google.rpc status
	message    string
	violations []violation
	details    []any  // further details of the error
	retryAfter string // header; "": what Config.RetryAfter says
	how        delivery
	slow       bool // after Config.SlowFor
	accepts    bool // the message goes out to the phone
}

// breaks reports whether the client can't learn from the answer that the
// message was accepted.
func (a *answer) breaks() bool {
	return a.accepts && (a.status != http.StatusOK || a.how != reply && a.how != goAway)
}

// violation is one google.rpc.BadRequest.FieldViolation.
type violation struct {
	Field       string `json:"field,omitempty"`
	Description string `json:"description"`
}

// The details of an error.
type (
	fcmError struct {
		Type      string `json:"@type"`
		ErrorCode string `json:"errorCode"`
	}
	badRequest struct {
		Type            string      `json:"@type"`
		FieldViolations []violation `json:"fieldViolations"`
	}
)

// errorBody is Google's JSON for a.
func (a *answer) errorBody() []byte {
	var body struct {
		Error struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
			Status  string `json:"status"`
			Details []any  `json:"details,omitempty"`
		} `json:"error"`
	}
	e := &body.Error
	e.Code, e.Message, e.Status = a.status, a.message, a.state
	if a.code != "" {
		e.Details = append(e.Details, fcmError{"type.googleapis.com/google.firebase.fcm.v1.FcmError", a.code})
	}
	if len(a.violations) > 0 {
		e.Details = append(e.Details, badRequest{"type.googleapis.com/google.rpc.BadRequest", a.violations})
	}
	e.Details = append(e.Details, a.details...)
	out, err := json.MarshalIndent(&body, "", "  ")
	if err != nil {
		panic(err) // a bug: strings and numbers always marshal
	}
	return append(out, '\n')
}

// The values of headers, shared so that an answer allocates none.
var (
	jsonType    = []string{"application/json; charset=UTF-8"}
	htmlType    = []string{"text/html; charset=UTF-8"}
	closeHeader = []string{"close"}
)

// write puts a on the wire; success is the body of a 200. It panics with
// http.ErrAbortHandler if a is to break: that ends one stream on HTTP/2, the
// connection on HTTP/1.1.
func (a *answer) write(w http.ResponseWriter, success []byte) {
	header := w.Header()
	switch a.how {
	case reset, hang:
		panic(http.ErrAbortHandler)
	case truncate:
		header["Content-Type"] = jsonType
		header.Set("Content-Length", strconv.Itoa(len(success)))
		_, _ = w.Write(success[:len(success)/2]) // the client may be gone
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case page:
		header["Content-Type"] = htmlType
		w.WriteHeader(a.status)
		_, _ = w.Write([]byte("<!DOCTYPE html>\n<html lang=en><title>" + http.StatusText(a.status) +
			"</title><p>This page is not what you asked for.</html>\n"))
	case redirect:
		header.Set("Location", elsewhere)
		w.WriteHeader(a.status)
	case goAway, reply:
		header["Content-Type"] = jsonType
		if a.how == goAway {
			header["Connection"] = closeHeader
		}
		if a.status == http.StatusOK {
			_, _ = w.Write(success)
			return
		}
		w.WriteHeader(a.status)
		_, _ = w.Write(a.errorBody())
	}
}

// wait returns the Retry-After header of a, and the time before which a retry
// is early; "" and zero if a asks for nothing.
func (a *answer) wait(c *Config, now time.Time) (string, time.Time) {
	header := a.retryAfter
	if header == "" && (a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable) {
		after := time.Duration(c.RetryAfterSeconds) * time.Second
		switch c.RetryAfter {
		case RetryAfterSeconds:
			header = strconv.Itoa(c.RetryAfterSeconds)
		case RetryAfterDate: // whole seconds: rounded up, so that it is never shorter
			header = now.Add(after + time.Second - 1).UTC().Format(http.TimeFormat)
		}
	}
	if header == "" {
		return "", time.Time{}
	}
	if seconds, err := strconv.Atoi(header); err == nil {
		return header, now.Add(time.Duration(seconds) * time.Second)
	}
	date, _ := http.ParseTime(header) // a scripted one may be nonsense: then nothing is early
	return header, date
}
