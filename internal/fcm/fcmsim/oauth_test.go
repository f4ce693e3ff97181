package fcmsim_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"testing"
	"time"

	firebase "firebase.google.com/go/v4"
	"firebase.google.com/go/v4/errorutils"
	"firebase.google.com/go/v4/messaging"
	"google.golang.org/api/option"

	"pushstream/internal/fcm/fcmsim"
)

func (b *bundle) token(t *testing.T, form url.Values) answered {
	t.Helper()
	return do(t, h1, http.MethodPost, b.srv.URL()+"/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

var goodGrant = url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {"x.y.z"}}

func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{RequireAuth: true, TokenTTL: time.Hour})
	var token struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		TokenType   string `json:"token_type"`
	}
	got := b.token(t, goodGrant)
	if err := json.Unmarshal([]byte(got.body), &token); err != nil || got.status != http.StatusOK {
		t.Fatalf("answered %d: %s", got.status, got.body)
	}
	if token.ExpiresIn != 3600 || token.TokenType != "Bearer" {
		t.Errorf("token = %+v", token)
	}
	for header, want := range map[string]int{
		"":                                http.StatusUnauthorized,
		"Bearer x":                        http.StatusUnauthorized,
		token.AccessToken:                 http.StatusUnauthorized,
		"Bearer " + token.AccessToken:     http.StatusOK,
		"Bearer " + token.AccessToken[1:]: http.StatusUnauthorized,
	} {
		got := b.post(t, push("t", "id"), "Authorization", header)
		if got.status != want {
			t.Errorf("with %q answered %d, want %d", header, got.status, want)
		}
		if want == http.StatusUnauthorized {
			if d := got.details(t); d.code != "" || d.status != "UNAUTHENTICATED" {
				t.Errorf("details = %+v", d)
			}
		}
	}
	if m, _ := b.sim.Message("id"); m.Attempts != 5 || m.Accepted != 1 {
		t.Errorf("message = %+v", m)
	}
	b.sim.Reset()
	if got := b.post(t, push("t", "id"), "Authorization", "Bearer "+token.AccessToken); got.status != http.StatusOK {
		t.Errorf("after reset answered %d", got.status)
	}
}

func TestTokenEndpointRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	for want, form := range map[string]url.Values{
		"unsupported_grant_type": {"grant_type": {"password"}},
		"invalid_request":        {"grant_type": goodGrant["grant_type"]},
	} {
		got := b.token(t, form)
		var body struct{ Error string }
		if err := json.Unmarshal([]byte(got.body), &body); err != nil || got.status != http.StatusBadRequest || body.Error != want {
			t.Errorf("answered %d: %s, want %s", got.status, got.body, want)
		}
	}
	if got := b.token(t, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}); got.status != http.StatusOK {
		t.Errorf("refresh answered %d: %s", got.status, got.body)
	}
}

func TestTokenFaults(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]int{
		fcmsim.TokenError500: http.StatusInternalServerError,
		fcmsim.TokenRefused:  http.StatusBadRequest,
		fcmsim.TokenHang:     lost,
	} {
		b := setup(t, fcmsim.Config{TokenFaults: map[string]float64{fault: 1}, HangFor: time.Millisecond})
		if got := b.token(t, goodGrant); statusOf(got) != want {
			t.Errorf("%s: answered %d: %s", fault, got.status, got.body)
		}
		if s := b.sim.Stats(); s.TokenRequests != 1 || s.Requests != 0 {
			t.Errorf("%s: stats = %+v", fault, s)
		}
	}
}

// The SDK gets its token from a service account whose token_uri is ours.
func TestSDKWithAServiceAccount(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{RequireAuth: true})
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	account, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "p", "client_email": "a@p.iam.gserviceaccount.com", "private_key_id": "1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": b.srv.URL() + "/token",
	})
	if err != nil {
		t.Fatal(err)
	}
	app, err := firebase.NewApp(t.Context(), &firebase.Config{ProjectID: "p"},
		option.WithEndpoint(b.srv.URL()+"/v1"), option.WithAuthCredentialsJSON(option.ServiceAccount, account))
	if err != nil {
		t.Fatal(err)
	}
	client, err := app.Messaging(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := client.Send(t.Context(), &messaging.Message{Token: "t"}); err != nil {
			t.Errorf("send: %v", err)
		}
	}
	if s := b.sim.Stats(); s.TokenRequests != 1 || s.Accepted != 2 {
		t.Errorf("stats = %+v", s)
	}
	if _, err := b.sdk(t).Send(t.Context(), &messaging.Message{Token: "t"}); !errorutils.IsUnauthenticated(err) {
		t.Errorf("without credentials: %v", err)
	}
}
