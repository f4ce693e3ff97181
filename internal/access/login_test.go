package access

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if err := b.AddUser(t.Context(), NewUser{Name: "kim", Password: right, Role: Operator, Reveal: true}); err != nil {
		t.Fatal(err)
	}
	secret, session, actor, err := b.Login(t.Context(), "KIM", right, From{Address: "192.0.2.7", UserAgent: "Fire\nfox" + strings.Repeat("가", 1000)})
	if err != nil {
		t.Fatal(err)
	}
	if actor.Kind != KindUser || actor.Name != "kim" || actor.Role != Operator || actor.Session != session.ID || !actor.May(Reveal) || actor.May(Flush) {
		t.Errorf("%+v", actor)
	}
	at := b.clock.now().UTC()
	want := Session{ID: session.ID, User: "kim", How: ByPassword, Address: "192.0.2.7", UserAgent: "Fire?fox" + strings.Repeat("가", 248), CreatedAt: at, SeenAt: at, EndsAt: at.Add(12 * time.Hour)}
	if session != want {
		t.Errorf("%+v, want %+v", session, want)
	}
	again, same, err := b.replica(Options{}).Session(t.Context(), secret, 0)
	if fmt.Sprint(again) != fmt.Sprint(actor) || same != session || err != nil {
		t.Errorf("%+v %+v %v", again, same, err)
	}
	if u, _ := b.User(t.Context(), "kim"); !u.LoginAt.Equal(at) || u.LoginFrom != "192.0.2.7" {
		t.Errorf("%+v", u)
	}
	b.checkStore(t, secret, right)
}

// Whoever fails is told the same, whatever the reason; the audit log knows more.
func TestLoginFailed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "admin", Admin)
	b.add(t, "kim", Viewer)
	b.add(t, "gone", Viewer)
	if err := b.Disable(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	b.rdb.HSet(t.Context(), "push:{access}:user:sso", "role", "admin", "how", "oidc", "disabled", "0")
	for _, tt := range []struct{ name, password, user, why string }{
		{"kim", "wrong horse 고객", "kim", "wrong password"},
		{"kim", "", "kim", "wrong password"},
		{"kim", right + " ", "kim", "wrong password"},
		{"kim", strings.Repeat("x", 1<<20), "kim", "wrong password"},
		{"gone", right, "gone", "disabled"},
		{"gone", "wrong horse 고객", "gone", "wrong password"},
		{"nobody", right, "", "unknown user"},
		{"sso", right, "sso", "user of single sign-on"},
		{"sso", "", "sso", "user of single sign-on"},
		{"", "", "", "unknown user"},
		{"kim\x00", right, "", "unknown user"},
		{strings.Repeat("x", 1<<20), right, "", "unknown user"},
	} {
		secret, _, actor, err := b.Login(t.Context(), tt.name, tt.password, From{Address: "192.0.2." + fmt.Sprint(len(tt.why))})
		var failed *LoginError
		if !errors.Is(err, ErrLogin) || err.Error() != ErrLogin.Error() || !errors.As(err, &failed) || failed.User != tt.user || failed.Why != tt.why {
			t.Errorf("%.20q %.20q: %v %+v", tt.name, tt.password, err, failed)
		}
		if secret != "" || actor.May(Read) {
			t.Errorf("%.20q is in: %+v", tt.name, actor)
		}
	}
	b.checkStore(t, "nobody")
}

func TestCostChanges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	hashed := func() string { return b.rdb.HGet(t.Context(), "push:{access}:user:kim", "password").Val() }
	old := hashed()
	dearer := b.replica(Options{Cost: Cost{MemoryKiB: 128, Time: 2, Threads: 2}})
	if _, _, _, err := dearer.Login(t.Context(), "kim", "wrong horse 고객", here); !errors.Is(err, ErrLogin) || hashed() != old {
		t.Errorf("%v: %s", err, hashed())
	}
	if _, _, _, err := dearer.Login(t.Context(), "kim", right, here); err != nil || !strings.HasPrefix(hashed(), "$argon2id$v=19$m=128,t=2,p=2$") {
		t.Errorf("%v: %s", err, hashed())
	}
	kept := hashed()
	if _, _, _, err := dearer.Login(t.Context(), "kim", right, here); err != nil || hashed() != kept {
		t.Errorf("%v: hashed again without need", err)
	}
	b.login(t, "kim")
}

// A login that was on its way when the password changed, or the user was shut out,
// comes to nothing.
func TestChangedMeanwhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "admin", Admin)
	b.add(t, "kim", Viewer)
	for _, change := range []func() error{
		func() error { return b.SetPassword(t.Context(), "kim", right) },
		func() error { return b.Disable(t.Context(), "kim") },
	} {
		known, err := b.verify(t.Context(), "kim", right, here)
		if err != nil {
			t.Fatal(err)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		_, _, _, err = b.start(t.Context(), known, here)
		checkErr(t, err, ErrLogin)
	}
	if sessions, err := b.Sessions(t.Context(), ""); len(sessions) != 0 || err != nil {
		t.Errorf("%v %v", sessions, err)
	}
}

// What somebody wrote into Redis by hand neither lets anybody in nor ends the process.
func TestBrokenHash(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	for i, hashed := range []string{"", "x", "$argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=64,t=1,p=0$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=64,t=4294967295,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=1,p=1$$", "$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"} {
		b.rdb.HSet(t.Context(), "push:{access}:user:kim", "password", hashed)
		_, _, _, err := b.Login(t.Context(), "kim", "", From{Address: fmt.Sprint("192.0.2.", i)})
		if err == nil || errors.Is(err, ErrLogin) {
			t.Errorf("%q: %v", hashed, err)
		}
	}
}

func BenchmarkPassword(b *testing.B) {
	for _, c := range []Cost{DefaultCost, {MemoryKiB: 46 << 10, Time: 1, Threads: 1}, {MemoryKiB: 64 << 10, Time: 3, Threads: 1}} {
		h := newHasher(c, 1)
		hashed, err := h.hash(right)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("m=%d,t=%d,p=%d", c.MemoryKiB, c.Time, c.Threads), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if ok, _, err := h.check(right, hashed); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
