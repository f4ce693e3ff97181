package fcm

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"cloud.google.com/go/auth"
)

const (
	// refreshEarly is how long before its end a token is renewed, in the
	// background. It is the auth library's figure; a short-lived token is renewed
	// in the last quarter of its life instead.
	refreshEarly = 225 * time.Second

	// tokenPause is how long a failure is answered from memory: a token endpoint
	// that is down, or that refuses, is asked 12 times a minute by a process, not
	// once for every send.
	tokenPause = 5 * time.Second

	// doubtAfter is how old a token must be that a 401 of FCM makes us replace.
	doubtAfter = time.Minute

	noExpiryLife = 30 * time.Minute // of a token that does not say when it ends
)

// tokens keeps an OAuth token. At most one request for a new one is under way,
// in a goroutine and with a limit of its own; a caller that needs it waits for it as
// long as their context allows.
type tokens struct {
	provider auth.TokenProvider // asks the token endpoint, once a call
	limit    time.Duration      // of one request
	life     context.Context    // until close
	stop     context.CancelFunc
	fetches  sync.WaitGroup

	current atomic.Pointer[heldToken]

	mu       sync.Mutex
	fetch    *fetch // under way, or nil
	failure  *tokenError
	failedAt time.Time
}

type heldToken struct {
	*auth.Token
	obtained, refreshAt time.Time
}

// fetch is one request for a token. Its result may be read once done is closed.
type fetch struct {
	done  chan struct{}
	token *auth.Token
	err   *tokenError
}

func newTokens(ctx context.Context, provider auth.TokenProvider, limit time.Duration) *tokens {
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	return &tokens{provider: provider, limit: limit, life: life, stop: stop}
}

// get returns a token that is good for a request now.
func (t *tokens) get(ctx context.Context) (*auth.Token, *tokenError) {
	now := time.Now()
	held := t.current.Load()
	if held != nil && now.Before(held.refreshAt) {
		return held.Token, nil
	}
	f, failure := t.join(now)
	if held != nil && (held.Expiry.IsZero() || now.Before(held.Expiry)) {
		return held.Token, nil
	}
	if failure != nil {
		return nil, failure
	}
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return nil, newTokenError(ctx.Err())
	}
}

// join returns the request that is under way, or starts one; or a failure that
// is too recent for that.
func (t *tokens) join(now time.Time) (*fetch, *tokenError) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.life.Err() != nil {
		return nil, newTokenError(t.life.Err())
	}
	if t.fetch != nil {
		return t.fetch, nil
	}
	if t.failure != nil && now.Sub(t.failedAt) < tokenPause {
		return nil, t.failure
	}
	f := &fetch{done: make(chan struct{})}
	t.fetch = f
	t.fetches.Go(func() { t.run(f) })
	return f, nil
}

// run asks for a token and shares what came of it.
func (t *tokens) run(f *fetch) {
	ctx, cancel := context.WithTimeout(t.life, t.limit)
	defer cancel()
	token, err := t.provider.Token(ctx)
	if err == nil && token.Value == "" {
		err = errNoToken
	}
	now := time.Now()

	t.mu.Lock()
	defer t.mu.Unlock()
	defer close(f.done)
	t.fetch = nil
	if err != nil {
		f.err = newTokenError(err)
		t.failure, t.failedAt = f.err, now
		return
	}
	f.token, t.failure = token, nil
	t.current.Store(hold(token, now))
}

func hold(token *auth.Token, now time.Time) *heldToken {
	life := noExpiryLife
	if !token.Expiry.IsZero() {
		life = token.Expiry.Sub(now)
	}
	return &heldToken{Token: token, obtained: now, refreshAt: now.Add(life - min(refreshEarly, life/4))}
}

// doubt has the token replaced, after FCM answered 401 to it: the auth library
// would go on with it to its end. A token that is new is kept, since another
// would fare no better.
func (t *tokens) doubt() {
	held := t.current.Load()
	if held != nil && time.Since(held.obtained) > doubtAfter {
		t.current.CompareAndSwap(held, nil)
	}
}

// close ends a request under way and waits for its goroutine.
func (t *tokens) close() {
	t.mu.Lock() // a request that join starts is one that Wait knows of
	t.stop()
	t.mu.Unlock()
	t.fetches.Wait()
}
