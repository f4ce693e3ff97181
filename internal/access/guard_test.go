package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redistest"
)

// calls is how often Redis was asked by a command.
func calls(t *testing.T, rdb *redis.Client, command string) int {
	t.Helper()
	info, err := rdb.Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if _, rest, ok := strings.Cut(info, "cmdstat_"+command+":calls="); ok {
		if _, err := fmt.Sscan(strings.SplitN(rest, ",", 2)[0], &n); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func made(i int) string { return fmt.Sprintf("%s%043d", tokenPrefix, i) }

// guard is one of the bundle's tokens.
func (b *bundle) guard() *Guard { return NewGuard(b.rdb, "push", b.clock.now) }

// submit makes a token with the scope submit alone, and no end.
func (b *bundle) submit(t *testing.T, name string) string {
	t.Helper()
	secret, err := b.AddToken(t.Context(), NewToken{Name: name, Scopes: []Permission{Submit}, By: "kim"})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func wants(t *testing.T, g *Guard, secret, name string, want error) {
	t.Helper()
	if got, err := g.Check(t.Context(), secret); got != name || !errors.Is(err, want) {
		t.Errorf("%q %v, want %q %v", got, err, name, want)
	}
}

// The scope submit opens producers and nothing else, and no other scope opens them.
func TestSubmitIsForProducersOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guard()
	shop, reader := b.submit(t, "Shop"), b.token(t, "reader", time.Hour, Read)
	both := b.token(t, "both", time.Hour, Submit, Read)
	wants(t, g, shop, "shop", nil)
	wants(t, g, both, "both", nil)
	wants(t, g, reader, "", ErrNoToken)
	if actor, err := b.Token(t.Context(), shop); !errors.Is(err, ErrNoToken) || len(actor.Permissions) != 0 {
		t.Errorf("%+v %v", actor, err)
	}
	if actor, err := b.Token(t.Context(), both); err != nil || fmt.Sprint(actor.Permissions) != "[read]" {
		t.Errorf("%+v %v", actor, err)
	}
	for _, role := range Roles() {
		for _, p := range role.Permissions() {
			if p == Submit {
				t.Errorf("%s may submit", role)
			}
		}
	}
	b.checkStore(t, shop, both, reader)
}

// A token ends by the clock that is Redis's; with the scope submit alone it need not end.
func TestSubmitExpires(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guard()
	soon, never := b.token(t, "soon", time.Hour, Submit), b.submit(t, "never")
	b.pass(time.Hour - time.Millisecond)
	wants(t, g, soon, "soon", nil)
	b.pass(time.Millisecond)
	wants(t, g, soon, "", ErrExpired)
	b.pass(20 * 365 * 24 * time.Hour)
	wants(t, g, never, "never", nil)
	list, err := b.Tokens(t.Context())
	if err != nil || len(list) != 2 || !list[0].ExpiresAt.IsZero() || list[0].Expired || !list[1].Expired {
		t.Errorf("%+v %v", list, err)
	}
	now := b.clock.now()
	for _, tt := range []struct {
		scopes []Permission
		end    time.Time
		want   error
	}{
		{[]Permission{Submit}, now.Add(LongestSubmit), nil},
		{[]Permission{Submit}, now.Add(LongestSubmit + time.Second), ErrExpires},
		{[]Permission{Submit}, now, ErrExpires},
		{[]Permission{Submit, Read}, time.Time{}, ErrExpires},
		{[]Permission{Submit, Read}, now.Add(LongestToken + time.Second), ErrExpires},
	} {
		_, err := b.AddToken(t.Context(), NewToken{Name: "x", Scopes: tt.scopes, ExpiresAt: tt.end})
		checkErr(t, err, tt.want)
	}
}

// A use is shown in the list, to the minute, and outlives neither the token's entry there
// nor 400 days.
func TestUseAtProducersIsNoted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guard()
	secret := b.submit(t, "shop")
	used := func() time.Time {
		t.Helper()
		wants(t, g, secret, "shop", nil)
		list, err := b.Tokens(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return list[0].UsedAt
	}
	first := used()
	if !first.Equal(b.clock.now()) {
		t.Errorf("%v", first)
	}
	b.pass(59 * time.Second)
	if again := used(); !again.Equal(first) {
		t.Errorf("noted after %v", again.Sub(first))
	}
	b.pass(time.Second)
	if again := used(); !again.Equal(b.clock.now()) {
		t.Errorf("%v", again)
	}
	b.checkStore(t, secret)
}

// A producer that may only read the tokens lets in what it should; see Role.Rules.
func TestGuardWhileRedisRefusesWrites(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := b.submit(t, "shop")
	if err := b.rdb.ConfigSet(t.Context(), "min-replicas-to-write", "1").Err(); err != nil {
		t.Fatal(err)
	}
	wants(t, b.guard(), secret, "shop", nil)
}

// Made-up tokens don't reach Redis one by one, and don't delay those that there are.
func TestGuardOfMadeUpTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guard()
	secret := b.submit(t, "shop")
	before := calls(t, b.rdb, "hkeys")
	var all sync.WaitGroup
	for i := range 2000 {
		all.Go(func() {
			if _, err := g.Check(context.Background(), made(i)); !errors.Is(err, ErrNoToken) {
				t.Errorf("%v", err)
			}
		})
	}
	for range 100 {
		wants(t, g, secret, "shop", nil)
	}
	all.Wait()
	if lists, gets := calls(t, b.rdb, "hkeys")-before, calls(t, b.rdb, "hmget"); lists > 50 || gets > 120 {
		t.Errorf("%d lists, %d gets", lists, gets)
	}
}

// Many requests with one token ask for it once at a time.
func TestGuardOfOneToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guard()
	secret := b.submit(t, "shop")
	wants(t, g, secret, "shop", nil)
	if err := b.rdb.Do(t.Context(), "CLIENT", "PAUSE", "300", "ALL").Err(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			if name, err := g.Check(context.Background(), secret); name != "shop" || err != nil {
				t.Errorf("%q %v", name, err)
			}
		})
	}
	all.Wait()
	if gets := calls(t, b.rdb, "hmget"); gets > 500 {
		t.Errorf("%d gets", gets)
	}
}

// A token that is added works, one that is removed does not.
func TestGuardSeesChanges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guard()
	for range 3 {
		secret := b.submit(t, "shop")
		wants(t, g, secret, "shop", nil)
		if err := b.RemoveToken(t.Context(), "shop"); err != nil {
			t.Fatal(err)
		}
		wants(t, g, secret, "", ErrNoToken)
	}
	for _, secret := range []string{"", "x", "pst_", "psk_", tokenPrefix + strings.Repeat("x", 10_000)} {
		wants(t, g, secret, "", ErrNoToken)
	}
}

// Redis that is away is no unknown token.
func TestGuardWithoutRedis(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guard()
	secret := b.submit(t, "shop")
	wants(t, g, secret, "shop", nil)
	b.rdb.Close()
	for _, one := range []string{secret, made(1)} {
		if _, err := g.Check(t.Context(), one); err == nil || errors.Is(err, ErrNoToken) {
			t.Error(err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Check(ended, made(2)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A token stops with the user who owns it, whatever the user's role, and goes on with
// another owner.
func TestSubmitStopsWithItsOwner(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "root", Admin)
	b.add(t, "kim", Viewer)
	g := b.guard()
	secret, err := b.AddToken(t.Context(), NewToken{Name: "shop", Scopes: []Permission{Submit}, Owner: "KIM"})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, g, secret, "shop", nil)
	if err := b.Disable(t.Context(), "kim"); err != nil {
		t.Fatal(err)
	}
	wants(t, g, secret, "", ErrStopped)
	if err := b.GiveToken(t.Context(), "shop", "root"); err != nil {
		t.Fatal(err)
	}
	wants(t, g, secret, "shop", nil)
}

// What is in Redis opens nothing.
func TestHashesOpenNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := b.submit(t, "shop")
	g := b.guard()
	for _, one := range []string{hash(secret), tokenPrefix + hash(secret), oldKeyPrefix + secret[4:], oldField(secret), strings.ToUpper(secret), " " + secret} {
		wants(t, g, one, "", ErrNoToken)
	}
	if _, err := NewGuard(b.rdb, "other", b.clock.now).Check(t.Context(), secret); !errors.Is(err, ErrNoToken) {
		t.Error(err)
	}
	for key := range redistest.Dump(t, b.rdb) {
		if !strings.HasPrefix(key, "push:{access}:") {
			t.Error(key)
		}
	}
}
