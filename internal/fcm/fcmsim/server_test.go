package fcmsim_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pushstream/internal/fcm/fcmsim"
)

// trusting is a TLS client that trusts b alone, cloned from the default
// transport as the consumer's is.
func trusting(t *testing.T, srv *fcmsim.Server) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(srv.Certificate()) {
		t.Fatal("no certificate")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestProtocols(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	for name, tc := range map[string]struct {
		client *http.Client
		base   string
		proto  string
	}{
		"plain":  {h1, b.srv.URL(), "HTTP/1.1"},
		"h2c":    {h2c(t), b.srv.URL(), "HTTP/2.0"},
		"TLS+h2": {trusting(t, b.srv), b.srv.TLSURL(), "HTTP/2.0"},
	} {
		got := do(t, tc.client, http.MethodPost, tc.base+"/v1/projects/p/messages:send", push("t", name))
		if got.err != nil || got.status != http.StatusOK || got.proto != tc.proto {
			t.Errorf("%s: answered %d over %s, %v", name, got.status, got.proto, got.err)
		}
	}
	if s := b.sim.Stats(); s.Accepted != 3 || s.RequestsHTTP2 != 2 {
		t.Errorf("stats = %+v", s)
	}
}

// A hundred streams a connection, on both ports, as FCM has.
func TestStreamsOfAConnection(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(b.srv.Certificate())
	secure, err := tls.Dial("tcp", strings.TrimPrefix(b.srv.TLSURL(), "https://"), &tls.Config{RootCAs: roots, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := net.Dial("tcp", strings.TrimPrefix(b.srv.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for name, conn := range map[string]net.Conn{"TLS": secure, "h2c": plain} {
		defer conn.Close()
		if got := maxStreams(t, conn); got != 100 {
			t.Errorf("%s: %d streams", name, got)
		}
	}
}

// maxStreams speaks the preface and reads SETTINGS_MAX_CONCURRENT_STREAMS
// from the first frame (RFC 9113, 3.4 and 6.5).
func maxStreams(t *testing.T, conn net.Conn) uint32 {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	emptySettings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+emptySettings); err != nil {
		t.Fatal(err)
	}
	var head [9]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil || head[3] != 4 {
		t.Fatalf("first frame is of type %d, %v", head[3], err)
	}
	payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	if _, err := io.ReadFull(conn, payload); err != nil {
		t.Fatal(err)
	}
	for ; len(payload) >= 6; payload = payload[6:] {
		if binary.BigEndian.Uint16(payload) == 3 {
			return binary.BigEndian.Uint32(payload[2:])
		}
	}
	return 0
}

func TestGoAwayEndsTheConnection(t *testing.T) {
	t.Parallel()
	healthy, leaving := setup(t, fcmsim.Config{}), setup(t, fcmsim.Config{Faults: map[string]float64{fcmsim.GoAway: 1}})
	send := func(b *bundle, client *http.Client) {
		t.Helper()
		if got := do(t, client, http.MethodPost, b.srv.TLSURL()+"/v1/projects/p/messages:send", push("t", "id")); got.status != http.StatusOK || got.proto != "HTTP/2.0" {
			t.Fatalf("answered %d over %s, %v", got.status, got.proto, got.err)
		}
	}
	client := trusting(t, healthy.srv)
	for range 20 {
		send(healthy, client)
	}
	if n := healthy.srv.Connections(); n != 1 {
		t.Errorf("%d connections without a fault", n)
	}
	client = trusting(t, leaving.srv)
	await(t, func() bool { // GOAWAY may come after the next request has gone
		send(leaving, client)
		return leaving.srv.Connections() > 1
	})
	if s := leaving.sim.Stats(); s.Accepted != s.Requests || s.AnswersBroken != 0 {
		t.Errorf("stats = %+v", s)
	}
}

// A break on HTTP/2 is of one stream: what else is on the connection lives.
func TestResetLeavesOtherStreams(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{
		SlowFor: time.Minute,
		Scripts: map[string][]fcmsim.Answer{"t": {{Fault: fcmsim.ResetAfter}, {Fault: fcmsim.ResetBefore}, {Fault: fcmsim.Truncated}}},
	})
	client := trusting(t, b.srv)
	url := b.srv.TLSURL() + "/v1/projects/p/messages:send"
	slow := make(chan answered)
	go func() { slow <- do(t, client, http.MethodPost, url, push("t-slow", "slow")) }()
	await(t, func() bool { return b.sim.Stats().Accepted == 1 })
	for range 3 {
		if got := do(t, client, http.MethodPost, url, push("t", "id")); got.err == nil {
			t.Errorf("answered %d", got.status)
		}
	}
	select {
	case got := <-slow:
		t.Fatalf("the other stream ended: %d, %v", got.status, got.err)
	default:
	}
	if n := b.srv.Connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
	_ = b.srv.Close(ended()) // rather than wait for it
	<-slow
}

func TestCertificateFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cert.pem")
	srv, err := fcmsim.Listen(fcmsim.New(fcmsim.Config{}), fcmsim.ServerOptions{TLSAddr: "127.0.0.1:0", CertFile: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close(ended()) })
	text, err := os.ReadFile(path)
	if err != nil || string(text) != string(srv.Certificate()) {
		t.Fatalf("file = %q, %v", text, err)
	}
	if strings.Contains(string(text), "PRIVATE") {
		t.Error("the key is in the file")
	}
	block, _ := pem.Decode(text)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		if err := certificate.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestListenFails(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	taken := strings.TrimPrefix(b.srv.URL(), "http://")
	for name, o := range map[string]fcmsim.ServerOptions{
		"address taken":     {Addr: taken},
		"TLS address taken": {TLSAddr: taken},
		"no such folder":    {TLSAddr: "127.0.0.1:0", CertFile: "/nonexistent/cert.pem"},
	} {
		if srv, err := fcmsim.Listen(b.sim, o); err == nil {
			_ = srv.Close(ended())
			t.Errorf("%s: it listens", name)
		}
	}
}

// Close ends what hangs, too, once its context is done.
func TestCloseBreaksHangs(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{Faults: map[string]float64{fcmsim.Hang: 1}})
	hung := make(chan answered)
	go func() { hung <- b.send(t, "t", "id") }()
	await(t, func() bool { return b.sim.Stats().Requests == 1 })
	if err := b.srv.Close(ended()); err != nil {
		t.Errorf("close: %v", err)
	}
	if got := <-hung; got.err == nil {
		t.Errorf("answered %d", got.status)
	}
}
