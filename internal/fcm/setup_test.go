package fcm

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pushstream/internal/push"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testToken = "device:APA91bToken-of_the-phone"
	okBody    = `{"name":"projects/demo/messages/0:1"}`
)

// protocols are the two ways to reach an endpoint. Whatever is promised for
// one Send is tested over both.
var protocols = []string{"HTTP/1.1", "HTTP/2.0"}

// server plays FCM with one handler, and keeps what it got.
type server struct {
	*httptest.Server
	requests atomic.Int32
	roots    *x509.CertPool // nil: plain HTTP

	mu     sync.Mutex
	last   *http.Request
	body   []byte
	protos map[string]bool
}

func newServer(t *testing.T, proto string, handler http.HandlerFunc) *server {
	t.Helper()
	s := &server{protos: map[string]bool{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		b, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.last, s.body = r, b
		s.protos[r.Proto] = true
		s.mu.Unlock()
		handler(w, r)
	}))
	s.Config.ErrorLog = quiet
	if proto == "HTTP/2.0" {
		s.EnableHTTP2 = true
		s.StartTLS()
		s.roots = x509.NewCertPool()
		s.roots.AddCert(s.Certificate())
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// message is the message that came last.
func (s *server) message(t *testing.T) map[string]any {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var request struct {
		Message map[string]any `json:"message"`
	}
	if err := json.Unmarshal(s.body, &request); err != nil {
		t.Fatalf("the request is no JSON: %v", err)
	}
	return request.Message
}

// answering is a handler with one answer.
func answering(status int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func newSender(t *testing.T, s *server, opts Options) *Sender {
	t.Helper()
	if opts.Endpoint == "" && s != nil {
		opts.Endpoint = s.URL
		opts.RootCAs = s.roots
	}
	sender, err := New(t.Context(), opts)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(sender.Close)
	return sender
}

func testJob() *push.Job {
	return &push.Job{
		ID: "push-1", DeviceID: testToken, MsgTitle: "제목", MsgContents: "내용",
		Priority: push.Normal, TTL: 3600,
	}
}

func send(ctx context.Context, s *Sender) push.Outcome {
	return s.Send(ctx, testJob(), time.Time{})
}

// checkCode fails the test unless out has the code want and keeps the token to
// itself.
func checkCode(t *testing.T, out push.Outcome, want push.Code) {
	t.Helper()
	if out.Code != want {
		t.Errorf("code %s (%q), want %s", out.Code, out.Detail, want)
	}
	checkDetail(t, out, testToken)
}
