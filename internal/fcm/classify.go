package fcm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/push"
)

// maxRetryAfter caps what a server may ask for: after an hour no push should
// try any more. https://firebase.google.com/docs/cloud-messaging/scale-fcm
const maxRetryAfter = time.Hour

// answer is what FCM, or something in its place, answered.
type answer struct {
	status      int // 0: there was no answer
	retryAfter  string
	date        string // the server's clock
	contentType string
	body        []byte
	bodyErr     error // the body broke off
}

func (an *answer) reader() io.ReadCloser {
	return io.NopCloser(bytes.NewReader(an.body))
}

// record is all that is known of one try when it is over.
type record struct {
	answer

	token      string // the job's device token, which no Detail may repeat
	messageID  string // what the SDK read from the answer
	refusal    string // why the SDK made no request: its own validation
	written    bool   // the request is on the wire, or may be
	stopped    bool   // the caller's context ended
	tokenErr   *tokenError
	networkErr error
}

// classify says how a try ended. It goes by the record alone: the SDK calls a
// redirect a success, and a broken answer to an accepted message a failure.
// The table is in doc.go.
func classify(r *record) push.Outcome {
	code, detail := r.judge()
	out := push.Outcome{
		Code:       code,
		HTTPStatus: r.status,
		Detail:     clean(detail, r.token),
	}
	if code == push.CodeAccepted {
		out.MessageID = tidy(r.messageID, r.token)
	} else {
		out.RetryAfter = r.wait()
	}
	if code == push.CodeQuotaExceeded {
		out.Scope = parseError(r.body).scope()
	}
	return out
}

func (r *record) judge() (push.Code, string) {
	switch {
	case r.status == http.StatusOK:
		return r.judgeOK()
	case r.status >= 400 && r.status <= 599:
		return r.judgeError()
	case r.status != 0:
		return push.CodeBadAnswer, fmt.Sprintf("HTTP %d, which is no answer of FCM's", r.status)
	case r.refusal != "":
		return push.CodeInvalidArgument, r.refusal
	case r.tokenErr != nil && r.tokenErr.refused:
		return push.CodeCredential, r.tokenErr.reason
	case errors.Is(r.networkErr, errFence):
		return push.CodeStopped, "not written: " + errFence.Error()
	case r.written:
		return push.CodeNoAnswer, "written, but no answer came: " + r.reason()
	case r.stopped:
		return push.CodeStopped, "stopped before it was written"
	}
	return push.CodeNotSent, r.reason()
}

// judgeOK: the status is FCM's word, even if the rest broke off. A page, whole or not, is
// not FCM's, but that of a captive portal or a proxy; so is a whole answer that names no
// message.
func (r *record) judgeOK() (push.Code, string) {
	switch {
	case r.messageID == "" && r.bodyErr == nil:
		return push.CodeBadAnswer, "HTTP 200 without a message id"
	case r.messageID == "" && !r.looksLikeJSON():
		return push.CodeBadAnswer, "HTTP 200 with a body that is not JSON"
	}
	return push.CodeAccepted, ""
}

// looksLikeJSON reports whether a body is a JSON object as far as it came. Of one that broke
// off before its first byte the type is known.
func (an *answer) looksLikeJSON() bool {
	body := bytes.TrimSpace(bytes.TrimPrefix(an.body, []byte("\ufeff")))
	if len(body) > 0 {
		return body[0] == '{'
	}
	return an.contentType == "" || strings.Contains(strings.ToLower(an.contentType), "json")
}

// judgeError goes by FcmError, else by error.status, else by the HTTP status.
func (r *record) judgeError() (push.Code, string) {
	e := parseError(r.body)
	code := e.code()
	detail := e.message
	if detail == "" {
		detail = fmt.Sprintf("HTTP %d", r.status)
	}
	switch {
	case r.status == http.StatusTooManyRequests:
		code = push.CodeQuotaExceeded
	case r.status >= 500 && (code == "" || code.Verdict() == push.VerdictFail):
		// A failing server does not condemn a message.
		code = push.CodeUnavailable
		if r.status == http.StatusInternalServerError {
			code = push.CodeInternal
		}
	case code == "":
		code = r.byStatus(e)
	}
	if code == push.CodeInvalidArgument && e.field != "" {
		detail = e.field + ": " + detail
	}
	return code, detail
}

// byStatus is for a 4xx whose body has no code that we know.
func (r *record) byStatus(e apiError) push.Code {
	switch r.status {
	case http.StatusBadRequest:
		return push.CodeInvalidArgument
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		// FCM has told us something new, or its word was cut off: neither says
		// that the whole project is locked out.
		if e.fcmError || r.bodyErr != nil {
			return push.CodeUnspecified
		}
		if r.status == http.StatusUnauthorized {
			return push.CodeCredential
		}
		return push.CodePermission
	}
	return push.CodeUnspecified
}

func (r *record) reason() string {
	switch {
	case r.tokenErr != nil:
		return r.tokenErr.reason
	case r.networkErr != nil:
		return networkReason(r.networkErr)
	}
	return "no answer"
}

// wait reads Retry-After, seconds or an HTTP date, which is taken relative to
// the server's own clock if it shows one. 0 if it is not in the future.
// https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
func (r *record) wait() time.Duration {
	s := strings.TrimSpace(r.retryAfter)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) { // out of range, n is the nearest that fits
		n = min(max(n, 0), int64(maxRetryAfter/time.Second))
		return time.Duration(n) * time.Second
	}
	at, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(r.date)
	if err != nil {
		now = time.Now()
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
