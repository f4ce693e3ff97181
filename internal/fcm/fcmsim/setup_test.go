package fcmsim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	firebase "firebase.google.com/go/v4"
	"firebase.google.com/go/v4/messaging"
	"google.golang.org/api/option"

	"pushstream/internal/fcm/fcmsim"
)

// bundle is a simulator that listens, and ways to talk to it.
type bundle struct {
	sim *fcmsim.Simulator
	srv *fcmsim.Server
}

func setup(t *testing.T, c fcmsim.Config) *bundle {
	t.Helper()
	sim := fcmsim.New(c)
	srv, err := fcmsim.Listen(sim, fcmsim.ServerOptions{TLSAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	t.Cleanup(func() {
		if err := srv.Close(ended()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return &bundle{sim, srv}
}

// ended is a context that is done.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// sdk is a client of the real SDK for project p.
func (b *bundle) sdk(t *testing.T) *messaging.Client {
	t.Helper()
	app, err := firebase.NewApp(t.Context(), &firebase.Config{ProjectID: "p"},
		option.WithEndpoint(b.srv.URL()+"/v1"), option.WithoutAuthentication())
	if err != nil {
		t.Fatalf("new app: %v", err)
	}
	client, err := app.Messaging(t.Context())
	if err != nil {
		t.Fatalf("new client: %v", err)
	}
	return client
}

// answered is what a raw request got. A broken one has err alone.
type answered struct {
	status int
	header http.Header
	body   string
	proto  string
	err    error
}

// details are the parts of an error body.
type details struct {
	message, status, code string
	fields                []string
}

func (a answered) details(t *testing.T) details {
	t.Helper()
	var body struct {
		Error struct {
			Code    int
			Message string
			Status  string
			Details []struct {
				Type            string `json:"@type"`
				ErrorCode       string
				FieldViolations []struct{ Field, Description string }
			}
		}
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		t.Fatalf("body of %d is no JSON: %v: %s", a.status, err, a.body)
	}
	if body.Error.Code != a.status {
		t.Errorf("body has code %d, status is %d", body.Error.Code, a.status)
	}
	d := details{message: body.Error.Message, status: body.Error.Status}
	for _, one := range body.Error.Details {
		switch one.Type {
		case "type.googleapis.com/google.firebase.fcm.v1.FcmError":
			d.code = one.ErrorCode
		case "type.googleapis.com/google.rpc.BadRequest":
			for _, v := range one.FieldViolations {
				d.fields = append(d.fields, v.Field)
			}
		case "type.googleapis.com/google.rpc.QuotaFailure", "type.googleapis.com/google.rpc.ErrorInfo":
		default:
			t.Errorf("detail of unknown type %q", one.Type)
		}
	}
	return d
}

// h1 is a client that opens a connection for each request and follows nothing.
var h1 = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func do(t *testing.T, client *http.Client, method, url, body string, headers ...string) answered {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(r)
	if err != nil {
		return answered{err: err}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return answered{res.StatusCode, res.Header, string(text), res.Proto, err}
}

// post sends a raw body to messages:send of project p.
func (b *bundle) post(t *testing.T, body string, headers ...string) answered {
	t.Helper()
	return do(t, h1, http.MethodPost, b.srv.URL()+"/v1/projects/p/messages:send", body, headers...)
}

// send sends a small message for token, named id.
func (b *bundle) send(t *testing.T, token, id string) answered {
	t.Helper()
	return b.post(t, push(token, id))
}

func push(token, id string) string {
	body, err := json.Marshal(map[string]any{"message": map[string]any{
		"token": token, "data": map[string]string{"msg_id": id}, "notification": map[string]string{"title": "t"},
	}})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// h2c is a client that speaks HTTP/2 without TLS, and follows nothing.
func h2c(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: h1.CheckRedirect}
}

// serve passes a body to messages:send without a connection.
func serve(sim *fcmsim.Simulator, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	sim.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/projects/p/messages:send", strings.NewReader(body)))
	return w
}

// await polls until done is true.
func await(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}
