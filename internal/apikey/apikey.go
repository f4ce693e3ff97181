package apikey

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/access"
)

const secretPrefix = "psk_"

var validName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Errors of this package.
var (
	ErrUnknown = errors.New("unknown key")
	ErrExists  = errors.New("there is a key of that name")
	ErrExpired = errors.New("this key has expired: make a new one with admin key add")
	ErrStopped = errors.New("the user who owns this key is disabled: an administrator gives it to another one with admin key transfer")
	ErrFull    = errors.New("there are too many keys")
	ErrExpires = errors.New("a key must expire in the future, in at most 10 years")
	ErrName    = errors.New("a name is 1 to 64 characters of A-Z a-z 0-9 . _ -")
)

// Key is a key without its secret.
type Key struct {
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by,omitempty"` // empty: by a version that did not note it
	Owner     string    `json:"owner,omitempty"`      // a user, with whom it stops; empty: nobody
	ExpiresAt time.Time `json:"expires_at,omitzero"`  // zero: never
}

// Expired reports whether a key works no more.
func (k Key) Expired(now time.Time) bool { return !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt) }

const (
	maxKeys = 1000
	// longestKey is how far off a key's end may be.
	longestKey = 3660 * 24 * time.Hour
)

// Store keeps keys.
type Store struct {
	rdb    redis.UniversalClient
	key    string
	owners access.Owners
	now    func() time.Time
}

// New returns the store below a key prefix.
func New(rdb redis.UniversalClient, prefix string) *Store {
	return &Store{rdb: rdb, key: prefix + ":keys", owners: access.NewOwners(rdb, prefix), now: time.Now}
}

// By has Check go by another clock than this machine's: Redis's, so that a key ends
// everywhere at the same time.
func (s *Store) By(now func() time.Time) *Store {
	s.now = now
	return s
}

// Add makes a key that is nobody's and has no end: see Make.
func (s *Store) Add(ctx context.Context, name string, now time.Time) (string, error) {
	return s.Make(ctx, Key{Name: name, CreatedAt: now})
}

// Make makes a key and returns its secret, which can't be had again: ErrName, ErrExists,
// ErrExpires, ErrFull, and what access.Owners has on its owner. It takes the place of an
// expired one of its name.
func (s *Store) Make(ctx context.Context, k Key) (string, error) {
	if !validName.MatchString(k.Name) {
		return "", ErrName
	}
	if life := k.ExpiresAt.Sub(k.CreatedAt); !k.ExpiresAt.IsZero() && (life <= 0 || life > longestKey) {
		return "", ErrExpires
	}
	if k.Owner != "" {
		var err error
		if k.Owner, err = s.owners.Owner(ctx, k.Owner); err != nil {
			return "", err
		}
	}
	keys, err := s.List(ctx)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(keys, func(other Key) bool { return other.Name == k.Name }); i >= 0 {
		if !keys[i].Expired(k.CreatedAt) {
			return "", ErrExists
		}
		if err := s.Remove(ctx, k.Name); err != nil && !errors.Is(err, ErrUnknown) {
			return "", err
		}
	} else if len(keys) >= maxKeys {
		return "", ErrFull
	}
	k.CreatedAt = k.CreatedAt.UTC().Truncate(time.Second)
	if !k.ExpiresAt.IsZero() {
		k.ExpiresAt = k.ExpiresAt.UTC().Truncate(time.Second)
	}
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand
	secret := secretPrefix + base64.RawURLEncoding.EncodeToString(b)
	value, err := json.Marshal(k)
	if err != nil {
		return "", fmt.Errorf("write key: %w", err)
	}
	if err := s.rdb.HSet(ctx, s.key, hash(secret), value).Err(); err != nil {
		return "", fmt.Errorf("write key: %w", err)
	}
	return secret, nil
}

// List returns all keys by name.
func (s *Store) List(ctx context.Context) ([]Key, error) {
	all, err := s.rdb.HVals(ctx, s.key).Result()
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	keys := make([]Key, 0, len(all))
	for _, value := range all {
		var k Key
		if json.Unmarshal([]byte(value), &k) == nil {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b Key) int { return strings.Compare(a.Name, b.Name) })
	return keys, nil
}

// Remove takes a key away; ErrUnknown if there is none of that name. Two of one
// name, added in the same moment, both go.
func (s *Store) Remove(ctx context.Context, name string) error {
	all, err := s.rdb.HGetAll(ctx, s.key).Result()
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	var fields []string
	for field, value := range all {
		var k Key
		if json.Unmarshal([]byte(value), &k) == nil && k.Name == name {
			fields = append(fields, field)
		}
	}
	if fields == nil {
		return ErrUnknown
	}
	if err := s.rdb.HDel(ctx, s.key, fields...).Err(); err != nil {
		return fmt.Errorf("remove key: %w", err)
	}
	return nil
}

// ShutOut returns which owners of keys are disabled: their keys do not work.
func (s *Store) ShutOut(ctx context.Context, keys []Key) (map[string]bool, error) {
	owners := make([]string, len(keys))
	for i, k := range keys {
		owners[i] = k.Owner
	}
	return s.owners.ShutOut(ctx, owners...)
}

// maxTries is how often a change is tried that another one gets before.
const maxTries = 10

// Give gives a key another owner: ErrUnknown, access.ErrNoUser, access.ErrDisabled.
func (s *Store) Give(ctx context.Context, name, owner string) error {
	owner, err := s.owners.Owner(ctx, owner)
	if err != nil {
		return err
	}
	change := func(tx *redis.Tx) error {
		all, err := tx.HGetAll(ctx, s.key).Result()
		if err != nil {
			return err
		}
		changed := map[string]any{}
		for field, value := range all {
			var k Key
			if json.Unmarshal([]byte(value), &k) != nil || k.Name != name {
				continue
			}
			k.Owner = owner
			text, err := json.Marshal(k)
			if err != nil {
				return err
			}
			changed[field] = text
		}
		if len(changed) == 0 {
			return ErrUnknown
		}
		_, err = tx.TxPipelined(ctx, func(pipe redis.Pipeliner) error { return pipe.HSet(ctx, s.key, changed).Err() })
		return err
	}
	for range maxTries {
		if err = s.rdb.Watch(ctx, change, s.key); !errors.Is(err, redis.TxFailedErr) {
			break
		}
	}
	if err != nil && !errors.Is(err, ErrUnknown) {
		return fmt.Errorf("change key: %w", err)
	}
	return err
}

// Check returns the name of the key that a secret belongs to: ErrUnknown, ErrExpired,
// ErrStopped.
func (s *Store) Check(ctx context.Context, secret string) (string, error) {
	if !wellFormed(secret) {
		return "", ErrUnknown
	}
	value, err := s.rdb.HGet(ctx, s.key, hash(secret)).Result()
	if errors.Is(err, redis.Nil) {
		return "", ErrUnknown
	}
	if err != nil {
		return "", fmt.Errorf("check key: %w", err)
	}
	var k Key
	if err := json.Unmarshal([]byte(value), &k); err != nil {
		return "", fmt.Errorf("check key: %w", err)
	}
	if k.Expired(s.now()) {
		return "", ErrExpired
	}
	if k.Owner != "" {
		out, err := s.owners.ShutOut(ctx, k.Owner)
		switch {
		case err != nil:
			return "", fmt.Errorf("check key: %w", err)
		case out[k.Owner]:
			return "", ErrStopped
		}
	}
	return k.Name, nil
}

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
