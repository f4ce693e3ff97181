package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

const (
	// listEvery is how often at most a Guard reads which tokens there are.
	listEvery = 250 * time.Millisecond
	// askTime bounds one question to Redis.
	askTime = 5 * time.Second
	// longestUse is how long at most the last use of a token is kept.
	longestUse = LongestToken
)

// Guard says for a producer who may hand in pushes: programs with a token that has the
// scope submit, and those with a producer key of the version before. Of tokens it reads
// only; it notes when they were used in keys of its own, since a producer must not be able
// to make a token.
//
// The price for Redis is bounded: however many requests there are with made-up secrets, it
// lists the tokens a few times a second; and however many there are with one token, it asks
// for that token once at a time. A token that is removed stops working at once, one that is
// added works after listEvery at most.
type Guard struct {
	rdb    redis.UniversalClient
	keys   keys
	oldKey string
	owners Owners
	now    func() time.Time
	group  singleflight.Group // by id

	mu     sync.Mutex
	listed map[string]time.Time // ids of the tokens that there are, and when this process noted a use
	began  time.Time            // of the last list
	next   *list                // that has not begun; nil if nobody waits for one

	reading sync.Mutex // one list at a time
}

// list is one reading of which tokens there are.
type list struct {
	done chan struct{}
	err  error // once done
}

// NewGuard returns a guard of the tokens below a key prefix. They end by the clock now:
// Redis's, so that a token ends everywhere at the same time.
func NewGuard(rdb redis.UniversalClient, prefix string, now func() time.Time) *Guard {
	return &Guard{rdb: rdb, keys: newKeys(prefix), oldKey: oldKeys(prefix), owners: NewOwners(rdb, prefix), now: now}
}

// Check returns the name of the token that a secret belongs to; or ErrNoToken, of which
// ErrExpired and ErrStopped are two.
func (g *Guard) Check(ctx context.Context, secret string) (string, error) {
	if !strings.HasPrefix(secret, tokenPrefix) && !strings.HasPrefix(secret, oldKeyPrefix) || len(secret) > 128 {
		return "", ErrNoToken
	}
	id := hash(secret)
	if _, known := g.noted(id); !known {
		if err := g.list(ctx); err != nil {
			return "", err
		}
		if _, known := g.noted(id); !known {
			return "", ErrNoToken
		}
	}
	answer := g.group.DoChan(id, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		defer cancel()
		return g.ask(ctx, id, secret)
	})
	select {
	case a := <-answer:
		name, _ := a.Val.(string)
		return name, a.Err
	case <-ctx.Done():
		return "", fmt.Errorf("check token: %w", ctx.Err())
	}
}

// ask reads a token, or the key with the secret, and its owner.
func (g *Guard) ask(ctx context.Context, id, secret string) (string, error) {
	k, err := g.find(ctx, id, secret)
	if err != nil {
		return "", err
	}
	now := g.now()
	if !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt) {
		return "", ErrExpired
	}
	if k.Owner != "" {
		out, err := g.owners.ShutOut(ctx, k.Owner)
		switch {
		case err != nil:
			return "", fmt.Errorf("check token: %w", err)
		case out[k.Owner]:
			return "", ErrStopped
		}
	}
	g.note(ctx, id, now, k.ExpiresAt)
	return k.Name, nil
}

// find reads the token, or the key, with a secret. The key is read first: one that is
// converted meanwhile is a token before it is no key any more. On a cluster the two come
// from different servers, and so they are read once more before the answer is no.
func (g *Guard) find(ctx context.Context, id, secret string) (k oldKey, err error) {
	for range 2 {
		var key *redis.StringCmd
		var token *redis.SliceCmd
		_, err := g.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			key = pipe.HGet(ctx, g.oldKey, oldField(secret))
			token = pipe.HMGet(ctx, g.keys.token(id), "name", "scopes", "expires_ms", "owner")
			return nil
		})
		if err != nil && !errors.Is(err, redis.Nil) {
			return k, fmt.Errorf("check token: %w", err)
		}
		var is [4]string
		for i, value := range token.Val() {
			is[i], _ = value.(string)
		}
		switch {
		case slices.Contains(strings.Fields(is[1]), string(Submit)):
			return oldKey{Name: is[0], ExpiresAt: msTime(is[2]), Owner: is[3]}, nil
		case key.Err() == nil:
			if err := json.Unmarshal([]byte(key.Val()), &k); err != nil {
				return k, fmt.Errorf("check producer key: %w", err)
			}
			return k, nil
		case is[0] != "":
			return k, ErrNoToken // it has other scopes
		}
	}
	return k, ErrNoToken
}

// note notes that a token was used, from time to time. If Redis refuses, nothing is noted.
func (g *Guard) note(ctx context.Context, id string, now, end time.Time) {
	if last, known := g.noted(id); !known || now.Sub(last) < noteEvery && !now.Before(last) {
		return
	}
	g.mu.Lock()
	g.listed[id] = now
	g.mu.Unlock()
	life := longestUse
	if shown := end.Add(shownFor).Sub(now); !end.IsZero() && shown < life {
		life = shown
	}
	g.rdb.Set(ctx, g.keys.used(id), now.UnixMilli(), life)
}

// noted is when a use of a token was noted, and whether there is such a token.
func (g *Guard) noted(id string) (time.Time, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at, known := g.listed[id]
	return at, known
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
		return fmt.Errorf("list tokens: %w", ctx.Err())
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
	var ids, fields *redis.StringSliceCmd
	_, err := g.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		fields = pipe.HKeys(ctx, g.oldKey) // first: a key that is converted meanwhile is in one of the two
		ids = pipe.ZRange(ctx, g.keys.tokens(), 0, -1)
		return nil
	})
	if err != nil {
		l.err = fmt.Errorf("list tokens: %w", err)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	listed := make(map[string]time.Time, len(ids.Val())+len(fields.Val()))
	for _, id := range ids.Val() {
		listed[id] = g.listed[id]
	}
	for _, field := range fields.Val() {
		id := field[:min(len(field), idLength)]
		listed[id] = g.listed[id]
	}
	g.listed = listed
}
