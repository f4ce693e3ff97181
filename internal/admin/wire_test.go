package admin

import (
	"bufio"
	"context"
	"fmt"
	"io"
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

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
)

// gate is a way to Redis on which answers wait once so many bytes have come through.
type gate struct {
	passed, limit atomic.Int64 // bytes
	closed        chan struct{}
	conns         sync.Map
	ln            net.Listener
}

const noLimit = 1 << 60

// newGate opens a gate before a Redis, on a socket of its own.
func newGate(t *testing.T, redis string) (*gate, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "gate") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{closed: make(chan struct{}), ln: ln}
	g.limit.Store(noLimit)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", redis)
			if err != nil {
				in.Close()
				continue
			}
			g.conns.Store(in, out)
			all.Go(func() { _, _ = io.Copy(out, in); out.Close() })
			all.Go(func() { g.answers(in, out); in.Close() })
		}
	})
	t.Cleanup(func() { g.cut(); all.Wait(); os.RemoveAll(dir) })
	return g, filepath.Join(dir, "s")
}

func (g *gate) answers(to io.Writer, from io.Reader) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		for g.passed.Load() >= g.limit.Load() {
			select {
			case <-g.closed:
				return
			case <-time.After(time.Millisecond):
			}
		}
		g.passed.Add(int64(n))
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cut ends everything that is on its way, and lets nothing through any more.
func (g *gate) cut() {
	select {
	case <-g.closed:
	default:
		close(g.closed)
	}
	g.ln.Close()
	g.conns.Range(func(in, out any) bool { in.(net.Conn).Close(); out.(net.Conn).Close(); return true })
}

// wire is the API on a server of its own, with a gate to Redis, and a client.
type wire struct {
	*bundle
	api    *api
	gate   *gate
	url    string
	client *http.Client
	logs   *observer.ObservedLogs
	stop   context.CancelFunc
}

// How long the server gives a request and its answer: not long at all, to see that
// long answers don't mind, or as usual.
const (
	hurried = 300 * time.Millisecond
	usual   = 30 * time.Second
)

// wired serves the pushes of b, with the server's limits. Little of a long answer is
// on the way between it and the client.
func (b *bundle) wired(t *testing.T, patience, limit time.Duration) *wire {
	t.Helper()
	g, socket := newGate(t, b.redis.Socket)
	rdb, err := redisconn.Open("unix://" + socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rdb.Close() })
	core, logs := observer.New(zapcore.InfoLevel)
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	// Whoever asks is found without the gate, which is for the log.
	o := b.options
	o.Redis, o.Logger = b.rdb, zap.New(core)
	a := newAPI(ctx, o)
	a.log, a.patience = pushlog.New(rdb, b.keys), patience
	srv := httptest.NewUnstartedServer(a.router())
	srv.Config.ReadTimeout, srv.Config.WriteTimeout = limit, limit
	srv.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateNew {
			_ = c.(*net.TCPConn).SetWriteBuffer(128 << 10)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			_ = c.(*net.TCPConn).SetReadBuffer(128 << 10)
		}
		return c, err
	}}
	return &wire{bundle: b, api: a, gate: g, url: srv.URL, client: &http.Client{Transport: transport}, logs: logs, stop: stop}
}

// post asks for something, and returns as soon as the headers of the answer are
// there.
func (w *wire) post(t *testing.T, path, accept, body string) (*http.Response, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "POST", w.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", accept)
	r.AddCookie(&http.Cookie{Name: plainCookie, Value: w.cookie})
	resp, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp, cancel
}

// fill accepts n pushes with much text, of group G0 to G9.
func (b *bundle) fill(t *testing.T, n int) {
	t.Helper()
	text := strings.Repeat("가나다라 ", 160)
	for from := 0; from < n; from += 100 {
		var jobs []push.Job
		for i := from; i < min(n, from+100); i++ {
			job := jobOf(fmt.Sprintf("id-%06d", i))
			job.MsgContents, job.PushGrpID = text, fmt.Sprint("G", i%10)
			jobs = append(jobs, job)
		}
		b.accept(t, jobs...)
	}
}

// lines reads lines, one after the other.
type lines struct{ *bufio.Reader }

func (l lines) next() (string, error) {
	line, err := l.ReadString('\n')
	return strings.TrimSuffix(line, "\n"), err
}
