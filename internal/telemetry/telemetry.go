package telemetry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"
)

// NewLogger returns a logger that writes JSON lines to w, times in UTC.
func NewLogger(w io.Writer, level zapcore.Level) *zap.Logger {
	cfg := zap.NewProductionEncoderConfig()
	cfg.EncodeTime = func(t time.Time, enc zapcore.PrimitiveArrayEncoder) {
		enc.AppendString(t.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	cfg.EncodeDuration = zapcore.StringDurationEncoder
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(cfg), zapcore.Lock(zapcore.AddSync(w)), level))
}

// NewRegistry returns a registry with the metrics of process, Go runtime and build.
func NewRegistry() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "pushstream_build_info",
		Help:        "1; the labels say what this process was built from.",
		ConstLabels: prometheus.Labels{"version": Version(), "commit": commit(), "goversion": runtime.Version()},
	})
	build.Set(1)
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build)
	return reg
}

// Version is the version that the binary was built as, or its commit.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	if c := commit(); c != "unknown" {
		return c
	}
	return "devel"
}

// commit is the commit that the binary was built from, in 12 digits; unknown without
// one.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "unknown"
}

// Check is one thing that must be in order for a process to be of use.
type Check struct {
	Name string
	Run  func(context.Context) error
}

// Note is an error that a check tells of, while the process is ready all the same.
type Note struct{ Err error }

// Error implements error.
func (n Note) Error() string { return n.Err.Error() }

// Unwrap returns what it tells of.
func (n Note) Unwrap() error { return n.Err }

// Writing is an error of a check that is about writing only: with ?for=reading a process
// is ready all the same.
type Writing struct{ Err error }

// Error implements error.
func (w Writing) Error() string { return w.Err.Error() }

// Unwrap returns what is wrong.
func (w Writing) Unwrap() error { return w.Err }

// Handler answers GET /healthz (the process lives), /readyz (every check
// passes, each within 3 s) and /metrics, which shows the checks as well. With
// ?for=reading an error that is Writing is told of, and counts no more than a Note.
func Handler(gatherer prometheus.Gatherer, checks ...Check) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		var lines strings.Builder
		status := http.StatusOK
		for _, c := range checks {
			ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
			err := c.Run(ctx)
			cancel()
			var note Note
			if err != nil {
				var writing Writing
				reading := errors.As(err, &writing) && r.URL.Query().Get("for") == "reading"
				if !errors.As(err, &note) && !reading {
					status = http.StatusServiceUnavailable
				}
				fmt.Fprintf(&lines, "%s: %v\n", c.Name, err)
				continue
			}
			fmt.Fprintf(&lines, "%s: ok\n", c.Name)
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, lines.String()) // the client may have gone
	})
	ready, registry := &readyCollector{checks: checks}, prometheus.NewRegistry()
	registry.MustRegister(ready)
	metrics := promhttp.HandlerFor(prometheus.Gatherers{gatherer, registry}, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		ready.begin() // the registries are gathered one after the other
		metrics.ServeHTTP(w, r)
	})
	return mux
}

// maxConnections bounds those of one listener; more wait until one is closed.
const maxConnections = 8192

// Serve answers on ln until ctx ends, then lets requests in flight finish
// within 10 s. Headers are limited in size and time, bodies in time, connections in
// number.
func Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	return serve(ctx, ln, Server{Handler: h})
}

func serve(ctx context.Context, ln net.Listener, s Server) error {
	srv := &http.Server{
		Handler:           s.Handler,
		TLSConfig:         s.TLS,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // what clients do wrong before there is a request
	}
	ln = netutil.LimitListener(ln, maxConnections)
	failed := make(chan error, 1)
	go func() {
		if s.TLS != nil {
			failed <- srv.ServeTLS(ln, "", "")
		} else {
			failed <- srv.Serve(ln)
		}
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), srv.Close())
	}
	return nil
}

// Server is what answers at an address, by HTTPS if it has TLS.
type Server struct {
	Addr    string
	Handler http.Handler
	TLS     *tls.Config
}

// ServeBoth serves main and ops, or ops beside main if it has no address, until ctx
// ends or ready fails. ready is called when the listeners are open, so that a process
// that waits for Redis can be seen to be alive.
func ServeBoth(ctx context.Context, log *zap.Logger, main, ops Server, ready func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	listen := func(what string, s Server) {
		g.Go(func() error {
			ln, err := net.Listen("tcp", s.Addr)
			if err != nil {
				return fmt.Errorf("listen for %s: %w", what, err)
			}
			log.Info("listening", zap.String("for", what), zap.Stringer("addr", ln.Addr()), zap.Bool("tls", s.TLS != nil))
			return serve(ctx, ln, s)
		})
	}
	if ops.Addr == "" {
		main.Handler = beside(main.Handler, ops.Handler)
	} else {
		listen("ops", ops)
	}
	listen("requests", main)
	g.Go(func() error { return ready(ctx) })
	return g.Wait()
}

// beside answers /healthz, /readyz and /metrics with ops, everything else with main,
// to which it leaves the path as it is.
func beside(main, ops http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz", "/readyz", "/metrics":
			ops.ServeHTTP(w, r)
		default:
			main.ServeHTTP(w, r)
		}
	})
}
