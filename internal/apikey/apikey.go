// Package apikey keeps the keys by which back ends may hand in pushes. Redis
// holds only the SHA-256 of a key, which is safe since a key is 256 random
// bits: <prefix>:keys is a hash from that to the key's name and birth.
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
)

const secretPrefix = "psk_"

var validName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Errors of this package.
var (
	ErrUnknown = errors.New("unknown key")
	ErrExists  = errors.New("there is a key of that name")
	ErrName    = errors.New("a name is 1 to 64 characters of A-Z a-z 0-9 . _ -")
)

// Key is a key without its secret.
type Key struct {
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

// Store keeps keys.
type Store struct {
	rdb redis.UniversalClient
	key string
}

// New returns the store below a key prefix.
func New(rdb redis.UniversalClient, prefix string) *Store {
	return &Store{rdb: rdb, key: prefix + ":keys"}
}

// Add makes a key and returns its secret, which can't be had again.
func (s *Store) Add(ctx context.Context, name string, now time.Time) (string, error) {
	if !validName.MatchString(name) {
		return "", ErrName
	}
	keys, err := s.List(ctx)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(keys, func(k Key) bool { return k.Name == name }) {
		return "", ErrExists
	}
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand
	secret := secretPrefix + base64.RawURLEncoding.EncodeToString(b)
	value, err := json.Marshal(Key{Name: name, CreatedAt: now.UTC().Truncate(time.Second)})
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

// Check returns the name of the key that a secret belongs to, or ErrUnknown.
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
	return k.Name, nil
}

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
