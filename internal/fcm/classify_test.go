package fcm

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pushstream/internal/push"
)

// What happens without an answer: the order of the reasons matters.
func TestClassifyNoAnswer(t *testing.T) {
	t.Parallel()
	refused := &tokenError{refused: true, reason: "token endpoint answered 400"}
	unreachable := &tokenError{reason: "token endpoint: timed out"}
	tests := []struct {
		name string
		r    record
		code push.Code
		text string
	}{
		{"nothing known", record{}, push.CodeNotSent, "no answer"},
		{"network", record{networkErr: errors.New("dial tcp: no route")}, push.CodeNotSent, "dial tcp: no route"},
		{"deadline", record{networkErr: context.DeadlineExceeded}, push.CodeNotSent, "timed out"},
		{"written", record{written: true, networkErr: errors.New("EOF")}, push.CodeNoAnswer, "written, but no answer came: EOF"},
		{"written and stopped", record{written: true, stopped: true, networkErr: context.Canceled}, push.CodeNoAnswer, "written, but no answer came: cancelled"},
		{"stopped", record{stopped: true, networkErr: context.Canceled}, push.CodeStopped, "stopped before it was written"},
		{"no token", record{tokenErr: refused}, push.CodeCredential, "token endpoint answered 400"},
		{"no token and stopped", record{tokenErr: refused, stopped: true}, push.CodeCredential, "token endpoint answered 400"},
		{"token endpoint out of reach", record{tokenErr: unreachable}, push.CodeNotSent, "token endpoint: timed out"},
		{"stopped while waiting for a token", record{tokenErr: unreachable, stopped: true}, push.CodeStopped, "stopped before it was written"},
		{"the SDK's refusal", record{refusal: "no token"}, push.CodeInvalidArgument, "no token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := push.Outcome{Code: tt.code, Detail: tt.text}
			if got := classify(&tt.r); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const serverTime = "Sun, 22 Nov 2026 00:30:00 GMT"
	tests := []struct {
		name, value, date string
		want              time.Duration
	}{
		{"none", "", "", 0},
		{"seconds", "7", "", 7 * time.Second},
		{"spaces", " 7 ", "", 7 * time.Second},
		{"zero", "0", "", 0},
		{"negative", "-5", "", 0},
		{"over an hour", "86400", "", time.Hour},
		{"over all numbers", "99999999999999999999", "", time.Hour},
		{"under all numbers", "-99999999999999999999", "", 0},
		{"garbage", "soon", "", 0},
		{"a fraction", "1.5", "", 0},
		{"date by the server's clock", "Sun, 22 Nov 2026 00:30:20 GMT", serverTime, 20 * time.Second},
		{"date in the past", "Sun, 22 Nov 2026 00:29:00 GMT", serverTime, 0},
		{"date over an hour", "Mon, 23 Nov 2026 00:29:00 GMT", serverTime, time.Hour},
		{"date without a server's clock", "Fri, 01 Jan 2100 00:00:00 GMT", "", time.Hour},
		{"past date without a server's clock", "Sat, 01 Jan 2000 00:00:00 GMT", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out := classify(&record{answer: answer{status: 503, retryAfter: tt.value, date: tt.date}})
			if out.RetryAfter != tt.want {
				t.Errorf("%v, want %v", out.RetryAfter, tt.want)
			}
		})
	}
}

func TestParseError(t *testing.T) {
	t.Parallel()
	field := func(name string) string {
		return `{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"` + name + `"}]}`
	}
	tests := []struct {
		name, body string
		want       apiError
		code       push.Code
	}{
		{"empty", "", apiError{}, ""},
		{"a list", "[]", apiError{}, ""},
		{"an error that is text, as of OAuth", `{"error":"invalid_grant"}`, apiError{}, ""},
		{"status alone", errorBody(404, "UNREGISTERED", "m", "", ""), apiError{status: "UNREGISTERED", message: "m"}, push.CodeUnregistered},
		{"FcmError before status", errorBody(400, "INVALID_ARGUMENT", "m", "UNAVAILABLE", ""),
			apiError{fcmError: true, errorCode: "UNAVAILABLE", status: "INVALID_ARGUMENT", message: "m"}, push.CodeUnavailable},
		{"unknown FcmError hides the status", errorBody(400, "INVALID_ARGUMENT", "m", "NEW", ""),
			apiError{fcmError: true, errorCode: "NEW", status: "INVALID_ARGUMENT", message: "m"}, ""},
		{"the token among violations", errorBody(400, "INVALID_ARGUMENT", "m", "", field("message.data")+","+field("message.token")+","+field("message.x")),
			apiError{status: "INVALID_ARGUMENT", message: "m", field: "message.token"}, push.CodeInvalidArgument},
		{"the first of other violations", errorBody(400, "INVALID_ARGUMENT", "m", "", field("message.data")+","+field("message.x")),
			apiError{status: "INVALID_ARGUMENT", message: "m", field: "message.data"}, push.CodeInvalidArgument},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := parseError([]byte(tt.body))
			if got != tt.want || got.code() != tt.code {
				t.Errorf("%+v %q, want %+v %q", got, got.code(), tt.want, tt.code)
			}
		})
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, s, token, want string }{
		{"as it is", "Requested entity was not found.", testToken, "Requested entity was not found."},
		{"one line", "a\nb\x00c\u0085d", "", "a b c d"},
		{"no UTF-8", "a\xffb", "", "a?b"},
		{"the token", "x" + testToken + testToken + "y", testToken, "x……y"},
		{"the token across the cut", strings.Repeat("x ", 95) + testToken, testToken, strings.Repeat("x ", 95) + "…"},
		{"a service account", "push@demo.iam.gserviceaccount.com may not", "", "… may not"},
		{"another's token", "no " + strings.Repeat("aB3_", 30), "", "no aB3_…"},
		{"long Korean", strings.Repeat("가", 100), "", strings.Repeat("가", 65) + "…"},
		{"a token that can't be hidden", "a…b", "…", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := clean(tt.s, tt.token); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzClassify(f *testing.F) {
	for _, a := range answers {
		f.Add(a.status, a.body, a.header["Retry-After"], "", "projects/x/messages/1", testToken, byte(0))
	}
	f.Add(0, "", "", "", "", "t", byte(0xff))
	f.Fuzz(func(t *testing.T, status int, body, retryAfter, date, id, token string, flags byte) {
		flag := func(n int) bool { return flags&(1<<n) != 0 }
		r := record{
			answer:    answer{status: status, body: []byte(body), retryAfter: retryAfter, date: date},
			messageID: id, token: token, written: flag(0), stopped: flag(1),
		}
		if flag(2) {
			r.bodyErr = errors.New(body)
		}
		if flag(3) {
			r.networkErr = errors.New(body)
		}
		if flag(4) {
			r.refusal = body
		}
		if flag(5) {
			r.tokenErr = &tokenError{refused: flag(6), reason: body}
		}
		out := classify(&r)

		checkDetail(t, out, token)
		if !slices.Contains(push.Codes(), out.Code) {
			t.Errorf("code %q", out.Code)
		}
		if (out.Code == push.CodeAccepted) != (status == 200 && (id != "" || r.bodyErr != nil && r.looksLikeJSON())) {
			t.Errorf("%d became %s", status, out.Code)
		}
		if status >= 500 && out.Code.Verdict() == push.VerdictFail {
			t.Errorf("%d became %s", status, out.Code)
		}
		if status == 0 && r.written && r.refusal == "" && r.tokenErr == nil && out.Code != push.CodeNoAnswer {
			t.Errorf("a written request became %s", out.Code)
		}
		if out.RetryAfter < 0 || out.RetryAfter > maxRetryAfter {
			t.Errorf("retry after %v", out.RetryAfter)
		}
		if out.Code != push.CodeAccepted && out.MessageID != "" {
			t.Errorf("%s with a message id", out.Code)
		}
		if !utf8.ValidString(out.MessageID) {
			t.Errorf("message id %q", out.MessageID)
		}
	})
}
