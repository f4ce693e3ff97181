package fcm

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/auth"

	"pushstream/internal/push"
)

var privateKey = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	b, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b}))
})

// serviceAccount writes a service account's key file, changed by change.
func serviceAccount(t *testing.T, change func(map[string]string)) string {
	t.Helper()
	file := map[string]string{
		"type":           "service_account",
		"project_id":     "of-the-file",
		"private_key_id": "1",
		"private_key":    privateKey(),
		"client_email":   "push@of-the-file.iam.gserviceaccount.com",
		"token_uri":      "http://127.0.0.1:1/token",
	}
	if change != nil {
		change(file)
	}
	b, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "service-account.json")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// newDone returns a context that is done.
func newDone(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx, cancel
}

const tokenBody = `{"access_token":"ya29.secret","token_type":"Bearer","expires_in":3599}`

// withCredentials starts a token endpoint and an FCM that takes its token alone, and a
// Sender for them.
func withCredentials(t *testing.T, token http.HandlerFunc, opts Options) (s *Sender, oauth, fcm *server) {
	t.Helper()
	oauth = newServer(t, "HTTP/1.1", token)
	fcm = newServer(t, "HTTP/2.0", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer ya29.secret" {
			answering(401, nil, errorBody(401, "UNAUTHENTICATED", "Who are you?", "", ""))(w, r)
			return
		}
		answering(200, nil, okBody)(w, r)
	})
	opts.CredentialsFile = serviceAccount(t, func(f map[string]string) { f["token_uri"] = oauth.URL + "/token" })
	return newSender(t, fcm, opts), oauth, fcm
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	s, oauth, fcm := withCredentials(t, answering(200, nil, tokenBody), Options{})
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { checkCode(t, send(t.Context(), s), push.CodeAccepted) })
	}
	group.Wait()
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if a, b := oauth.requests.Load(), fcm.requests.Load(); a != 1 || b != 20 {
		t.Errorf("%d token requests, %d messages", a, b)
	}
	if got := fcm.last.URL.Path; got != "/v1/projects/of-the-file/messages:send" {
		t.Error(got)
	}
	if !strings.Contains(string(oauth.body), "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer") {
		t.Errorf("asked with %s", oauth.body)
	}
}

func TestCredentialsRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer http.HandlerFunc
		detail string
	}{
		{"refused", answering(400, nil, `{"error":"invalid_grant","error_description":"Invalid JWT Signature."}`),
			"token endpoint answered 400: invalid_grant: Invalid JWT Signature."},
		{"failing", answering(503, nil, "hunter2"), "token endpoint answered 503"},
		{"redirecting", answering(307, map[string]string{"Location": "/token"}, ""), "token endpoint answered 307"},
		{"a portal", answering(200, nil, "<html>hunter2"), "no OAuth token: the token endpoint's answer or the private key can't be read"},
		{"no token", answering(200, nil, `{"expires_in":1}`), "the token endpoint answered without a token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, oauth, fcm := withCredentials(t, tt.answer, Options{})
			for range 20 {
				out := send(t.Context(), s)
				checkCode(t, out, push.CodeCredential)
				if out.Detail != tt.detail || out.HTTPStatus != 0 {
					t.Fatalf("%+v", out)
				}
			}
			if err := s.Check(t.Context()); err == nil || err.Error() != "no OAuth token for FCM: "+tt.detail {
				t.Errorf("check: %v", err)
			}
			// One, unless these 20 sends took 5 s.
			if a, b := oauth.requests.Load(), fcm.requests.Load(); a > 3 || b != 0 {
				t.Errorf("%d token requests, %d messages", a, b)
			}
		})
	}
}

// A token endpoint that hangs takes nobody over their deadline, however many
// wait for it, and a request to it is not taken for one to FCM.
func TestCredentialsHung(t *testing.T) {
	t.Parallel()
	s, oauth, fcm := withCredentials(t, hangs(make(chan struct{}, 99)), Options{Timeout: 300 * time.Millisecond})
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { checkCode(t, send(t.Context(), s), push.CodeNotSent) })
	}
	group.Wait()
	if a, b := oauth.requests.Load(), fcm.requests.Load(); a > 3 || b != 0 {
		t.Errorf("%d token requests, %d messages", a, b)
	}

	s, _, _ = withCredentials(t, hangs(make(chan struct{}, 99)), Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Check(ctx); err == nil || !strings.Contains(err.Error(), "timed out") {
		t.Errorf("check: %v", err)
	}
	checkCode(t, send(ctx, s), push.CodeStopped)
}

func TestCredentialsDown(t *testing.T) {
	t.Parallel()
	s, oauth, _ := withCredentials(t, answering(200, nil, tokenBody), Options{})
	oauth.Close()
	for range 20 {
		out := send(t.Context(), s)
		checkCode(t, out, push.CodeNotSent)
		if !strings.HasPrefix(out.Detail, "token endpoint: ") || !strings.Contains(out.Detail, "refused") {
			t.Fatalf("%+v", out)
		}
	}
	if err := s.Check(t.Context()); err == nil {
		t.Error("check: nil")
	}
}

func TestCheckWithoutCredentials(t *testing.T) {
	t.Parallel()
	if err := newSender(t, nil, Options{Endpoint: "http://127.0.0.1:1"}).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// provider plays auth's provider: token n, or err.
type provider struct {
	calls atomic.Int32
	err   atomic.Pointer[error]
	life  time.Duration
}

func (p *provider) Token(context.Context) (*auth.Token, error) {
	n := p.calls.Add(1)
	if err := p.err.Load(); err != nil {
		return nil, *err
	}
	return &auth.Token{Value: fmt.Sprint(n), Expiry: time.Now().Add(p.life)}, nil
}

func newTestTokens(t *testing.T, p *provider) *tokens {
	tk := newTokens(t.Context(), p, time.Minute)
	t.Cleanup(tk.close)
	return tk
}

func wantToken(t *testing.T, tk *tokens, want string) {
	t.Helper()
	if got, err := tk.get(t.Context()); err != nil || got.Value != want {
		t.Fatalf("%v, %v, want %s", got, err, want)
	}
}

// age makes the token older by d.
func age(tk *tokens, d time.Duration) {
	h := *tk.current.Load()
	token := *h.Token
	token.Expiry = token.Expiry.Add(-d)
	tk.current.Store(&heldToken{Token: &token, obtained: h.obtained.Add(-d), refreshAt: h.refreshAt.Add(-d)})
}

func TestTokensRefresh(t *testing.T) {
	t.Parallel()
	p := &provider{life: time.Hour}
	tk := newTestTokens(t, p)
	wantToken(t, tk, "1")
	age(tk, time.Hour-refreshEarly-time.Minute)
	wantToken(t, tk, "1")
	tk.fetches.Wait()
	if n := p.calls.Load(); n != 1 {
		t.Fatalf("%d requests before it is time", n)
	}

	age(tk, 2*time.Minute)
	wantToken(t, tk, "1") // still good, and another is on its way
	tk.fetches.Wait()
	wantToken(t, tk, "2")

	age(tk, 2*time.Hour)
	wantToken(t, tk, "3") // over: waits for the next
}

func TestTokensFailure(t *testing.T) {
	t.Parallel()
	p := &provider{life: time.Hour}
	tk := newTestTokens(t, p)
	wantToken(t, tk, "1")
	age(tk, 58*time.Minute)
	down := error(errors.New("down"))
	p.err.Store(&down)
	for range 9 {
		wantToken(t, tk, "1") // it lives for two minutes more
		tk.fetches.Wait()
	}
	if n := p.calls.Load(); n != 2 {
		t.Errorf("%d requests", n)
	}
	age(tk, time.Hour)
	if got, err := tk.get(t.Context()); err == nil {
		t.Errorf("got %v", got)
	}
	p.err.Store(nil)
	tk.mu.Lock()
	tk.failedAt = tk.failedAt.Add(-tokenPause)
	tk.mu.Unlock()
	wantToken(t, tk, "3")
}

func TestTokensShortLived(t *testing.T) {
	t.Parallel()
	p := &provider{life: time.Minute} // less than refreshEarly
	tk := newTestTokens(t, p)
	for range 9 {
		wantToken(t, tk, "1")
	}
}

func TestTokensDoubt(t *testing.T) {
	t.Parallel()
	tk := newTestTokens(t, &provider{life: time.Hour})
	tk.doubt()
	wantToken(t, tk, "1")
	tk.doubt()
	wantToken(t, tk, "1") // it is new
	age(tk, doubtAfter)
	tk.doubt()
	wantToken(t, tk, "2")
}

// A revoked token that a 401 shows is replaced, not used to its end.
func TestSendReplacesDoubtedToken(t *testing.T) {
	t.Parallel()
	s, oauth, _ := withCredentials(t, answering(200, nil, tokenBody), Options{})
	s.tokens.current.Store(hold(&auth.Token{Value: "revoked", Expiry: time.Now().Add(time.Hour)}, time.Now().Add(-time.Hour/2)))
	checkCode(t, send(t.Context(), s), push.CodeCredential)
	checkCode(t, send(t.Context(), s), push.CodeAccepted)
	if n := oauth.requests.Load(); n != 1 {
		t.Errorf("%d token requests", n)
	}
}

func TestTokensClosed(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 9)
	s, _, _ := withCredentials(t, hangs(asked), Options{})
	done := make(chan push.Outcome)
	go func() { done <- send(t.Context(), s) }()
	<-asked
	s.Close()
	checkCode(t, <-done, push.CodeNotSent)
	checkCode(t, send(t.Context(), s), push.CodeNotSent)
}
