package fcm

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"

	"cloud.google.com/go/auth"
	"golang.org/x/oauth2/google"
)

// scope is the right to send messages, and no other.
// https://firebase.google.com/docs/cloud-messaging/auth-server
const scope = "https://www.googleapis.com/auth/firebase.messaging"

// account is a service account file: who we are, and where that is proved.
type account struct {
	projectID string
	provider  auth.TokenProvider
}

// readAccount reads a service account's key file and checks what can be
// checked without the network. No error repeats anything that stands in it.
//
// The provider asks the file's token_uri once a call, in the call's context.
// google.golang.org/api's options have no provider like that to give: theirs
// all come with a cache (see oneShot.authorize), or ignore the context.
func readAccount(path string, client *http.Client) (*account, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("GOOGLE_APPLICATION_CREDENTIALS: %w", err)
	}
	bad := func(what string) error {
		return fmt.Errorf("GOOGLE_APPLICATION_CREDENTIALS: %s: %s", path, what)
	}
	var file struct {
		ProjectID string `json:"project_id"`
	}
	key, err := google.JWTConfigFromJSON(b, scope)
	if err != nil || json.Unmarshal(b, &file) != nil {
		return nil, bad("is not a service account's key file")
	}
	if key.Email == "" {
		return nil, bad("has no client_email")
	}
	if !isPrivateKey(key.PrivateKey) {
		return nil, bad("its private_key can't be read")
	}
	provider, err := auth.New2LOTokenProvider(&auth.Options2LO{
		Email:        key.Email,
		PrivateKey:   key.PrivateKey,
		PrivateKeyID: key.PrivateKeyID,
		TokenURL:     key.TokenURL,
		Scopes:       key.Scopes,
		Client:       client,
	})
	if err != nil {
		return nil, bad("is not complete")
	}
	return &account{projectID: file.ProjectID, provider: provider}, nil
}

func isPrivateKey(b []byte) bool {
	block, _ := pem.Decode(b)
	if block == nil {
		return false
	}
	if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return true
	}
	_, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	return err == nil
}

// newTokenClient is the HTTP client for the token endpoint. It follows no
// redirect: what it posts is for that endpoint alone.
func newTokenClient(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport:     newTransport("https", 1, roots),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

var errNoToken = errors.New("the token endpoint answered without a token")

// tokenError is why there is no OAuth token.
type tokenError struct {
	refused bool   // the endpoint answered, or the key is bad; else it could not be reached
	reason  string // without secrets
}

func (e *tokenError) Error() string { return e.reason }

func newTokenError(err error) *tokenError {
	var answered *auth.Error
	switch {
	case errors.As(err, &answered):
		return &tokenError{refused: true, reason: refusal(answered)}
	case isNetworkError(err):
		return &tokenError{reason: "token endpoint: " + networkReason(err)}
	case errors.Is(err, errNoToken):
		return &tokenError{refused: true, reason: err.Error()}
	}
	// The answer was not a token, or the key did not sign. The library's words
	// may repeat either.
	return &tokenError{refused: true, reason: "no OAuth token: the token endpoint's answer or the private key can't be read"}
}

// refusal words the answer of a token endpoint. Its body is shown only as far
// as OAuth defines it: https://datatracker.ietf.org/doc/html/rfc6749#section-5.2
func refusal(e *auth.Error) string {
	status := 0
	if e.Response != nil {
		status = e.Response.StatusCode
	}
	var body struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	_ = json.Unmarshal(e.Body, &body) // without it there is still the status
	reason := fmt.Sprintf("token endpoint answered %d", status)
	for _, s := range []string{body.Error, body.Description} {
		if s != "" {
			reason += ": " + s
		}
	}
	return clean(reason, "")
}

// isNetworkError reports whether err means that an endpoint could not be
// reached, or broke off.
func isNetworkError(err error) bool {
	var (
		inRequest *url.Error
		inNetwork net.Error
	)
	return errors.As(err, &inRequest) || errors.As(err, &inNetwork) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled)
}
