package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// output is a buffer that may be read while it is written.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func TestRunServesUntilStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config, cert := filepath.Join(dir, "config.json"), filepath.Join(dir, "cert.pem")
	if err := os.WriteFile(config, []byte(`{"fates":{"t":"unregistered"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var stdout, stderr output
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--tls-listen-addr=127.0.0.1:0"}, env(map[string]string{
			"LISTEN_ADDR": "127.0.0.1:0", "TLS_LISTEN_ADDR": "refused:if:used", "TLS_CERT_FILE": cert, "FCMSIM_CONFIG": config,
		}), &stdout, &stderr)
	}()
	plain := regexp.MustCompile(`FCM_ENDPOINT=(http://\S+)/v1\n`)
	secure := regexp.MustCompile(`FCM_ENDPOINT=(https://\S+)/v1 SSL_CERT_FILE=(\S+)\n`)
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(stdout.String(), "/_sim/stats\n"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not ready: %s%s", stdout.String(), stderr.String())
		}
	}
	toPlain, toSecure := plain.FindStringSubmatch(stdout.String()), secure.FindStringSubmatch(stdout.String())
	if toPlain == nil || toSecure == nil || toSecure[2] != cert {
		t.Fatalf("output = %s", stdout.String())
	}
	text, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots}}}
	for _, base := range []string{toPlain[1], toSecure[1]} {
		if status := get(t, client, base+"/healthz"); status != http.StatusOK {
			t.Errorf("%s/healthz answered %d", base, status)
		}
		answer, err := client.Post(base+"/v1/projects/p/messages:send", "application/json", strings.NewReader(`{"message":{"token":"t"}}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusNotFound {
			t.Errorf("the fate of the file isn't at work: %d", answer.StatusCode)
		}
	}
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	if _, err := client.Get(toPlain[1] + "/healthz"); err == nil {
		t.Error("it still listens")
	}
}

func get(t *testing.T, client *http.Client, url string) int {
	t.Helper()
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

func TestRunNamesEveryWrongValue(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(config, []byte(`{"fates":{"t":"doom"},"faults":{"no_such":1}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr output
	code := run(t.Context(), nil, env(map[string]string{
		"LISTEN_ADDR": "nowhere", "TLS_LISTEN_ADDR": "127.0.0.1:99999", "FCMSIM_CONFIG": config, "LOG_LEVEL": "loud",
	}), &stdout, &stderr)
	if code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	for _, part := range []string{"LISTEN_ADDR: ", `"nowhere"`, "TLS_LISTEN_ADDR: ", "FCMSIM_CONFIG: ", `"doom"`, `"no_such"`, "LOG_LEVEL: ", `"loud"`} {
		if !strings.Contains(stderr.String(), part) {
			t.Errorf("nothing about %s in:\n%s", part, stderr.String())
		}
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args []string
		vars map[string]string
		code int
		says string
	}{
		"an unknown flag":            {[]string{"--no-such"}, nil, exitUsage, "--no-such"},
		"a certificate without TLS":  {nil, map[string]string{"TLS_CERT_FILE": "x"}, exitUsage, "TLS_CERT_FILE: needs TLS_LISTEN_ADDR"},
		"a config that isn't there":  {[]string{"--config=/nonexistent"}, nil, exitUsage, "FCMSIM_CONFIG: open /nonexistent"},
		"an address of someone else": {[]string{"--listen-addr=192.0.2.1:1"}, nil, exitFailed, "listen for HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr output
			if code := run(t.Context(), tc.args, env(tc.vars), &stdout, &stderr); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			if !strings.Contains(stderr.String(), tc.says) {
				t.Errorf("stderr = %s", stderr.String())
			}
		})
	}
}

func TestHelpIsComplete(t *testing.T) {
	t.Parallel()
	var stdout, stderr output
	if code := run(t.Context(), []string{"--help"}, env(nil), &stdout, &stderr); code != exitOK {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	for _, part := range []string{"$LISTEN_ADDR", "127.0.0.1:8090", "$TLS_LISTEN_ADDR", "$TLS_CERT_FILE", "$FCMSIM_CONFIG", "$LOG_LEVEL", "info", "/_sim/ledger"} {
		if !strings.Contains(stdout.String(), part) {
			t.Errorf("no %s in:\n%s", part, stdout.String())
		}
	}
}
