package fcm

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
)

// breakOff ends the connection (HTTP/1.1) or the stream (HTTP/2) without a
// further word.
func breakOff() { panic(http.ErrAbortHandler) }

// The SDK by itself makes 5 requests of each of these.
func TestSendIsOneRequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    push.Code
	}{
		{"reset after accept", func(http.ResponseWriter, *http.Request) { breakOff() }, push.CodeNoAnswer},
		{"truncated 200", func(w http.ResponseWriter, _ *http.Request) {
			partial(w, 200, okBody)
		}, push.CodeAccepted},
		{"truncated page instead of a 200", func(w http.ResponseWriter, _ *http.Request) {
			partial(w, 200, "<!DOCTYPE html>\n<title>Log in to the guest network</title>")
		}, push.CodeBadAnswer},
		{"truncated 503", func(w http.ResponseWriter, _ *http.Request) {
			partial(w, 503, errorBody(503, "UNAVAILABLE", "", "UNAVAILABLE", ""))
		}, push.CodeUnavailable},
		{"truncated 404 is not a locked project", func(w http.ResponseWriter, _ *http.Request) {
			partial(w, 404, errorBody(404, "NOT_FOUND", "", "UNREGISTERED", ""))
		}, push.CodeUnspecified},
		{"503 at once again", answering(503, map[string]string{"Retry-After": "0"}, ""), push.CodeUnavailable},
	}
	for _, proto := range protocols {
		for _, tt := range tests {
			t.Run(proto+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				srv := newServer(t, proto, tt.handler)
				out := send(t.Context(), newSender(t, srv, Options{}))
				checkCode(t, out, tt.want)
				if n := srv.requests.Load(); n != 1 {
					t.Errorf("%d requests for one Send", n)
				}
				if out.MessageID != "" {
					t.Errorf("message id %q out of half an answer", out.MessageID)
				}
			})
		}
	}
}

// partial announces the whole body, writes half of it, and breaks off.
func partial(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Length", "100")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body[:min(len(body)/2, 50)])
	_ = http.NewResponseController(w).Flush()
	breakOff()
}

func TestSendToNobody(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	for _, scheme := range []string{"http", "https"} {
		out := send(t.Context(), newSender(t, nil, Options{Endpoint: scheme + "://" + l.Addr().String()}))
		checkCode(t, out, push.CodeNotSent)
		if !strings.Contains(out.Detail, "refused") {
			t.Errorf("detail %q", out.Detail)
		}
	}
}

func TestSendToStranger(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "HTTP/2.0", answering(200, nil, okBody))
	out := send(t.Context(), newSender(t, nil, Options{Endpoint: srv.URL})) // trusts only the system's CAs
	checkCode(t, out, push.CodeNotSent)
	if n := srv.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// hangs is a handler that answers only when the client is gone, and tells got
// of each request. (Without reading the body to its end it would not notice.)
func hangs(got chan<- struct{}) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		got <- struct{}{}
		<-r.Context().Done()
	}
}

func TestSendToHungServer(t *testing.T) {
	t.Parallel()
	for _, proto := range protocols {
		t.Run(proto+" times out", func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, proto, hangs(make(chan struct{}, 9)))
			out := send(t.Context(), newSender(t, srv, Options{Timeout: 2 * time.Second}))
			checkCode(t, out, push.CodeNoAnswer)
			if n := srv.requests.Load(); n != 1 {
				t.Errorf("%d requests for one Send", n)
			}
		})
		t.Run(proto+" is left", func(t *testing.T) {
			t.Parallel()
			got := make(chan struct{}, 9)
			srv := newServer(t, proto, hangs(got))
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-got; cancel() }()
			checkCode(t, send(ctx, newSender(t, srv, Options{})), push.CodeNoAnswer)
		})
		t.Run(proto+" body never ends", func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, proto, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(200)
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			})
			checkCode(t, send(t.Context(), newSender(t, srv, Options{Timeout: 2 * time.Second})), push.CodeAccepted)
		})
	}
}

// A server that takes the connection and never speaks TLS: nothing was sent.
func TestSendToMuteListener(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := newSender(t, nil, Options{Endpoint: "https://" + l.Addr().String(), Timeout: 100 * time.Millisecond})
	checkCode(t, send(t.Context(), s), push.CodeNotSent)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	s = newSender(t, nil, Options{Endpoint: "https://" + l.Addr().String()})
	checkCode(t, send(ctx, s), push.CodeStopped)
}

func TestSendWaitsForPermit(t *testing.T) {
	t.Parallel()
	got := make(chan struct{}, 1)
	srv := newServer(t, "HTTP/1.1", hangs(got))
	s := newSender(t, srv, Options{Concurrency: 1})

	first, leave := context.WithCancel(t.Context())
	done := make(chan push.Outcome)
	go func() { done <- send(first, s) }()
	<-got

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	checkCode(t, send(ctx, s), push.CodeStopped)
	checkCode(t, send(ctx, s), push.CodeStopped) // already done when it comes

	leave()
	checkCode(t, <-done, push.CodeNoAnswer)
	if n := srv.requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestSendRefusedBySDK(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "HTTP/1.1", answering(200, nil, okBody))
	j := testJob()
	j.DeviceID = ""
	out := newSender(t, srv, Options{}).Send(t.Context(), j, time.Time{})
	checkCode(t, out, push.CodeInvalidArgument)
	if out.Detail == "" || out.HTTPStatus != 0 || srv.requests.Load() != 0 {
		t.Errorf("%+v, %d requests", out, srv.requests.Load())
	}
}

func TestRoundTripRefuses(t *testing.T) {
	t.Parallel()
	req := func(a *attempt) *http.Request {
		r := httptest.NewRequest("POST", "http://127.0.0.1:1/", strings.NewReader("x"))
		if a != nil {
			r = r.WithContext(a.withContext(r.Context()))
		}
		return r
	}
	resp, err := oneShot{}.RoundTrip(req(nil))
	if err == nil {
		_ = resp.Body.Close()
		t.Error("took a request of no attempt")
	}
	// A second one must not reach the transport: there is none.
	resp, err = oneShot{}.RoundTrip(req(&attempt{started: true}))
	if err != nil || resp.StatusCode != statusNoRetry {
		t.Errorf("second round trip: %v, %v", resp, err)
	}
	_ = resp.Body.Close()
}

func TestNetworkReasonHidesURLs(t *testing.T) {
	t.Parallel()
	err := errors.New(`invalid proxy address "http://user:hunter2@proxy:3128": no`)
	if got := networkReason(err); got != "request failed" {
		t.Error(got)
	}
}
