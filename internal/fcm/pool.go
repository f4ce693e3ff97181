package fcm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"time"
)

const (
	// streams is how many requests share one HTTP/2 connection. FCM allows 100
	// at a time; when net/http runs out of them it dials once for every request
	// that waits (1,000 cold sends opened 1,116 connections), and
	// StrictMaxConcurrentRequests deadlocks (golang/go#70809). So the pool never
	// lets it come to that.
	streams = 90

	dialTimeout = 10 * time.Second // a hung dial keeps the place of the one connection

	// A connection on which nothing came for pingAfter is asked with a ping, and
	// closed if no answer comes within pingTimeout. Without it, a connection that
	// died silently takes every send to its deadline for many minutes.
	pingAfter   = 10 * time.Second
	pingTimeout = 10 * time.Second
)

// pool hands out permits to send. Each permit is one place on one of the
// transports; there are as many as requests may be under way.
type pool struct {
	transports []*http.Transport
	permits    chan *http.Transport
}

// newPool makes permits over ⌈permits/90⌉ transports, spread evenly.
func newPool(permits int, scheme string, roots *x509.CertPool, fence func() bool) *pool {
	n := (permits + streams - 1) / streams
	p := &pool{permits: make(chan *http.Transport, permits)}
	for range n {
		t := newTransport(scheme, (permits+n-1)/n, roots)
		if fence != nil {
			t.DialContext = fenced(t.DialContext, fence)
		}
		p.transports = append(p.transports, t)
	}
	for i := range permits {
		p.permits <- p.transports[i%n]
	}
	return p
}

// newTransport is a clone of http.DefaultTransport (a bare http.Transport with
// a TLS configuration falls back to HTTP/1.1, and has no proxy). Over https it
// is one HTTP/2 connection. Over http it is HTTP/1.1, one connection for each
// permit: a plain endpoint may be any server.
func newTransport(scheme string, permits int, roots *x509.CertPool) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	t.DisableCompression = true // answers are a hundred bytes
	if scheme == "http" {
		t.MaxIdleConns, t.MaxIdleConnsPerHost, t.MaxConnsPerHost = permits, permits, permits
		return t
	}
	t.MaxConnsPerHost = 1
	t.ForceAttemptHTTP2 = true
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout}
	if roots != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return t
}

// get waits for a permit, at most as long as ctx.
func (p *pool) get(ctx context.Context) (*http.Transport, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case t := <-p.permits:
		return t, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pool) put(t *http.Transport) { p.permits <- t }

func (p *pool) close() {
	for _, t := range p.transports {
		t.CloseIdleConnections()
	}
}

// errFence is the error of a connection to FCM once the fence is down.
var errFence = errors.New("the lease on in-flight pushes has expired: nothing is sent")

// fenced has every connection that dial makes ask the fence before each write. A
// process that was stopped for some time goes on in the middle of whatever it
// did; no earlier question would keep its request from FCM, which others may
// have sent meanwhile.
func fenced(dial dialFunc, fence func() bool) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &fencedConn{conn, fence}, nil
	}
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

type fencedConn struct {
	net.Conn
	fence func() bool
}

func (c *fencedConn) Write(b []byte) (int, error) {
	if !c.fence() {
		return 0, errFence
	}
	return c.Conn.Write(b)
}
