package fcm

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"pushstream/internal/push"
)

func TestNormalizeEndpoint(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"http://127.0.0.1:8090":          "http://127.0.0.1:8090/v1",
		"http://127.0.0.1:8090/":         "http://127.0.0.1:8090/v1",
		"http://127.0.0.1:8090/v1":       "http://127.0.0.1:8090/v1",
		"http://127.0.0.1:8090/v1/":      "http://127.0.0.1:8090/v1",
		"  http://127.0.0.1:8090/v1//\n": "http://127.0.0.1:8090/v1",
		"HTTPS://fcm.example.com":        "https://fcm.example.com/v1",
		"http://[::1]:8090":              "http://[::1]:8090/v1",
		"http://host/behind/a/gateway/":  "http://host/behind/a/gateway/v1",
		production:                       production,
	} {
		if u, err := normalizeEndpoint(in); err != nil || u.String() != want {
			t.Errorf("%q: %v, %v", in, u, err)
		}
	}
	for _, in := range []string{
		"", "127.0.0.1:8090", "localhost:8090", "ftp://host", "http://", "http:///v1", "http:host", "unix:///run/fcm",
		"http://user:hunter2@host", "http://hunter2@host", "http://user:hunter2/x@host", "http://user:hun ter2@host",
		"http://host?x=1", "http://host/v1?", "http://host#x", "http://host:port", "\x00",
	} {
		u, err := normalizeEndpoint(in)
		if err == nil {
			t.Errorf("%q: %v", in, u)
			continue
		}
		if !strings.HasPrefix(err.Error(), "FCM_ENDPOINT: ") || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "user:") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestNewNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	noProject := serviceAccount(t, func(f map[string]string) { delete(f, "project_id") })
	tests := []struct {
		name string
		opts Options
		want []string
	}{
		{"nothing", Options{ProjectID: "p"}, []string{"FCM_PROJECT_ID", "GOOGLE_APPLICATION_CREDENTIALS", "FCM_ENDPOINT"}},
		{"no file", Options{CredentialsFile: filepath.Join(dir, "none")}, []string{"GOOGLE_APPLICATION_CREDENTIALS", "no such file"}},
		{"no JSON", Options{CredentialsFile: file("a", "hunter2")}, []string{"GOOGLE_APPLICATION_CREDENTIALS", "is not a service account"}},
		{"a user's", Options{CredentialsFile: file("b", `{"type":"authorized_user"}`)}, []string{"is not a service account"}},
		{"no key", Options{CredentialsFile: serviceAccount(t, func(f map[string]string) { f["private_key"] = "hunter2" })}, []string{"private_key"}},
		{"broken key", Options{CredentialsFile: serviceAccount(t, func(f map[string]string) {
			f["private_key"] = "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n"
		})}, []string{"private_key"}},
		{"no mail", Options{CredentialsFile: serviceAccount(t, func(f map[string]string) { delete(f, "client_email") })}, []string{"client_email"}},
		{"no project", Options{CredentialsFile: noProject}, []string{"FCM_PROJECT_ID: is not set"}},
		{"wrong project", Options{ProjectID: "a/b", Endpoint: "http://host"}, []string{"FCM_PROJECT_ID: must be"}},
		{"a sound that is no name of a file", Options{Sound: "a/b", Endpoint: "http://host"}, []string{"APNS_SOUND: must be default, none"}},
		{"all at once", Options{ProjectID: "a b", Endpoint: "ftp://x", CredentialsFile: "/none"},
			[]string{"FCM_PROJECT_ID", "GOOGLE_APPLICATION_CREDENTIALS", "FCM_ENDPOINT"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := New(t.Context(), tt.opts)
			if err == nil {
				s.Close()
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("tells a secret: %v", err)
			}
		})
	}
}

// With credentials and no endpoint it is the real FCM, and New asks nobody.
func TestNewForFCM(t *testing.T) {
	t.Parallel()
	s := newSender(t, nil, Options{CredentialsFile: serviceAccount(t, nil), Concurrency: 100})
	if n := len(s.pool.transports); n != 2 || s.pool.transports[0].MaxConnsPerHost != 1 || s.tokens == nil {
		t.Errorf("%d transports, tokens %v", n, s.tokens)
	}
	ctx, cancel := newDone(t)
	defer cancel()
	checkCode(t, send(ctx, s), push.CodeStopped)
}

func TestPool(t *testing.T) {
	t.Parallel()
	for permits, want := range map[int]int{1: 1, 90: 1, 91: 2, 256: 3, 1080: 12} {
		p := newPool(permits, "http", nil, nil)
		count := map[*http.Transport]int{}
		for range permits {
			count[<-p.permits]++
		}
		if len(p.transports) != want || len(count) != want {
			t.Errorf("%d permits: %d transports, %d used", permits, len(p.transports), len(count))
		}
		for tr, n := range count {
			if n > streams || n > tr.MaxConnsPerHost || tr.MaxIdleConnsPerHost != tr.MaxConnsPerHost || tr.MaxIdleConns != tr.MaxConnsPerHost {
				t.Errorf("%d permits: %d on one transport of %d connections", permits, n, tr.MaxConnsPerHost)
			}
		}
	}
	if tr := newTransport("https", 90, nil); tr.Proxy == nil || !tr.ForceAttemptHTTP2 || tr.HTTP2.SendPingTimeout == 0 {
		t.Errorf("%+v", tr)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	got := make(chan struct{}, 1)
	srv := newServer(t, "HTTP/1.1", hangs(got))
	s := newSender(t, srv, Options{Registerer: reg})

	counts, inFlight := gather(t, reg)
	if len(counts) != len(push.Codes()) || inFlight != 0 {
		t.Errorf("at the start: %v, %v in flight", counts, inFlight)
	}
	for code, n := range counts {
		if n != 0 {
			t.Errorf("%s starts at %d", code, n)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan push.Outcome)
	go func() { done <- send(ctx, s) }()
	<-got
	if _, inFlight = gather(t, reg); inFlight != 1 {
		t.Errorf("%v in flight", inFlight)
	}
	cancel()
	checkCode(t, <-done, push.CodeNoAnswer)
	if counts, inFlight = gather(t, reg); counts["NO_ANSWER"] != 1 || inFlight != 0 {
		t.Errorf("at the end: %v, %v in flight", counts, inFlight)
	}
	_, err := New(t.Context(), Options{Endpoint: srv.URL, Registerer: reg})
	if twice := (prometheus.AlreadyRegisteredError{}); !errors.As(err, &twice) {
		t.Errorf("registered twice: %v", err)
	}
}

// gather returns the number of requests by code, and those in flight.
func gather(t *testing.T, reg *prometheus.Registry) (counts map[string]uint64, inFlight float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts = map[string]uint64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			switch f.GetName() {
			case "pushstream_fcm_request_seconds":
				counts[m.GetLabel()[0].GetValue()] = m.GetHistogram().GetSampleCount()
			case "pushstream_fcm_in_flight":
				inFlight = m.GetGauge().GetValue()
			}
		}
	}
	return counts, inFlight
}

// Once the fence is down, no request leaves, neither on a connection that is
// there nor on a new one; when it is up again, sending goes on.
func TestFence(t *testing.T) {
	t.Parallel()
	for _, proto := range protocols {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			var down atomic.Bool
			srv := newServer(t, proto, answering(http.StatusOK, nil, okBody))
			s := newSender(t, srv, Options{Fence: func() bool { return !down.Load() }})
			checkCode(t, send(t.Context(), s), push.CodeAccepted)
			down.Store(true)
			for range 3 {
				checkCode(t, send(t.Context(), s), push.CodeStopped)
			}
			if n := srv.requests.Load(); n != 1 {
				t.Errorf("%d requests, want the one before", n)
			}
			down.Store(false)
			checkCode(t, send(t.Context(), s), push.CodeAccepted)
		})
	}
}
