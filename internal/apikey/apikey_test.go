package apikey

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redistest"
)

var birth = time.Date(2026, 11, 22, 9, 30, 0, 999, time.FixedZone("", 9*3600))

func setup(t *testing.T) (*Store, *redis.Client) {
	t.Helper()
	rdb := redistest.New(t).Client(t)
	return New(rdb, "push"), rdb
}

func add(t *testing.T, s *Store, name string) string {
	t.Helper()
	secret, err := s.Add(t.Context(), name, birth)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestAddCheckRemove(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	a, b := add(t, s, "shop"), add(t, s, "bank")
	if a == b || len(a) < 40 {
		t.Errorf("secrets %q and %q", a, b)
	}
	for secret, want := range map[string]string{a: "shop", b: "bank"} {
		if name, err := s.Check(t.Context(), secret); err != nil || name != want {
			t.Errorf("%q: %v", name, err)
		}
	}
	keys, err := s.List(t.Context())
	if err != nil || len(keys) != 2 || keys[0].Name != "bank" || keys[1].Name != "shop" || !keys[0].CreatedAt.Equal(birth.Truncate(time.Second)) {
		t.Errorf("%+v %v", keys, err)
	}

	if err := s.Remove(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Check(t.Context(), a); !errors.Is(err, ErrUnknown) {
		t.Errorf("a removed key works: %v", err)
	}
	if _, err := s.Check(t.Context(), b); err != nil {
		t.Errorf("the other one does not: %v", err)
	}
	if err := s.Remove(t.Context(), "shop"); !errors.Is(err, ErrUnknown) {
		t.Errorf("removed twice: %v", err)
	}
}

// Whoever reads Redis, or a copy of its data, has no key.
func TestOnlyHashesInRedis(t *testing.T) {
	t.Parallel()
	s, rdb := setup(t)
	secret := add(t, s, "shop")
	for key, content := range redistest.Dump(t, rdb) {
		if key != "push:keys" {
			t.Errorf("it also made %s", key)
		}
		if strings.Contains(content, secret) || strings.Contains(content, strings.TrimPrefix(secret, secretPrefix)) {
			t.Errorf("the secret is in Redis: %s", content)
		}
		if !strings.Contains(content, hash(secret)) {
			t.Errorf("no SHA-256 in %s", content)
		}
	}
	// What is in Redis opens nothing.
	if _, err := s.Check(t.Context(), hash(secret)); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if _, err := s.Check(t.Context(), secretPrefix+hash(secret)); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}

func TestCheckUnknown(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	secret := add(t, s, "shop")
	for _, other := range []string{"", "psk_", secret + "x", secret[:len(secret)-1], strings.TrimPrefix(secret, "psk_"), strings.ToUpper(secret), "psk_" + strings.Repeat("x", 1<<20), " " + secret} {
		if _, err := s.Check(t.Context(), other); !errors.Is(err, ErrUnknown) {
			t.Errorf("%.60q: %v", other, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	s, rdb := setup(t)
	for _, name := range []string{"", "a b", "a/b", "가", "a\n", strings.Repeat("a", 65)} {
		if _, err := s.Add(t.Context(), name, birth); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	add(t, s, strings.Repeat("a", 64))
	add(t, s, "A-z_0.9")
	if _, err := s.Add(t.Context(), "A-z_0.9", birth); !errors.Is(err, ErrExists) {
		t.Errorf("the same name twice: %v", err)
	}
	if n := rdb.HLen(t.Context(), "push:keys").Val(); n != 2 {
		t.Errorf("%d keys", n)
	}
}

// Two that were added in the same moment under one name are both taken away.
func TestRemoveTakesEveryKeyOfTheName(t *testing.T) {
	t.Parallel()
	s, rdb := setup(t)
	secret := add(t, s, "shop")
	twin, err := json.Marshal(Key{Name: "shop", CreatedAt: birth})
	if err != nil {
		t.Fatal(err)
	}
	rdb.HSet(t.Context(), "push:keys", hash("psk_twin"), twin, "by hand", "{")
	if err := s.Remove(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	for _, one := range []string{secret, "psk_twin"} {
		if _, err := s.Check(t.Context(), one); !errors.Is(err, ErrUnknown) {
			t.Errorf("%v", err)
		}
	}
}

func TestPrefixesKeepApart(t *testing.T) {
	t.Parallel()
	s, rdb := setup(t)
	secret := add(t, s, "shop")
	if _, err := New(rdb, "other").Check(t.Context(), secret); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}

func TestRedisAwayIsNotUnknown(t *testing.T) {
	t.Parallel()
	s, rdb := setup(t)
	secret := add(t, s, "shop")
	rdb.Close()
	if _, err := s.Check(t.Context(), secret); err == nil || errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if err := s.Remove(t.Context(), "shop"); err == nil || errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if _, err := s.Add(t.Context(), "bank", birth); err == nil {
		t.Error("added to nothing")
	}
}
