package fcm

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// simulate starts a simulator, and returns what a Sender needs to reach it,
// over plain HTTP and over TLS.
func simulate(tb testing.TB, config fcmsim.Config) (sim *fcmsim.Simulator, plain, secure Options) {
	tb.Helper()
	sim = fcmsim.New(config)
	srv, err := fcmsim.Listen(sim, fcmsim.ServerOptions{TLSAddr: "127.0.0.1:0"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // break what hangs
		_ = srv.Close(ctx)
	})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(srv.Certificate())
	return sim, Options{Endpoint: srv.URL()}, Options{Endpoint: srv.TLSURL(), RootCAs: roots}
}

// FCM is asked, and no phone hears of it.
func TestValidate(t *testing.T) {
	t.Parallel()
	sim, plain, secure := simulate(t, fcmsim.Config{})
	for i, opts := range []Options{plain, secure} {
		s := newSender(t, nil, opts)
		for fate, code := range map[string]push.Code{"ok": push.CodeAccepted, "unregistered": push.CodeUnregistered, "invalid": push.CodeInvalidArgument} {
			j := testJob()
			j.ID, j.DeviceID = fmt.Sprint(fate, i), testToken+"-"+fate
			out := s.Validate(t.Context(), j)
			checkDetail(t, out, j.DeviceID)
			if out.Code != code {
				t.Errorf("%s: %+v", fate, out)
			}
		}
	}
	if stats := sim.Stats(); stats.Requests != 6 || stats.Validated != 2 || stats.Accepted != 0 || stats.IDs != 0 {
		t.Errorf("%+v", stats)
	}
}

// The fates of a sample file, as FCM words them.
func TestSimulatorFates(t *testing.T) {
	t.Parallel()
	sim, plain, secure := simulate(t, fcmsim.Config{})
	tests := []struct {
		fate   string
		code   push.Code
		detail string
		wait   time.Duration
	}{
		{"ok", push.CodeAccepted, "", 0},
		{"unregistered", push.CodeUnregistered, "Requested entity was not found.", 0},
		{"mismatch", push.CodeSenderIDMismatch, "SenderId mismatch", 0},
		{"invalid", push.CodeInvalidArgument, "message.token: ", 0},
		{"apns", push.CodeThirdPartyAuth, "Auth error from APNS", 0},
		{"flaky", push.CodeUnavailable, "The service is currently unavailable.", 0},
		{"unavailable", push.CodeUnavailable, "The service is currently unavailable.", 0},
		{"quota", push.CodeQuotaExceeded, "Quota exceeded", time.Second},
		{"ghost", push.CodeNoAnswer, "written, but no answer came: ", 0},
	}
	for i, opts := range []Options{plain, secure} {
		s := newSender(t, nil, opts)
		for _, tt := range tests {
			j := testJob()
			j.ID = fmt.Sprint(tt.fate, i)
			j.DeviceID = testToken + "-" + tt.fate
			out := s.Send(t.Context(), j, time.Time{})
			checkDetail(t, out, j.DeviceID)
			if out.Code != tt.code || out.RetryAfter != tt.wait || !strings.HasPrefix(out.Detail, tt.detail) {
				t.Errorf("%s: %+v", tt.fate, out)
			}
			if m, _ := sim.Message(j.ID); m.Attempts != 1 {
				t.Errorf("%s: %d requests for one Send", tt.fate, m.Attempts)
			}
		}
	}
	if st := sim.Stats(); st.RequestsHTTP2 != int64(len(tests)) {
		t.Errorf("%d of %d requests over HTTP/2", st.RequestsHTTP2, st.Requests)
	}
}

// A simulator that checks like FCM takes the largest job that push allows.
func TestSimulatorTakesMessage(t *testing.T) {
	t.Parallel()
	sim, _, opts := simulate(t, fcmsim.Config{})
	j := testJob()
	j.Priority = push.Urgent
	j.Data = map[string]string{"k": ""}
	j.TTL = push.MaxTTL
	j.Data["k"] = strings.Repeat("x", push.MaxPayload-j.PayloadSize())
	if faults := j.Validate(time.UTC); faults != nil {
		t.Fatal(faults)
	}
	out := newSender(t, nil, opts).Send(t.Context(), j, time.Time{})
	checkCode(t, out, push.CodeAccepted)

	m, _ := sim.Message(j.ID)
	var got struct {
		Message struct {
			Data map[string]string `json:"data"`
		} `json:"message"`
	}
	err := json.Unmarshal(m.Body, &got)
	if err != nil || m.Accepted != 1 || got.Message.Data["msg_id"] != j.ID || got.Message.Data["k"] != j.Data["k"] {
		t.Errorf("%v, accepted %d times, %d bytes", err, m.Accepted, len(m.Body))
	}
}

// Whatever goes wrong, a Send is at most one request, what was reported as not
// sent was not, and what was reported as accepted was.
func TestSimulatorFaults(t *testing.T) {
	t.Parallel()
	const sends = 2000
	config := fcmsim.Config{Seed: 1, RetryAfter: fcmsim.RetryAfterDate, RetryAfterSeconds: 7, Faults: map[string]float64{
		fcmsim.Unavailable: .05, fcmsim.QuotaExceeded: .05, fcmsim.Internal: .02, fcmsim.HTML502: .02,
		fcmsim.Redirect: .05, fcmsim.Redirect300: .05, fcmsim.Truncated: .05, fcmsim.Garbage: .05,
		fcmsim.ResetBefore: .05, fcmsim.ResetAfter: .05, fcmsim.UnavailableAfter: .05, fcmsim.GoAway: .05,
	}}
	for i, proto := range protocols {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			sim, plain, secure := simulate(t, config)
			s := newSender(t, nil, []Options{plain, secure}[i])
			outcomes := make([]push.Outcome, sends)
			var group sync.WaitGroup
			for n := range sends {
				group.Go(func() {
					j := testJob()
					j.ID = fmt.Sprint(n)
					outcomes[n] = s.Send(t.Context(), j, time.Time{})
				})
			}
			group.Wait()
			for n, out := range outcomes {
				checkDetail(t, out, testToken)
				m, _ := sim.Message(fmt.Sprint(n))
				switch out.Code {
				case push.CodeAccepted:
					if m.Accepted != 1 {
						t.Errorf("%d: accepted %d times, and %+v", n, m.Accepted, out)
					}
				case push.CodeNotSent:
					if m.Attempts != 0 {
						t.Errorf("%d: came %d times, and %+v", n, m.Attempts, out)
					}
				case push.CodeUnavailable, push.CodeQuotaExceeded:
					if out.RetryAfter < 0 || out.RetryAfter > 8*time.Second {
						t.Errorf("%d: %+v", n, out)
					}
				}
				if m.Attempts > 1 {
					t.Errorf("%d: %d requests for one Send, %+v", n, m.Attempts, out)
				}
			}
			st := sim.Stats()
			if st.RedirectsFollowed != 0 || st.Duplicates != 0 || st.Accepted != st.AcceptedIDs {
				t.Errorf("%+v", st)
			}
		})
	}
}

// The whole way of a credential: a key file, the token endpoint, and an FCM
// that takes the token it gave.
func TestSimulatorCredentials(t *testing.T) {
	t.Parallel()
	sim, plain, opts := simulate(t, fcmsim.Config{RequireAuth: true})
	checkCode(t, send(t.Context(), newSender(t, nil, opts)), push.CodeCredential)

	opts.CredentialsFile = serviceAccount(t, func(f map[string]string) { f["token_uri"] = plain.Endpoint + "/token" })
	checkCode(t, send(t.Context(), newSender(t, nil, opts)), push.CodeAccepted)

	for fault, want := range map[string]push.Code{
		fcmsim.TokenRefused:  push.CodeCredential,
		fcmsim.TokenError500: push.CodeCredential,
		fcmsim.TokenHang:     push.CodeNotSent,
	} {
		if err := sim.Configure(fcmsim.Config{RequireAuth: true, TokenFaults: map[string]float64{fault: 1}}); err != nil {
			t.Fatal(err)
		}
		limited := opts
		limited.Timeout = 2 * time.Second
		if fault == fcmsim.TokenHang {
			limited.Timeout = 100 * time.Millisecond
		}
		before := sim.Stats()
		s := newSender(t, nil, limited)
		checkCode(t, send(t.Context(), s), want)
		if err := s.Check(t.Context()); err == nil {
			t.Errorf("%s: check says it is well", fault)
		}
		after := sim.Stats()
		if after.TokenRequests != before.TokenRequests+1 || after.Requests != before.Requests {
			t.Errorf("%s: before %+v, after %+v", fault, before, after)
		}
	}
}
