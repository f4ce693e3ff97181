package access

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pushstream/internal/redistest"
)

func (b *bundle) token(t *testing.T, name string, life time.Duration, scopes ...Permission) string {
	t.Helper()
	secret, err := b.AddToken(t.Context(), NewToken{Name: name, Scopes: scopes, By: "kim", ExpiresAt: b.clock.now().Add(life)})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := b.clock.now().UTC()
	siem := b.token(t, "SIEM", time.Hour, Audit, Read, Read)
	batch := b.token(t, "batch", LongestToken, Change)
	if !strings.HasPrefix(siem, "pst_") || len(siem) != 47 || siem == batch {
		t.Errorf("%q %q", siem, batch)
	}
	actor, err := b.replica(Options{}).Token(t.Context(), siem)
	if want := (Actor{Kind: KindToken, Name: "siem", Permissions: []Permission{Read, Audit}}); fmt.Sprint(actor) != fmt.Sprint(want) || err != nil {
		t.Errorf("%+v %v", actor, err)
	}
	if actor.May(Change) || actor.May(Self) || !actor.May(Audit) {
		t.Errorf("%+v", actor)
	}
	want := []Token{
		{Name: "batch", Scopes: []Permission{Change}, CreatedBy: "kim", CreatedAt: at, ExpiresAt: at.Add(LongestToken)},
		{Name: "siem", Scopes: []Permission{Read, Audit}, CreatedBy: "kim", CreatedAt: at, ExpiresAt: at.Add(time.Hour), UsedAt: at},
	}
	if list, err := b.Tokens(t.Context()); fmt.Sprint(list) != fmt.Sprint(want) || err != nil {
		t.Errorf("%+v %v, want %+v", list, err, want)
	}
	b.checkStore(t, siem, batch)

	if err := b.RemoveToken(t.Context(), "siem"); err != nil {
		t.Fatal(err)
	}
	_, err = b.Token(t.Context(), siem)
	checkErr(t, err, ErrNoToken)
	if _, err := b.Token(t.Context(), batch); err != nil {
		t.Error(err)
	}
	checkErr(t, b.RemoveToken(t.Context(), "siem"), ErrNoToken)
	checkErr(t, b.RemoveToken(t.Context(), "a b"), ErrNoToken)
}

func TestTokenExpires(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := b.token(t, "batch", time.Hour, Read)
	b.pass(time.Hour - time.Millisecond)
	if _, err := b.Token(t.Context(), secret); err != nil {
		t.Error(err)
	}
	b.pass(time.Millisecond)
	_, err := b.Token(t.Context(), secret)
	checkErr(t, err, ErrNoToken)
	if list, err := b.Tokens(t.Context()); len(list) != 1 || !list[0].Expired || err != nil {
		t.Errorf("it is not shown as expired: %+v %v", list, err)
	}
	// Its name is free for the next one.
	next := b.token(t, "batch", time.Hour, Read)
	if list, err := b.Tokens(t.Context()); len(list) != 1 || list[0].Expired || err != nil {
		t.Errorf("%+v %v", list, err)
	}
	if _, err := b.Token(t.Context(), next); err != nil {
		t.Error(err)
	}
	// What expired 30 days ago leaves nothing behind.
	b.pass(time.Hour + shownFor)
	b.token(t, "another", time.Hour, Read)
	if n := b.rdb.ZCard(t.Context(), "push:{access}:tokens").Val(); n != 1 {
		t.Errorf("%d tokens", n)
	}
}

func TestTokenUseIsNotedCoarsely(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := b.token(t, "batch", time.Hour, Read)
	used := func() time.Time {
		if _, err := b.Token(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		list, err := b.Tokens(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return list[0].UsedAt
	}
	first := used()
	b.pass(59 * time.Second)
	if again := used(); !again.Equal(first) {
		t.Errorf("noted after %v", again.Sub(first))
	}
	b.pass(time.Second)
	if again := used(); !again.Equal(b.clock.now()) {
		t.Errorf("%v", again)
	}
}

func TestTokenMistakes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	soon := b.clock.now().Add(time.Hour)
	read := []Permission{Read}
	for _, tt := range []struct {
		token NewToken
		want  error
	}{
		{NewToken{Name: "a b", Scopes: read, ExpiresAt: soon}, ErrName},
		{NewToken{Name: "", Scopes: read, ExpiresAt: soon}, ErrName},
		{NewToken{Name: "a", ExpiresAt: soon}, ErrScope},
		{NewToken{Name: "a", Scopes: []Permission{""}, ExpiresAt: soon}, ErrScope},
		{NewToken{Name: "a", Scopes: []Permission{Read, Users}, ExpiresAt: soon}, ErrScope},
		{NewToken{Name: "a", Scopes: []Permission{Self}, ExpiresAt: soon}, ErrScope},
		{NewToken{Name: "a", Scopes: []Permission{"read export"}, ExpiresAt: soon}, ErrScope},
		{NewToken{Name: "a", Scopes: read}, ErrExpires},
		{NewToken{Name: "a", Scopes: read, ExpiresAt: b.clock.now()}, ErrExpires},
		{NewToken{Name: "a", Scopes: read, ExpiresAt: b.clock.now().Add(LongestToken + time.Second)}, ErrExpires},
		{NewToken{Name: "a", Scopes: read, ExpiresAt: time.Unix(1<<60, 0)}, ErrExpires},
	} {
		secret, err := b.AddToken(t.Context(), tt.token)
		checkErr(t, err, tt.want)
		if secret != "" {
			t.Error("there is a secret")
		}
	}
	if dump := redistest.Dump(t, b.rdb); len(dump) != 0 {
		t.Errorf("%v", dump)
	}
	secret := b.token(t, "a", time.Hour, Read)
	for _, forged := range []string{"", "pst_", secret[4:], secret + "x", secret[:46], "pst_" + hash(secret), strings.Repeat("pst_", 1<<18)} {
		_, err := b.Token(t.Context(), forged)
		checkErr(t, err, ErrNoToken)
	}
}

func TestTokenAddedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var group sync.WaitGroup
	made := make(chan string, 16)
	for range cap(made) {
		group.Go(func() {
			secret, err := b.AddToken(t.Context(), NewToken{Name: "batch", Scopes: []Permission{Read}, ExpiresAt: b.clock.now().Add(time.Hour)})
			if err == nil {
				made <- secret
			} else {
				checkErr(t, err, ErrTokenExists)
			}
		})
	}
	group.Wait()
	if len(made) != 1 {
		t.Fatalf("%d made it", len(made))
	}
	if _, err := b.Token(t.Context(), <-made); err != nil {
		t.Error(err)
	}
}

// A scope that is none by now, or was written by hand, allows nothing.
func TestScopesByHand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := b.token(t, "batch", time.Hour, Read)
	b.rdb.HSet(t.Context(), b.keys.token(hash(secret)), "scopes", "users read everything self")
	actor, err := b.Token(t.Context(), secret)
	if fmt.Sprint(actor.Permissions) != "[read]" || err != nil {
		t.Errorf("%+v %v", actor, err)
	}
}
