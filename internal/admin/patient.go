package admin

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
)

const (
	// patience is how long a client may take nothing of a long answer.
	patience = 30 * time.Second
	// pieceSize is how many bytes it must take in that time.
	pieceSize = 16 << 10
)

// patient writes a long answer, at the pace at which its client takes it, and sends
// on at once what it is given. The limits of the server, which are for short
// answers, do not count. Only a client that takes nothing is given up.
type patient struct {
	c       *gin.Context
	rc      *http.ResponseController
	wait    time.Duration
	headers map[string]string
	lost    bool // the client did not take what was written

	mu  sync.Mutex
	cut bool // nothing more is written
}

// newPatient begins an answer of a content type, with pairs of more headers; they
// are sent with the first bytes.
func (a *api) newPatient(c *gin.Context, contentType string, more ...string) *patient {
	p := &patient{c: c, rc: httpapi.Controller(c), wait: a.patience, headers: map[string]string{"Content-Type": contentType}}
	for pair := range slices.Chunk(more, 2) {
		p.headers[pair[0]] = pair[1]
	}
	return p
}

func (p *patient) Write(b []byte) (n int, err error) {
	defer func() { p.lost = p.lost || err != nil }()
	p.begin()
	for piece := range slices.Chunk(b, pieceSize) {
		if !p.mayWrite() {
			return n, errWithdrawn
		}
		m, err := p.c.Writer.Write(piece)
		n += m
		if err == nil {
			err = p.rc.Flush()
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// mayWrite gives the client time to take what is written next, unless it is cut off.
func (p *patient) mayWrite() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.cut {
		_ = p.rc.SetWriteDeadline(time.Now().Add(p.wait)) // as unhurried
	}
	return !p.cut
}

// cutWith ends a write at once, however slow its client is, when the answer is
// withdrawn; until stop is called.
func (p *patient) cutWith(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		if !withdrawn(ctx) {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.cut = true
		_ = p.rc.SetWriteDeadline(time.Now())
	})
}

// begin sets the headers, once.
func (p *patient) begin() {
	for name, value := range p.headers {
		p.c.Header(name, value)
	}
	p.headers = nil
}

// long is the context of long work for a request: it ends with the client, with the
// process, and after limit, if that is not 0. It takes the server's own limits away,
// see unhurried.
func (a *api) long(c *gin.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	unhurried(c)
	ctx, cancel := context.WithCancel(c.Request.Context())
	ended := cancel
	if limit > 0 {
		ctx, ended = context.WithTimeout(ctx, limit)
	}
	if a.stop.Err() != nil {
		cancel() // AfterFunc would do so a little later
	}
	forget := context.AfterFunc(a.stop, cancel)
	return ctx, func() { forget(); ended(); cancel() }
}

// unhurried takes the server's limits for a request away, now that it is read: the
// one for reading would end the request's context in the middle of long work, the
// one for writing would have its answer lost.
func unhurried(c *gin.Context) {
	rc := httpapi.Controller(c)
	_ = rc.SetReadDeadline(time.Time{}) // a recorder in a test has none
	_ = rc.SetWriteDeadline(time.Time{})
}
