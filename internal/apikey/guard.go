package apikey

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// listEvery is how often at most a Guard reads which keys there are.
	listEvery = 250 * time.Millisecond
	// askTime bounds one question to Redis.
	askTime = 5 * time.Second
)

// Guard checks secrets of requests, at a bounded price for Redis: however many
// requests there are with made-up secrets, it lists the keys a few times a second; and
// however many there are with one key, it asks for that key once at a time. A key that
// is removed stops working at once, one that is added works after listEvery at most.
type Guard struct {
	store *Store
	group singleflight.Group // by hash of the secret

	mu     sync.Mutex
	listed map[string]struct{} // hashes of the keys that there are
	began  time.Time           // of the last list
	next   *list               // that has not begun; nil if nobody waits for one

	reading sync.Mutex // one list at a time
}

// list is one reading of which keys there are.
type list struct {
	done chan struct{}
	err  error // once done
}

// NewGuard returns a guard of a store's keys.
func NewGuard(s *Store) *Guard { return &Guard{store: s} }

// Check returns the name of the key that a secret belongs to, or ErrUnknown.
func (g *Guard) Check(ctx context.Context, secret string) (string, error) {
	if !wellFormed(secret) {
		return "", ErrUnknown
	}
	h := hash(secret)
	if !g.knows(h) {
		if err := g.list(ctx); err != nil {
			return "", err
		}
		if !g.knows(h) {
			return "", ErrUnknown
		}
	}
	answer := g.group.DoChan(h, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		defer cancel()
		return g.store.Check(ctx, secret)
	})
	select {
	case a := <-answer:
		name, _ := a.Val.(string)
		return name, a.Err
	case <-ctx.Done():
		return "", fmt.Errorf("check key: %w", ctx.Err())
	}
}

// wellFormed reports whether a text may be the secret of a key at all.
func wellFormed(secret string) bool {
	return strings.HasPrefix(secret, secretPrefix) && len(secret) <= 128
}

func (g *Guard) knows(hash string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, is := g.listed[hash]
	return is
}

// list waits for a list that begins after it is called. All that wait share one.
func (g *Guard) list(ctx context.Context) error {
	g.mu.Lock()
	l := g.next
	if l == nil {
		l = &list{done: make(chan struct{})}
		g.next = l
		time.AfterFunc(time.Until(g.began.Add(listEvery)), func() { g.read(l) })
	}
	g.mu.Unlock()
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return fmt.Errorf("list keys: %w", ctx.Err())
	}
}

func (g *Guard) read(l *list) {
	g.reading.Lock()
	defer g.reading.Unlock()
	defer close(l.done)
	g.mu.Lock()
	g.next, g.began = nil, time.Now()
	g.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	hashes, err := g.store.rdb.HKeys(ctx, g.store.key).Result()
	if err != nil {
		l.err = fmt.Errorf("list keys: %w", err)
		return
	}
	listed := make(map[string]struct{}, len(hashes))
	for _, h := range hashes {
		listed[h] = struct{}{}
	}
	g.mu.Lock()
	g.listed = listed
	g.mu.Unlock()
}
