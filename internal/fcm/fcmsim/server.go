package fcmsim

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// maxStreams is how many requests FCM takes at once on an HTTP/2 connection.
const maxStreams = 100

// ServerOptions say where to listen.
type ServerOptions struct {
	// Addr takes plain HTTP/1.1 and h2c; empty is a free port on loopback.
	Addr string
	// TLSAddr takes TLS with HTTP/2 or HTTP/1.1; empty is nowhere.
	TLSAddr string
	// CertFile is where the PEM of the certificate is written, for
	// SSL_CERT_FILE of a client; empty is nowhere.
	CertFile string
	// Log gets what net/http complains of, such as failed handshakes.
	Log *zap.Logger
}

// Server serves a Simulator, or another handler beside which it is measured.
type Server struct {
	servers     []*http.Server
	plain, tls  net.Listener
	certificate []byte
	connections atomic.Int64
	running     sync.WaitGroup

	once   sync.Once
	failed chan struct{}
	err    error // of the first server that ended unasked; before failed is closed
}

// Listen serves handler until Close. When it returns, clients can connect.
func Listen(handler http.Handler, o ServerOptions) (*Server, error) {
	s := &Server{failed: make(chan struct{})}
	var err error
	if s.plain, err = net.Listen("tcp", cmp.Or(o.Addr, "127.0.0.1:0")); err != nil {
		return nil, fmt.Errorf("listen for HTTP: %w", err)
	}
	var certificate tls.Certificate
	if o.TLSAddr != "" {
		if certificate, err = s.listenTLS(o); err != nil {
			_ = s.plain.Close()
			return nil, err
		}
	}

	log := zap.NewStdLog(cmp.Or(o.Log, zap.NewNop()))
	plain := s.newServer(handler, log)
	plain.Protocols.SetUnencryptedHTTP2(true)
	s.run(func() error { return plain.Serve(s.plain) })
	if s.tls != nil {
		secure := s.newServer(handler, log)
		secure.Protocols.SetHTTP2(true)
		secure.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
		s.run(func() error { return secure.ServeTLS(s.tls, "", "") })
	}
	return s, nil
}

// listenTLS opens the listener and makes its certificate.
func (s *Server) listenTLS(o ServerOptions) (tls.Certificate, error) {
	listener, err := net.Listen("tcp", o.TLSAddr)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("listen for TLS: %w", err)
	}
	certificate, text, err := newCertificate(time.Now())
	if err == nil && o.CertFile != "" {
		err = writeCertificate(o.CertFile, text)
	}
	if err != nil {
		_ = listener.Close()
		return tls.Certificate{}, err
	}
	s.tls, s.certificate = listener, text
	return certificate, nil
}

// newServer returns a server with the limits that both have, for HTTP/1.1.
func (s *Server) newServer(handler http.Handler, log *log.Logger) *http.Server {
	server := &http.Server{
		Handler:           handler,
		ErrorLog:          log,
		ConnState:         s.countConnection,
		Protocols:         new(http.Protocols),
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		MaxHeaderBytes:    32 << 10,
		ReadHeaderTimeout: 10 * time.Second,
		// Longer than any hang: on HTTP/1.1 its end looks to the handler as if
		// the client had gone.
		ReadTimeout: MaxDelay + time.Minute,
		IdleTimeout: 5 * time.Minute,
	}
	server.Protocols.SetHTTP1(true)
	s.servers = append(s.servers, server)
	return server
}

func (s *Server) run(serve func() error) {
	s.running.Go(func() {
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			s.once.Do(func() {
				s.err = err
				close(s.failed)
			})
		}
	})
}

func (s *Server) countConnection(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.connections.Add(1)
	}
}

// URL is the base of plain HTTP: http://host:port. The SDK's endpoint is this
// with /v1.
func (s *Server) URL() string { return "http://" + s.plain.Addr().String() }

// TLSURL is the base of TLS, https://host:port, or empty without TLS.
func (s *Server) TLSURL() string {
	if s.tls == nil {
		return ""
	}
	return "https://" + s.tls.Addr().String()
}

// Certificate is the PEM that a client of TLSURL must trust; nil without TLS.
func (s *Server) Certificate() []byte { return s.certificate }

// Connections is how many connections were ever opened to s.
func (s *Server) Connections() int64 { return s.connections.Load() }

// Failed is closed when a listener ended without being asked; Close says why.
func (s *Server) Failed() <-chan struct{} { return s.failed }

// Close stops listening, lets the requests in flight finish until ctx is done,
// then breaks what is left, hangs too: a ctx that is done already closes at
// once. It returns the error that ended a server before, if any.
func (s *Server) Close(ctx context.Context) error {
	for _, server := range s.servers {
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
	}
	s.running.Wait()
	return s.err
}
