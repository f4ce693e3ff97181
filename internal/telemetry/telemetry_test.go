package telemetry

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func TestHandler(t *testing.T) {
	t.Parallel()
	registry := NewRegistry()
	jobs := prometheus.NewCounter(prometheus.CounterOpts{Name: "test_jobs_total", Help: "x"})
	registry.MustRegister(jobs)
	jobs.Inc()
	var broken error
	srv := httptest.NewServer(Handler(registry,
		Check{"redis", func(context.Context) error { return nil }},
		Check{"group", func(context.Context) error { return broken }},
		Check{"credential", func(ctx context.Context) error {
			if _, bounded := ctx.Deadline(); !bounded {
				return errors.New("a check may take for ever")
			}
			return nil
		}}))
	defer srv.Close()

	if status, body, _ := get(t, srv.URL+"/healthz"); status != 200 || body != "ok\n" {
		t.Errorf("healthz: %d %q", status, body)
	}
	status, body, header := get(t, srv.URL+"/readyz")
	if status != 200 || body != "redis: ok\ngroup: ok\ncredential: ok\n" || header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("readyz: %d %q %v", status, body, header)
	}
	status, body, _ = get(t, srv.URL+"/metrics")
	for _, part := range []string{"test_jobs_total 1\n", "go_goroutines ", "process_cpu_seconds_total ", "\npushstream_build_info{commit=\"",
		"\npushstream_ready{check=\"redis\"} 1\n", "\npushstream_ready{check=\"group\"} 1\n"} {
		if status != 200 || !strings.Contains(body, part) {
			t.Errorf("metrics: %d, no %q", status, part)
		}
	}

	// One check fails: the others are still made, and told of.
	broken = errors.New("no such group")
	if status, body, _ := get(t, srv.URL+"/readyz"); status != 503 || body != "redis: ok\ngroup: no such group\ncredential: ok\n" {
		t.Errorf("readyz: %d %q", status, body)
	}
	eventually(t, "the metric says which fails", func() bool {
		_, body, _ := get(t, srv.URL+"/metrics")
		return strings.Contains(body, "\npushstream_ready{check=\"group\"} 0\n") && strings.Contains(body, "\npushstream_ready{check=\"credential\"} 1\n")
	})
	if status, _, _ := get(t, srv.URL+"/healthz"); status != 200 {
		t.Errorf("a failing check makes the process look dead: %d", status)
	}
	if status, _, _ := get(t, srv.URL+"/other"); status != 404 {
		t.Errorf("other: %d", status)
	}
}

// A check that does not end, whatever its context says, holds up no scrape, and is made
// once at a time.
func TestReadyMetricIsBounded(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	var made atomic.Int32
	srv := httptest.NewServer(Handler(NewRegistry(), Check{"redis", func(context.Context) error {
		made.Add(1)
		<-stuck
		return nil
	}}))
	defer srv.Close()
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if status, body, _ := get(t, srv.URL+"/metrics"); status != 200 || !strings.Contains(body, "\npushstream_ready{check=\"redis\"} 0\n") {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("made %d times", made.Load())
	}
	close(stuck)
}

func TestLogger(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := NewLogger(&out, zapcore.InfoLevel).Named("consumer")
	log.Debug("too fine")
	log.Info("sent", zap.String("id", "a\n\"b"), zap.Duration("took", 1500*time.Millisecond))
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, &out) // two lines, if Debug was written
	}
	at, err := time.Parse("2006-01-02T15:04:05.000Z", line["ts"].(string))
	if err != nil || time.Since(at).Abs() > time.Hour {
		t.Errorf("time %v: %v", line["ts"], err)
	}
	if line["level"] != "info" || line["logger"] != "consumer" || line["msg"] != "sent" || line["id"] != "a\n\"b" || line["took"] != "1.5s" {
		t.Errorf("%s", &out)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	if Version() == "" {
		t.Error("empty")
	}
}

// Whoever is being answered at the stop gets the answer; then nobody is.
func TestServeFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	began, end := make(chan struct{}), make(chan struct{})
	ln := listen(t)
	stop := start(t, func(ctx context.Context) error {
		return Serve(ctx, ln, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(began)
			<-end
			_, _ = w.Write([]byte("done"))
		}))
	})
	body := make(chan string, 1)
	go func() {
		_, b, _ := get(t, "http://"+ln.Addr().String())
		body <- b
	}()
	<-began
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	eventually(t, "no new connection", func() bool {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	close(end)
	if got := <-body; got != "done" {
		t.Errorf("answer %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// names answers every request with a text.
func names(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) })
}

func waitForReady(ctx context.Context) error { <-ctx.Done(); return nil }

func TestServeBothBeside(t *testing.T) {
	t.Parallel()
	addr := freeAddr(t)
	stop := start(t, func(ctx context.Context) error {
		return ServeBoth(ctx, zap.NewNop(), Server{Addr: addr, Handler: names("main")}, Server{Addr: "", Handler: names("ops")}, waitForReady)
	})
	eventually(t, "listening", func() bool { return reachable(addr) })
	for path, want := range map[string]string{"/": "main", "/v1/x": "main", "/healthz": "ops", "/readyz": "ops", "/metrics": "ops", "/metrics/x": "main", "//x/./y": "main"} {
		if _, body, _ := get(t, "http://"+addr+path); body != want {
			t.Errorf("%s: %q", path, body)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestServeBothApart(t *testing.T) {
	t.Parallel()
	addr, ops := freeAddr(t), freeAddr(t)
	stop := start(t, func(ctx context.Context) error {
		return ServeBoth(ctx, zap.NewNop(), Server{Addr: addr, Handler: names("main")}, Server{Addr: ops, Handler: names("ops")}, waitForReady)
	})
	eventually(t, "listening", func() bool { return reachable(addr) && reachable(ops) })
	if _, body, _ := get(t, "http://"+addr+"/metrics"); body != "main" {
		t.Errorf("metrics are shown to everybody: %q", body)
	}
	if _, body, _ := get(t, "http://"+ops+"/metrics"); body != "ops" {
		t.Errorf("%q", body)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// A process that serves half of what it should had better end.
func TestServeBothEndsAsOne(t *testing.T) {
	t.Parallel()
	taken := listen(t)
	defer taken.Close()
	unfit := errors.New("unfit")
	for name, f := range map[string]func(ctx context.Context) error{
		"address taken": func(ctx context.Context) error {
			return ServeBoth(ctx, zap.NewNop(), Server{Addr: taken.Addr().String(), Handler: names("main")}, Server{Addr: "127.0.0.1:0", Handler: names("ops")}, waitForReady)
		},
		"address of ops taken": func(ctx context.Context) error {
			return ServeBoth(ctx, zap.NewNop(), Server{Addr: "127.0.0.1:0", Handler: names("main")}, Server{Addr: taken.Addr().String(), Handler: names("ops")}, waitForReady)
		},
		"never ready": func(ctx context.Context) error {
			return ServeBoth(ctx, zap.NewNop(), Server{Addr: "127.0.0.1:0", Handler: names("main")}, Server{Addr: "127.0.0.1:0", Handler: names("ops")}, func(context.Context) error { return unfit })
		},
	} {
		err := f(t.Context())
		if err == nil || name == "never ready" && !errors.Is(err, unfit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A certificate that is renewed is used without a restart; a broken one is not.
func TestLoadTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if _, err := LoadTLS(zap.NewNop(), cert, key); err == nil {
		t.Error("files that are not there")
	}
	write(t, cert, key, "first")
	core, logs := observer.New(zapcore.InfoLevel)
	conf, err := LoadTLS(zap.New(core), cert, key)
	if err != nil {
		t.Fatal(err)
	}
	ln := listen(t)
	stop := start(t, func(ctx context.Context) error { return serve(ctx, ln, Server{Handler: names("secure"), TLS: conf}) })
	served := func() string {
		c, err := tls.Dial("tcp", ln.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if c.ConnectionState().NegotiatedProtocol != "h2" {
			t.Error("no HTTP/2")
		}
		return c.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := served(); got != "first" {
		t.Errorf("%q", got)
	}
	if err := os.WriteFile(cert, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a warning", func() bool {
		if got := served(); got != "first" {
			t.Errorf("%q", got)
		}
		return logs.FilterLevelExact(zapcore.WarnLevel).Len() == 1
	})
	write(t, cert, key, "second")
	eventually(t, "the new one", func() bool { return served() == "second" })
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// write writes a certificate of a name, and its key.
func write(t *testing.T, certFile, keyFile, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{keyFile: {Type: "PRIVATE KEY", Bytes: private}, certFile: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func reachable(addr string) bool {
	c, err := net.Dial("tcp", addr)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// Whoever opens a connection and says little, or too much, does not keep it.
func TestServeGivesUp(t *testing.T) {
	t.Parallel()
	ln := listen(t)
	stop := start(t, func(ctx context.Context) error { return Serve(ctx, ln, names("main")) })
	for name, text := range map[string]string{
		"half a head":      "GET / HTTP/1.1\r\nHost: x\r\n",
		"too long a head":  "GET / HTTP/1.1\r\nHost: x\r\nCookie: " + strings.Repeat("a", 64<<10),
		"no HTTP at all":   "\x16\x03\x01\x02\x00",
		"nothing":          "",
		"a smuggled body":  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n",
		"a line in a name": "GET / HTTP/1.1\r\nHost: x\r\nX-A\r\n: 1\r\n\r\n",
	} {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(30 * time.Second))
		_, _ = io.WriteString(c, text) // it may be closed meanwhile
		answer, err := io.ReadAll(c)
		if errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(string(answer), "main") {
			t.Errorf("%s: %q %v", name, answer, err)
		}
		c.Close()
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
