package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/loop"
)

const (
	// oldKeyPrefix begins the secret of a producer key.
	oldKeyPrefix = "psk_"
	// convertTTL bounds how long a process that died keeps others from changing keys.
	convertTTL = 15 * time.Second
	// convertLook is how often a process looks whether another one has finished.
	convertLook = 50 * time.Millisecond
)

// oldKey is a producer key of the version before tokens had the scope submit. They are in
// the hash <prefix>:keys, by the SHA-256 of their secrets, as JSON.
type oldKey struct {
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by,omitempty"` // empty: by a version that did not note it
	Owner     string    `json:"owner,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: never

	field string // of the hash
}

// id is the id of the token with the same secret.
func (k oldKey) id() string { return k.field[:min(len(k.field), idLength)] }

func (k oldKey) token() Token {
	return Token{Name: k.Name, Scopes: []Permission{Submit}, CreatedBy: k.CreatedBy, Owner: k.Owner,
		CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt, Old: true}
}

// is reports whether a name is that of the key, in any case.
func (k oldKey) is(name string) bool { return strings.EqualFold(k.Name, name) }

// named returns the keys with a name as it is written, else those with it in any case.
func named(keys []oldKey, name string) []oldKey {
	exact := slices.DeleteFunc(slices.Clone(keys), func(k oldKey) bool { return k.Name != name })
	if len(exact) > 0 {
		return exact
	}
	return slices.DeleteFunc(keys, func(k oldKey) bool { return !k.is(name) })
}

// oldKeys returns the producer keys by name. What can't be read is none.
func (s *Store) oldKeys(ctx context.Context) ([]oldKey, error) {
	all, err := s.rdb.HGetAll(ctx, s.oldKey).Result()
	if err != nil {
		return nil, fmt.Errorf("read producer keys: %w", err)
	}
	keys := make([]oldKey, 0, len(all))
	for field, value := range all {
		k := oldKey{field: field}
		if json.Unmarshal([]byte(value), &k) == nil && k.Name != "" {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b oldKey) int { return strings.Compare(a.Name+" "+a.field, b.Name+" "+b.field) })
	return keys, nil
}

// freeOfKeys checks that no key has a name. An expired one makes room for it.
func (s *Store) freeOfKeys(ctx context.Context, name string) error {
	keys, err := s.oldKeys(ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if !k.is(name) {
			continue
		}
		if k.ExpiresAt.IsZero() || s.opt.Now().Before(k.ExpiresAt) {
			return ErrTokenExists
		}
		if err := s.rdb.HDel(ctx, s.oldKey, k.field).Err(); err != nil {
			return fmt.Errorf("remove producer key: %w", err)
		}
	}
	return nil
}

// changeKeys changes the keys of a name, or removes them if change is nil. It returns how
// many there were.
func (s *Store) changeKeys(ctx context.Context, name string, change func(*oldKey)) (n int, err error) {
	keys, err := s.oldKeys(ctx)
	if err != nil || len(named(keys, name)) == 0 {
		return 0, err // no lock for nothing
	}
	err = s.lockKeys(ctx, func(*loop.Lock) error {
		keys, err := s.oldKeys(ctx)
		if err != nil {
			return err
		}
		keys = named(keys, name)
		for _, k := range keys {
			if change == nil {
				err = s.rdb.HDel(ctx, s.oldKey, k.field).Err()
			} else {
				change(&k)
				var text []byte
				if text, err = json.Marshal(k); err == nil {
					err = s.rdb.HSet(ctx, s.oldKey, k.field, text).Err()
				}
			}
			if err != nil {
				return fmt.Errorf("change producer key: %w", err)
			}
		}
		n = len(keys)
		return nil
	})
	return n, err
}

// lockKeys does something while no other process converts, removes or changes a key:
// what was removed must not come back as a token.
func (s *Store) lockKeys(ctx context.Context, do func(*loop.Lock) error) error {
	lock := loop.NewLock(s.rdb, s.keys.converting(), rand.Text(), convertTTL)
	for {
		at, err := lock.Acquire(ctx)
		if err != nil {
			return err
		}
		if !at.IsZero() {
			break
		}
		select {
		case <-time.After(convertLook):
		case <-ctx.Done():
			return fmt.Errorf("another process changes producer keys: %w", ctx.Err())
		}
	}
	err := do(lock)
	ended, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return errors.Join(err, lock.Release(ended))
}

// Converted is what became of a producer key.
type Converted struct {
	Name string
	Err  error // ErrTokenExists, ErrFull, ErrName; nil: it is a token
}

// ConvertKeys makes tokens with the scope submit of the producer keys: of the one of a
// name, or ErrNoToken, or of all if the name is empty. A token has the secret, owner, end
// and age of its key, and the name as, or that of the key in lower case. A key that can't
// be one stays as it is.
//
// Each key is a token before it is no key any more: at any moment its secret works.
// A process that dies between the two leaves both, which the next call mends.
func (s *Store) ConvertKeys(ctx context.Context, name, as string) (all []Converted, err error) {
	err = s.lockKeys(ctx, func(lock *loop.Lock) error {
		keys, err := s.oldKeys(ctx)
		if err != nil {
			return err
		}
		if name != "" {
			if keys = named(keys, name); len(keys) == 0 {
				return ErrNoToken
			}
		}
		for _, k := range keys {
			if _, err := lock.Renew(ctx); err != nil {
				return err
			}
			err := s.convert(ctx, k, cmp.Or(as, k.Name))
			if err != nil && !errors.Is(err, ErrTokenExists) && !errors.Is(err, ErrFull) && !errors.Is(err, ErrName) {
				return err
			}
			all = append(all, Converted{k.Name, err})
		}
		return nil
	})
	return all, wrap("convert producer keys", err)
}

func (s *Store) convert(ctx context.Context, k oldKey, as string) error {
	name, err := canonical(as)
	if err != nil || len(k.field) < idLength {
		return ErrName
	}
	had, err := s.rdb.Exists(ctx, s.keys.token(k.id())).Result()
	if err != nil {
		return err
	}
	err = s.putToken(ctx, k.id(), name, string(Submit), k.CreatedAt, NewToken{By: k.CreatedBy, Owner: k.Owner, ExpiresAt: k.ExpiresAt})
	if err != nil {
		return err
	}
	n, err := s.rdb.HDel(ctx, s.oldKey, k.field).Result()
	if err == nil && n == 0 && had == 0 { // a process of the version before, which knows no lock, has removed the key
		_, err = removeTokenScript.Run(ctx, s.rdb, []string{s.keys.tokens()}, string(s.keys), name)
	}
	return err
}

// addUses completes tokens with when producers have noted that they were used.
func (s *Store) addUses(ctx context.Context, tokens []Token, ids []string) error {
	for i := 0; i < len(ids); i += readStep {
		some := ids[i:min(i+readStep, len(ids))]
		uses := make([]*redis.StringCmd, len(some))
		_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for j, id := range some {
				uses[j] = pipe.Get(ctx, s.keys.used(id))
			}
			return nil
		})
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		for j := range some {
			if at := msTime(uses[j].Val()); at.After(tokens[i+j].UsedAt) {
				tokens[i+j].UsedAt = at
			}
		}
	}
	return nil
}
