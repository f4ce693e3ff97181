package httpapi

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/share"
)

const requestIDKey = "request_id"

// Problem is an error as the client sees it.
type Problem struct {
	Type      string       `json:"type"` // about:blank: the status says it all; or which limit it is, see limits.go
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail,omitempty"`
	RequestID string       `json:"request_id"`
	Faults    []ItemFaults `json:"faults,omitempty"`
	Items     any          `json:"items,omitempty"` // what was done before the error
}

// ItemFaults is what is wrong with one of the jobs of a request.
type ItemFaults struct {
	Index  int         `json:"index"` // of the job, from 0
	Faults push.Faults `json:"faults"`
}

// New returns a router that recovers from panics, gives each request an id, counts it in
// metrics (nil: none), logs it without its query, and answers unknown paths and methods
// with a problem. A handler that panics with http.ErrAbortHandler breaks its answer off.
// Bodies over maxBody bytes, unpacked, end in 413 when they are read; those of another
// charset than UTF-8 are refused, and gzip is unpacked.
//
// Refused and failed requests are lines in the log at info and warn, bounded in number;
// the others at debug.
func New(log *zap.Logger, maxBody int64, metrics *Metrics) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.RedirectTrailingSlash = false
	r.ForwardedByClientIP = false
	_ = r.SetTrustedProxies(nil) // nil is always valid
	r.Use(observe(log.Named("http"), metrics), limit(maxBody), decode(maxBody))
	r.NoRoute(func(c *gin.Context) { Fail(c, http.StatusNotFound, "no such page") })
	r.NoMethod(func(c *gin.Context) { Fail(c, http.StatusMethodNotAllowed, "not with "+c.Request.Method) })
	return r
}

// Fail ends a request with a problem document.
func Fail(c *gin.Context, status int, detail string) {
	FailWith(c, Problem{Status: status, Detail: detail})
}

// FailWith ends a request with p, completed.
func FailWith(c *gin.Context, p Problem) {
	p.Type, p.Title, p.RequestID = cmp.Or(p.Type, "about:blank"), http.StatusText(p.Status), c.GetString(requestIDKey)
	c.Header("Content-Type", "application/problem+json")
	c.AbortWithStatusJSON(p.Status, p)
}

// Unavailable ends a request that Redis would not serve; the cause goes to the
// log only.
func Unavailable(c *gin.Context, err error) { UnavailableAfter(c, err, nil) }

// UnavailableAfter is Unavailable for a request of which some may be done.
func UnavailableAfter(c *gin.Context, err error, items any) {
	_ = c.Error(err) // for observe
	c.Header("Retry-After", "1")
	p := ProblemOf(err)
	p.Items = items
	FailWith(c, p)
}

// TooLarge reports whether err is a body over the limit.
func TooLarge(err error) bool {
	var e *http.MaxBytesError
	return errors.As(err, &e)
}

// protect has browsers take an answer for what it is, keep none of it, and show it in
// no other site's page. A page of ours has a Content-Security-Policy of its own.
func protect(c *gin.Context) {
	for name, value := range map[string]string{
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Cache-Control":                "no-store",
		"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
	} {
		c.Header(name, value)
	}
	if Encrypted(c) {
		c.Header("Strict-Transport-Security", "max-age=31536000")
	}
}

// Trust has ClientIP and Forwarded believe what proxies in these networks (CIDR) say of
// a request that they hand on. Without it no proxy is trusted.
func Trust(r *gin.Engine, networks []string) error {
	r.ForwardedByClientIP = len(networks) > 0
	r.RemoteIPHeaders = []string{"X-Forwarded-For"}
	return r.SetTrustedProxies(networks)
}

// Encrypted reports whether a request came by HTTPS, to us or to a trusted proxy.
func Encrypted(c *gin.Context) bool {
	if c.Request.TLS != nil {
		return true
	}
	return Forwarded(c, "X-Forwarded-Proto") == "https"
}

// Forwarded is what a trusted proxy says in a header; empty if who connected is none.
func Forwarded(c *gin.Context, header string) string {
	value := c.GetHeader(header)
	if value == "" || !trusted(c) {
		return ""
	}
	return value
}

// trusted reports whether who connected is a proxy that Trust has named. gin knows, but
// says it only by taking an X-Forwarded-For for true: here, an address that no client can have.
func trusted(c *gin.Context) bool {
	const nobody = "0.0.0.0"
	request := c.Request
	defer func() { c.Request = request }()
	c.Request = &http.Request{RemoteAddr: request.RemoteAddr, Header: http.Header{"X-Forwarded-For": {nobody}}}
	return c.ClientIP() == nobody
}

// maxReceiving is how many bodies may be on their way at the same time.
const maxReceiving = 2048

// Receive reads the body of a request before anything else waits for it: a client that
// sends it slowly holds a connection, and nothing more. It must be there within a time;
// one address may send so many at the same time, and no more than its share of all.
func Receive(within time.Duration, most int) gin.HandlerFunc {
	each, all := map[string]int{}, share.NewAmounts(maxReceiving)
	var mu sync.Mutex
	enter := func(from string) bool {
		mu.Lock()
		defer mu.Unlock()
		if each[from] >= most || !all.Take(from, 1) {
			return false
		}
		each[from]++
		return true
	}
	leave := func(from string) {
		mu.Lock()
		defer mu.Unlock()
		all.Give(from, 1)
		if each[from]--; each[from] == 0 {
			delete(each, from)
		}
	}
	return func(c *gin.Context) {
		if c.Request.Body == nil || c.Request.Body == http.NoBody || c.Request.ContentLength == 0 {
			return
		}
		from := share.Network(c.ClientIP())
		if !enter(from) {
			c.Header("Retry-After", "1")
			Fail(c, http.StatusTooManyRequests, "too many requests at the same time")
			return
		}
		rc := Controller(c)
		_ = rc.SetReadDeadline(time.Now().Add(within)) // a recorder in a test has none
		body, err := io.ReadAll(c.Request.Body)
		leave(from)
		if err == nil || TooLarge(err) || errors.Is(err, errPacked) { // else the server is not to wait for the rest
			_ = rc.SetReadDeadline(time.Time{})
		}
		switch {
		case TooLarge(err), errors.Is(err, errPacked):
			c.Request.Body = io.NopCloser(broken{err}) // its reader says what is wrong
		case err != nil:
			c.Header("Connection", "close")
			Fail(c, http.StatusBadRequest, "the body did not come")
		default:
			c.Request.Body = io.NopCloser(bytes.NewReader(body))
		}
	}
}

// broken is a body that can't be read.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// Drain reads what is left of a body that is not of use, up to its limit, and until the
// deadline of its reading: most clients look for an answer only when they have sent it all.
func Drain(c *gin.Context) {
	_, _ = io.Copy(io.Discard, c.Request.Body) // what does not come is not waited for
}

// Controller is that of the server's own writer: gin's hides errors of Flush.
func Controller(c *gin.Context) *http.ResponseController {
	var w http.ResponseWriter = c.Writer
	if inner, is := w.(interface{ Unwrap() http.ResponseWriter }); is {
		w = inner.Unwrap()
	}
	return http.NewResponseController(w)
}

// Admit refuses requests above a number at the same time at once, rather than
// piling them up.
func Admit(most int) gin.HandlerFunc {
	places := make(chan struct{}, most)
	return func(c *gin.Context) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			c.Next()
		default:
			c.Header("Retry-After", "1")
			Fail(c, http.StatusTooManyRequests, "too many requests at the same time")
		}
	}
}

// Compress has answers of 1 KiB and more compressed with gzip, for clients that take
// it. What is told as it happens stays as it is.
func Compress(h http.Handler) http.Handler {
	// It fails on wrong options only.
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1<<10), gzhttp.CompressionLevel(gzip.BestSpeed),
		gzhttp.ExceptContentTypes([]string{"text/event-stream"}))
	if err != nil {
		panic(err)
	}
	return wrap(h)
}

func limit(maxBody int64) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.Request.Body != nil {
			c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
		}
	}
}

// RequestID is the id that a request was given; the answer's X-Request-Id.
func RequestID(c *gin.Context) string { return c.GetString(requestIDKey) }
