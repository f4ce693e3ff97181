package stream

import (
	"context"
	"sync"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/redisscript"
)

const (
	quotaTokens = 3                      // different tokens with 429, and nothing accepted, are the project's quota
	quotaSettle = 500 * time.Millisecond // so long the other workers have to say that FCM accepts theirs
)

// quotaRun is the 429s in a row that did not say whose quota is used up.
type quotaRun struct {
	mu     sync.Mutex
	since  time.Time
	tokens []string
	last   push.Outcome
}

// accepted ends the run: the project has quota left.
func (q *quotaRun) accepted() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tokens = nil
}

func (q *quotaRun) add(token string, o push.Outcome, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.tokens) == 0 {
		q.since = now
	}
	q.tokens, q.last = with(q.tokens, token), o
}

// due returns the run if it is evidence by now.
func (q *quotaRun) due(now time.Time) (o push.Outcome, tokens int, since time.Time, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.last, len(q.tokens), q.since, len(q.tokens) >= quotaTokens && now.Sub(q.since) >= quotaSettle
}

// limited takes a 429. One that FCM gives for the project holds the project; one that
// it gives for a device or a topic concerns no other push; of others several are needed.
func (g *gate) limited(ctx context.Context, token string, o push.Outcome) {
	switch o.Scope {
	case push.ScopeProject:
		g.holdQuota(ctx, o, 1, "")
	case push.ScopeUnknown:
		g.quota.add(token, o, time.Now())
		g.holdIfAllLimited(ctx)
	}
}

// holdIfAllLimited holds the project if several tokens got a 429 and FCM has accepted
// nothing since.
func (g *gate) holdIfAllLimited(ctx context.Context) {
	now := time.Now()
	if o, tokens, since, ok := g.quota.due(now); ok && g.held.Load() == nil {
		g.holdQuota(ctx, o, tokens, now.Sub(since).Milliseconds())
	}
}

var holdScript = library.Load("hold", redisscript.Writes, redisscript.Names{Keys: "hold evidence", Args: "code detail worker wait_ms tokens ago_ms"})

// holdQuota holds the project until FCM gives it quota again. ago is empty, or how long
// ago the first of several 429s came.
func (g *gate) holdQuota(ctx context.Context, o push.Outcome, tokens int, ago any) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	_, err := holdScript.Run(ctx, g.rdb, []string{holdKey(g.keys, g.project), evidenceKey(g.keys, g.project)},
		string(o.Code), o.Detail, g.name, quotaWait(o).Milliseconds(), tokens, ago)
	if err != nil {
		g.trouble.note("holding", err) // the next answer says the same
		return
	}
	g.look(ctx)
}
