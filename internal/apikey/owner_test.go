package apikey

import (
	"context"
	"errors"
	"testing"
	"time"

	"pushstream/internal/access"
)

// A key that has an end works until then; another of its name takes its place.
func TestExpires(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	now := time.Now()
	for _, end := range []time.Time{now, now.Add(-time.Hour), now.Add(longestKey + time.Hour)} {
		if _, err := s.Make(t.Context(), Key{Name: "x", CreatedAt: now, ExpiresAt: end}); !errors.Is(err, ErrExpires) {
			t.Errorf("%v: %v", end, err)
		}
	}
	old, err := s.Make(t.Context(), Key{Name: "shop", CreatedAt: now.Add(-2 * time.Hour), ExpiresAt: now.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Check(t.Context(), old); !errors.Is(err, ErrExpired) {
		t.Error(err)
	}
	if _, err := NewGuard(s).Check(t.Context(), old); !errors.Is(err, ErrExpired) {
		t.Error(err)
	}
	fresh, err := s.Make(t.Context(), Key{Name: "shop", CreatedAt: now, ExpiresAt: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if name, err := s.Check(t.Context(), fresh); name != "shop" || err != nil {
		t.Errorf("%q %v", name, err)
	}
	if _, err := s.Check(t.Context(), old); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}

// A key of somebody stops with that user; nobody's does not.
func TestOwner(t *testing.T) {
	t.Parallel()
	s, rdb := setup(t)
	users := access.New(rdb, "push", access.Options{Cost: access.Cost{MemoryKiB: 8, Time: 1, Threads: 1}})
	for _, name := range []string{"kim", "lee"} {
		if err := users.AddUser(t.Context(), access.NewUser{Name: name, Password: "correct horse battery", Role: access.Admin}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Make(t.Context(), Key{Name: "shop", CreatedAt: birth, Owner: "nobody"}); !errors.Is(err, access.ErrNoUser) {
		t.Error(err)
	}
	secret, err := s.Make(t.Context(), Key{Name: "shop", CreatedAt: birth, Owner: "KIM", CreatedBy: "kim"})
	if err != nil {
		t.Fatal(err)
	}
	free := add(t, s, "free")
	guard := NewGuard(s)
	check := func(want error) {
		t.Helper()
		for _, one := range []interface {
			Check(ctx context.Context, secret string) (string, error)
		}{s, guard} {
			if _, err := one.Check(t.Context(), secret); !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		}
		if _, err := s.Check(t.Context(), free); err != nil {
			t.Error(err)
		}
	}
	check(nil)
	if err := users.Disable(t.Context(), "kim"); err != nil {
		t.Fatal(err)
	}
	check(ErrStopped)
	for owner, want := range map[string]error{"kim": access.ErrDisabled, "nobody": access.ErrNoUser, "x y": access.ErrNoUser} {
		if err := s.Give(t.Context(), "shop", owner); !errors.Is(err, want) {
			t.Errorf("%s: %v", owner, err)
		}
	}
	if err := s.Give(t.Context(), "none", "lee"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if err := s.Give(t.Context(), "shop", "Lee"); err != nil {
		t.Error(err)
	}
	check(nil)
	if err := users.Enable(t.Context(), "kim"); err != nil {
		t.Fatal(err)
	}
	check(nil)
	keys, err := s.List(t.Context())
	if err != nil || len(keys) != 2 || keys[1].Owner != "lee" || keys[1].CreatedBy != "kim" {
		t.Errorf("%+v %v", keys, err)
	}
}

// A key ends by the clock that its store is given, Redis's, not by this machine's.
func TestExpiresByTheClock(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	secret, err := s.Make(t.Context(), Key{Name: "backoffice", CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for ahead, want := range map[time.Duration]error{0: nil, 59 * time.Minute: nil, 61 * time.Minute: ErrExpired} {
		s.By(func() time.Time { return time.Now().Add(ahead) })
		if _, err := s.Check(t.Context(), secret); !errors.Is(err, want) {
			t.Errorf("%v ahead: %v, want %v", ahead, err, want)
		}
	}
}
