package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pushstream/internal/redistest"
)

// old writes a producer key as the version before did, and returns its secret.
func (b *bundle) old(t *testing.T, k oldKey) string {
	t.Helper()
	secret := oldKeyPrefix + newSecret()
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.rdb.HSet(t.Context(), "push:keys", oldField(secret), text).Err(); err != nil {
		t.Fatal(err)
	}
	return secret
}

var birth = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// tokens are the tokens by name.
func (b *bundle) tokens(t *testing.T) map[string]Token {
	t.Helper()
	list, err := b.Tokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]Token{}
	for _, one := range list {
		all[one.Name] = one
	}
	return all
}

// A producer key of the version before works, is listed, and is a token once converted:
// with the same secret, owner, end and age, and the same rights.
func TestConvertKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "root", Admin)
	b.add(t, "kim", Admin)
	g := b.guard()
	end := b.clock.now().Add(500 * 24 * time.Hour).UTC().Truncate(time.Second)
	shop := b.old(t, oldKey{Name: "Shop", CreatedAt: birth, CreatedBy: "lee", Owner: "kim"})
	bank := b.old(t, oldKey{Name: "bank", CreatedAt: birth, ExpiresAt: end})
	gone := b.old(t, oldKey{Name: "gone", CreatedAt: birth, ExpiresAt: b.clock.now().Add(-time.Hour)})
	b.rdb.HSet(t.Context(), "push:keys", "by hand", "{")
	check := func(name string) {
		t.Helper()
		wants(t, g, shop, name, nil)
		wants(t, g, bank, "bank", nil)
		wants(t, g, gone, "", ErrExpired)
		for _, secret := range []string{shop, bank} {
			if _, err := b.Token(t.Context(), secret); !errors.Is(err, ErrNoToken) {
				t.Errorf("it opens the admin's API: %v", err)
			}
		}
	}
	check("Shop")
	before := b.tokens(t)
	if k := before["Shop"]; !k.Old || k.CreatedBy != "lee" || k.Owner != "kim" || !k.CreatedAt.Equal(birth) || !k.UsedAt.Equal(b.clock.now()) || fmt.Sprint(k.Scopes) != "[submit]" {
		t.Errorf("%+v", k)
	}
	for range 2 {
		all, err := b.ConvertKeys(t.Context(), "", "")
		if err != nil || slices.ContainsFunc(all, func(c Converted) bool { return c.Err != nil }) {
			t.Fatalf("%+v %v", all, err)
		}
		check("shop")
		check("shop") // by a process that had listed the keys
	}
	after := b.tokens(t)
	if k := after["shop"]; k.Old || k.CreatedBy != "lee" || k.Owner != "kim" || !k.CreatedAt.Equal(birth) || !k.UsedAt.Equal(b.clock.now()) || !k.ExpiresAt.IsZero() {
		t.Errorf("%+v", k)
	}
	if k := after["bank"]; !k.ExpiresAt.Equal(end) || len(after) != 3 || !after["gone"].Expired {
		t.Errorf("%+v", after)
	}
	if n := b.rdb.HLen(t.Context(), "push:keys").Val(); n != 1 { // what was written by hand
		t.Errorf("%d keys left", n)
	}
	wants(t, NewGuard(b.rdb, "push", b.clock.now), bank, "bank", nil)
	if err := b.Disable(t.Context(), "kim"); err != nil {
		t.Fatal(err)
	}
	wants(t, g, shop, "", ErrStopped)
}

// A key whose name a token has stays a key that works, until it gets another name.
func TestConvertOfANameThatIsTaken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.token(t, "shop", time.Hour, Read)
	one, two := b.old(t, oldKey{Name: "Shop", CreatedAt: birth}), b.old(t, oldKey{Name: "bank", CreatedAt: birth})
	all, err := b.ConvertKeys(t.Context(), "", "")
	if err != nil || len(all) != 2 || !errors.Is(all[0].Err, ErrTokenExists) || all[1] != (Converted{"bank", nil}) {
		t.Fatalf("%+v %v", all, err)
	}
	g := b.guard()
	wants(t, g, one, "Shop", nil)
	wants(t, g, two, "bank", nil)
	for name, want := range map[string]error{"none": ErrNoToken, "bank": ErrNoToken} {
		_, err := b.ConvertKeys(t.Context(), name, "")
		checkErr(t, err, want)
	}
	if all, err := b.ConvertKeys(t.Context(), "shop", "a b"); err != nil || !errors.Is(all[0].Err, ErrName) {
		t.Errorf("%+v %v", all, err)
	}
	if all, err := b.ConvertKeys(t.Context(), "shop", "Shop2"); err != nil || all[0].Err != nil {
		t.Errorf("%+v %v", all, err)
	}
	wants(t, g, one, "shop2", nil)
	// Nor does a new token take the name of a key, in any case.
	b.old(t, oldKey{Name: "Till", CreatedAt: birth})
	_, err = b.AddToken(t.Context(), NewToken{Name: "till", Scopes: []Permission{Submit}})
	checkErr(t, err, ErrTokenExists)
	b.old(t, oldKey{Name: "past", CreatedAt: birth, ExpiresAt: birth.Add(time.Hour)})
	b.submit(t, "past")
	if k := b.tokens(t)["past"]; k.Old || k.Expired {
		t.Errorf("%+v", k)
	}
}

// A conversion that died after it had made the token is finished by the next one, and what
// is removed in between is gone in both forms.
func TestConvertThatDied(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guard()
	half := func(name string) string {
		secret := b.old(t, oldKey{Name: name, CreatedAt: birth})
		value := b.rdb.HGet(t.Context(), "push:keys", oldField(secret)).Val()
		if _, err := b.ConvertKeys(t.Context(), name, ""); err != nil {
			t.Fatal(err)
		}
		b.rdb.HSet(t.Context(), "push:keys", oldField(secret), value)
		return secret
	}
	shop := half("shop")
	wants(t, g, shop, "shop", nil)
	if all, err := b.ConvertKeys(t.Context(), "", ""); err != nil || len(all) != 1 || all[0].Err != nil {
		t.Errorf("%+v %v", all, err)
	}
	wants(t, g, shop, "shop", nil)
	bank := half("bank")
	if err := b.RemoveToken(t.Context(), "bank"); err != nil {
		t.Fatal(err)
	}
	wants(t, g, bank, "", ErrNoToken)
	if n := b.rdb.HLen(t.Context(), "push:keys").Val(); n != 0 {
		t.Errorf("%d keys left", n)
	}
}

// Keys that are used, removed and converted at the same time: a secret that was not
// removed works at any moment, and one that was never comes back.
func TestConvertBesideRemoval(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guard()
	kept := map[string]string{}
	removed := map[string]string{}
	for i := range 40 {
		name := fmt.Sprint("key-", i)
		all := kept
		if i%2 == 0 {
			all = removed
		}
		all[name] = b.old(t, oldKey{Name: name, CreatedAt: birth})
	}
	stop := make(chan struct{})
	var users, changes sync.WaitGroup
	users.Go(func() {
		for {
			for name, secret := range kept {
				if got, err := g.Check(context.Background(), secret); got != name || err != nil {
					t.Errorf("%s: %q %v", name, got, err)
				}
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for range 3 {
		changes.Go(func() {
			if _, err := b.ConvertKeys(context.Background(), "", ""); err != nil {
				t.Error(err)
			}
		})
	}
	changes.Go(func() {
		for name := range removed {
			if err := b.RemoveToken(context.Background(), name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	changes.Wait()
	close(stop)
	users.Wait()
	for _, secret := range removed {
		wants(t, g, secret, "", ErrNoToken)
	}
	if all := b.tokens(t); len(all) != len(kept) || b.rdb.HLen(t.Context(), "push:keys").Val() != 0 {
		t.Errorf("%d tokens", len(all))
	}
}

// Keys can be removed and given away as tokens can. Two of one name, added in the same
// moment, both go.
func TestKeysAreRemovedAndGiven(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "root", Admin)
	g := b.guard()
	shop, twin := b.old(t, oldKey{Name: "Shop", CreatedAt: birth, Owner: "nobody"}), b.old(t, oldKey{Name: "Shop", CreatedAt: birth})
	other := b.old(t, oldKey{Name: "shop", CreatedAt: birth})
	wants(t, g, shop, "", ErrStopped)
	checkErr(t, b.GiveToken(t.Context(), "Shop", "none"), ErrNoUser)
	checkErr(t, b.GiveToken(t.Context(), "none", "root"), ErrNoToken)
	checkErr(t, b.GiveToken(t.Context(), "Shop", "Root"), nil)
	wants(t, g, shop, "Shop", nil)
	checkErr(t, b.RemoveToken(t.Context(), "Shop"), nil)
	wants(t, g, shop, "", ErrNoToken)
	wants(t, g, twin, "", ErrNoToken)
	wants(t, g, other, "shop", nil)
	checkErr(t, b.RemoveToken(t.Context(), "SHOP"), nil)
	wants(t, g, other, "", ErrNoToken)
	checkErr(t, b.RemoveToken(t.Context(), "shop"), ErrNoToken)
	for key := range redistest.Dump(t, b.rdb) {
		if strings.Contains(key, "convert") || strings.HasSuffix(key, ":keys") {
			t.Errorf("%s is left", key)
		}
	}
}
