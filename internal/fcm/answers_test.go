package fcm

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pushstream/internal/push"
)

var quiet = log.New(io.Discard, "", 0)

// errorBody is an error as FCM words it; errorCode "" leaves the FcmError out.
func errorBody(code int, status, message, errorCode, details string) string {
	if errorCode != "" {
		fcm := fmt.Sprintf(`{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":%q}`, errorCode)
		details = strings.TrimSuffix(fcm+","+details, ",")
	}
	return fmt.Sprintf(`{"error":{"code":%d,"message":%q,"status":%q,"details":[%s]}}`, code, message, status, details)
}

const (
	badToken = `{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[` +
		`{"field":"message.token","description":"Invalid registration token"}]}`
	html = "<!DOCTYPE html>\n<title>Error 502</title>"
)

func quotaFailure(subject, description string) string {
	return fmt.Sprintf(`{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"subject":%q,"description":%q}]}`, subject, description)
}

func errorInfo(limit string) string {
	return fmt.Sprintf(`{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED","domain":"googleapis.com",`+
		`"metadata":{"service":"fcm.googleapis.com","consumer":"projects/123","quota_limit":%q}}`, limit)
}

// answers is the table of doc.go, row by row.
var answers = []struct {
	name   string
	status int
	header map[string]string
	body   string
	want   push.Outcome
}{
	{"accepted", 200, nil, okBody, push.Outcome{Code: push.CodeAccepted, MessageID: "projects/demo/messages/0:1"}},
	{"200 of a captive portal", 200, nil, "<html>", push.Outcome{Code: push.CodeBadAnswer, Detail: "HTTP 200 without a message id"}},
	{"200 without a name", 200, nil, `{}`, push.Outcome{Code: push.CodeBadAnswer, Detail: "HTTP 200 without a message id"}},
	{"200 with a name of another type", 200, nil, `{"name":1}`, push.Outcome{Code: push.CodeBadAnswer, Detail: "HTTP 200 without a message id"}},
	{"200 empty", 200, nil, "", push.Outcome{Code: push.CodeBadAnswer, Detail: "HTTP 200 without a message id"}},
	{"200 that goes on and on", 200, nil, `{"name":"x","pad":"` + strings.Repeat("x", maxBody) + `"}`, push.Outcome{Code: push.CodeBadAnswer, Detail: "HTTP 200 without a message id"}},
	{"202", 202, nil, okBody, push.Outcome{Code: push.CodeBadAnswer, Detail: "HTTP 202, which is no answer of FCM's"}},
	{"204", 204, nil, "", push.Outcome{Code: push.CodeBadAnswer, Detail: "HTTP 204, which is no answer of FCM's"}},
	{"unregistered", 404, nil, errorBody(404, "NOT_FOUND", "Requested entity was not found.", "UNREGISTERED", ""),
		push.Outcome{Code: push.CodeUnregistered, Detail: "Requested entity was not found."}},
	{"mismatch", 403, nil, errorBody(403, "PERMISSION_DENIED", "SenderId mismatch", "SENDER_ID_MISMATCH", ""),
		push.Outcome{Code: push.CodeSenderIDMismatch, Detail: "SenderId mismatch"}},
	{"invalid argument, the token", 400, nil, errorBody(400, "INVALID_ARGUMENT", "The registration token is not valid", "INVALID_ARGUMENT", badToken),
		push.Outcome{Code: push.CodeInvalidArgument, Detail: "message.token: The registration token is not valid"}},
	{"invalid argument, no field", 400, nil, errorBody(400, "INVALID_ARGUMENT", "Too big", "INVALID_ARGUMENT", ""),
		push.Outcome{Code: push.CodeInvalidArgument, Detail: "Too big"}},
	{"400 without FcmError", 400, nil, errorBody(400, "INVALID_ARGUMENT", "Invalid JSON payload", "", ""),
		push.Outcome{Code: push.CodeInvalidArgument, Detail: "Invalid JSON payload"}},
	{"400 in HTML", 400, nil, html, push.Outcome{Code: push.CodeInvalidArgument, Detail: "HTTP 400"}},
	{"third party", 401, nil, errorBody(401, "UNAUTHENTICATED", "Auth error from APNS", "THIRD_PARTY_AUTH_ERROR", ""),
		push.Outcome{Code: push.CodeThirdPartyAuth, Detail: "Auth error from APNS"}},
	{"401 of OAuth", 401, nil, errorBody(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", "", ""),
		push.Outcome{Code: push.CodeCredential, Detail: "Request had invalid authentication credentials."}},
	{"403 API disabled", 403, nil, errorBody(403, "PERMISSION_DENIED", "API has not been used", "", ""),
		push.Outcome{Code: push.CodePermission, Detail: "API has not been used"}},
	{"404 in HTML", 404, nil, html, push.Outcome{Code: push.CodePermission, Detail: "HTTP 404"}},
	{"403 with a code that is new", 403, nil, errorBody(403, "PERMISSION_DENIED", "New", "SOMETHING_NEW", ""),
		push.Outcome{Code: push.CodeUnspecified, Detail: "New"}},
	{"unspecified", 400, nil, errorBody(400, "INVALID_ARGUMENT", "?", "UNSPECIFIED_ERROR", ""),
		push.Outcome{Code: push.CodeUnspecified, Detail: "?"}},
	{"409", 409, nil, errorBody(409, "ABORTED", "Aborted", "", ""), push.Outcome{Code: push.CodeUnspecified, Detail: "Aborted"}},
	{"quota", 429, map[string]string{"Retry-After": "60"}, errorBody(429, "RESOURCE_EXHAUSTED", "Quota exceeded", "QUOTA_EXCEEDED", ""),
		push.Outcome{Code: push.CodeQuotaExceeded, Detail: "Quota exceeded", RetryAfter: time.Minute}},
	{"quota of a device", 429, nil, errorBody(429, "RESOURCE_EXHAUSTED", "Quota exceeded", "QUOTA_EXCEEDED", quotaFailure("device:x", "Device message rate exceeded")),
		push.Outcome{Code: push.CodeQuotaExceeded, Detail: "Quota exceeded", Scope: push.ScopeDevice}},
	{"quota of a topic", 429, nil, errorBody(429, "RESOURCE_EXHAUSTED", "Quota exceeded", "QUOTA_EXCEEDED", quotaFailure("topic:/topics/device-news", "Topic message rate exceeded")),
		push.Outcome{Code: push.CodeQuotaExceeded, Detail: "Quota exceeded", Scope: push.ScopeTopic}},
	{"quota of a project", 429, nil, errorBody(429, "RESOURCE_EXHAUSTED", "Quota exceeded", "QUOTA_EXCEEDED", quotaFailure("project:my-device", "Message rate exceeded")),
		push.Outcome{Code: push.CodeQuotaExceeded, Detail: "Quota exceeded", Scope: push.ScopeProject}},
	{"quota of a project, by its ErrorInfo", 429, nil, errorBody(429, "RESOURCE_EXHAUSTED", "Quota exceeded", "", errorInfo("SendsPerMinutePerProject")),
		push.Outcome{Code: push.CodeQuotaExceeded, Detail: "Quota exceeded", Scope: push.ScopeProject}},
	{"quota, with details of no use", 429, nil, errorBody(429, "RESOURCE_EXHAUSTED", "Quota exceeded", "QUOTA_EXCEEDED",
		`{"@type":"x","metadata":["a"],"violations":7},`+errorInfo("SendsPerMinute")),
		push.Outcome{Code: push.CodeQuotaExceeded, Detail: "Quota exceeded"}},
	{"429 in HTML", 429, nil, html, push.Outcome{Code: push.CodeQuotaExceeded, Detail: "HTTP 429"}},
	{"unavailable", 503, map[string]string{"Retry-After": "1"}, errorBody(503, "UNAVAILABLE", "Try again", "UNAVAILABLE", ""),
		push.Outcome{Code: push.CodeUnavailable, Detail: "Try again", RetryAfter: time.Second}},
	{"503 without Retry-After", 503, nil, errorBody(503, "UNAVAILABLE", "Try again", "UNAVAILABLE", ""),
		push.Outcome{Code: push.CodeUnavailable, Detail: "Try again"}},
	{"502 in HTML", 502, map[string]string{"Retry-After": "soon"}, html, push.Outcome{Code: push.CodeUnavailable, Detail: "HTTP 502"}},
	{"504", 504, nil, "", push.Outcome{Code: push.CodeUnavailable, Detail: "HTTP 504"}},
	{"internal", 500, nil, errorBody(500, "INTERNAL", "Internal error", "INTERNAL", ""),
		push.Outcome{Code: push.CodeInternal, Detail: "Internal error"}},
	{"500 in HTML", 500, nil, html, push.Outcome{Code: push.CodeInternal, Detail: "HTTP 500"}},
	{"599 of the server's own", 599, nil, "", push.Outcome{Code: push.CodeUnavailable, Detail: "HTTP 599"}},
	{"a 503 that would condemn the token", 503, nil, errorBody(503, "NOT_FOUND", "x", "UNREGISTERED", ""),
		push.Outcome{Code: push.CodeUnavailable, Detail: "x"}},
	{"a message that repeats the token", 400, nil, errorBody(400, "INVALID_ARGUMENT", "bad token '"+testToken+"'", "INVALID_ARGUMENT", badToken),
		push.Outcome{Code: push.CodeInvalidArgument, Detail: "message.token: bad token '…'"}},
	{"a status of no HTTP", 700, nil, "", push.Outcome{Code: push.CodeBadAnswer, Detail: "HTTP 700, which is no answer of FCM's"}},
}

func TestSendAnswers(t *testing.T) {
	t.Parallel()
	for _, proto := range protocols {
		for _, tt := range answers {
			t.Run(proto+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				srv := newServer(t, proto, answering(tt.status, tt.header, tt.body))
				got := send(t.Context(), newSender(t, srv, Options{Concurrency: 1}))
				if n := srv.requests.Load(); n != 1 {
					t.Errorf("%d requests for one Send", n)
				}
				if !srv.protos[proto] {
					t.Errorf("came over %v", srv.protos)
				}
				if got.Took <= 0 {
					t.Error("took no time")
				}
				got.Took = 0
				tt.want.HTTPStatus = tt.status
				if got != tt.want {
					t.Errorf("got  %+v\nwant %+v", got, tt.want)
				}
				checkDetail(t, got, testToken)
			})
		}
	}
}

// A redirect is neither followed nor called success; 300 neither.
func TestSendRedirects(t *testing.T) {
	t.Parallel()
	for _, proto := range protocols {
		for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
			t.Run(fmt.Sprint(proto, " ", status), func(t *testing.T) {
				t.Parallel()
				srv := newServer(t, proto, func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/landing" {
						_, _ = io.WriteString(w, okBody)
						return
					}
					w.Header().Set("Location", "/landing")
					w.WriteHeader(status)
				})
				out := send(t.Context(), newSender(t, srv, Options{}))
				checkCode(t, out, push.CodeBadAnswer)
				if n := srv.requests.Load(); n != 1 || out.HTTPStatus != status {
					t.Errorf("%d requests, status %d", n, out.HTTPStatus)
				}
			})
		}
	}
}

// checkDetail holds what is promised of every Detail.
func checkDetail(t *testing.T, out push.Outcome, token string) {
	t.Helper()
	for _, s := range []string{out.Detail, out.MessageID} {
		switch {
		case len(s) > maxDetail:
			t.Errorf("%d bytes: %q", len(s), s)
		case !utf8.ValidString(s):
			t.Errorf("no UTF-8: %q", s)
		case strings.ContainsFunc(s, unicode.IsControl):
			t.Errorf("control character: %q", s)
		case token != "" && strings.Contains(s, token):
			t.Errorf("holds the token: %q", s)
		}
	}
}
