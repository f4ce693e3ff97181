package access

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pushstream/internal/redistest"
)

func TestIdleEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	secret, session := b.login(t, "kim")
	if ttl := b.rdb.PTTL(t.Context(), b.keys.session(session.ID)).Val(); ttl > 30*time.Minute || ttl < 29*time.Minute {
		t.Errorf("it lives for %v", ttl)
	}
	for range 10 {
		b.pass(29 * time.Minute)
		if !b.open(t, secret) {
			t.Fatal("used every 29 minutes, it ended")
		}
	}
	b.pass(30 * time.Minute)
	if list, err := b.Sessions(t.Context(), ""); len(list) != 0 || err != nil {
		t.Errorf("it is still listed: %v %v", list, err)
	}
	if b.open(t, secret) {
		t.Error("unused for 30 minutes, it goes on")
	}
	if b.rdb.Exists(t.Context(), b.keys.session(session.ID), b.keys.sessions("kim")).Val() != 0 {
		t.Error("it left something behind")
	}
}

func TestAbsoluteEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	secret, session := b.login(t, "kim")
	for b.clock.now().Before(session.EndsAt.Add(-20 * time.Minute)) {
		b.pass(20 * time.Minute)
		if !b.open(t, secret) {
			t.Fatal("it ended early")
		}
	}
	if ttl := b.rdb.PTTL(t.Context(), b.keys.session(session.ID)).Val(); ttl > 20*time.Minute {
		t.Errorf("it would live for another %v", ttl)
	}
	b.pass(20 * time.Minute)
	if b.open(t, secret) {
		t.Error("used all the time, it never ends")
	}
}

// Use is noted once a minute, not at every request.
func TestUseIsNotedCoarsely(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	secret, _ := b.login(t, "kim")
	before := fmt.Sprint(redistest.Dump(t, b.rdb))
	b.pass(59 * time.Second)
	if !b.open(t, secret) || fmt.Sprint(redistest.Dump(t, b.rdb)) != before {
		t.Error("it was noted within the minute")
	}
	b.pass(time.Second)
	_, session, err := b.Session(t.Context(), secret, 0)
	if err != nil || !session.SeenAt.Equal(b.clock.now()) || fmt.Sprint(redistest.Dump(t, b.rdb)) == before {
		t.Errorf("it was not noted after a minute: %+v %v", session, err)
	}
}

func TestChangesCountAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "root", Admin)
	b.add(t, "kim", Viewer)
	secret, _ := b.login(t, "kim")
	other := b.replica(Options{})
	may := func(p Permission) bool {
		actor, _, err := other.Session(t.Context(), secret, 0)
		if err != nil {
			t.Fatal(err)
		}
		return actor.May(p)
	}
	if may(Flush) || may(Reveal) {
		t.Error("a viewer may too much")
	}
	if err := b.SetRole(t.Context(), "kim", Admin, true); err != nil {
		t.Fatal(err)
	}
	if !may(Flush) || !may(Reveal) {
		t.Error("the new role does not count")
	}
	if err := b.SetRole(t.Context(), "kim", Operator, false); err != nil {
		t.Fatal(err)
	}
	if may(Flush) || may(Reveal) || !may(Change) {
		t.Error("the old role still counts")
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "root", Admin)
	b.add(t, "kim", Viewer)
	root, _ := b.login(t, "root")
	for what, end := range map[string]func(id string) error{
		"disabled":     func(string) error { return b.Disable(t.Context(), "kim") },
		"new password": func(string) error { return b.SetPassword(t.Context(), "kim", right) },
		"all ended": func(string) error {
			n, err := b.EndSessions(t.Context(), "kim")
			if n != 2 {
				t.Errorf("%d sessions ended", n)
			}
			return err
		},
		"one ended": func(id string) error { return b.EndSession(t.Context(), id) },
	} {
		secret, session := b.login(t, "kim")
		other, _ := b.login(t, "kim")
		if err := end(session.ID); err != nil {
			t.Fatal(err)
		}
		if b.open(t, secret) {
			t.Errorf("%s: the session goes on", what)
		}
		if b.open(t, other) != (what == "one ended") {
			t.Errorf("%s: the user's other session", what)
		}
		if !b.open(t, root) {
			t.Errorf("%s: another user's session has ended", what)
		}
		if err := b.Enable(t.Context(), "kim"); err != nil {
			t.Fatal(err)
		}
		if b.open(t, secret) {
			t.Errorf("%s: enabled again, the session is back", what)
		}
		if _, err := b.EndSessions(t.Context(), "kim"); err != nil {
			t.Fatal(err)
		}
	}
	checkErr(t, b.EndSession(t.Context(), "nosuch"), ErrNoSession)
}

// Should a session outlive its user's being shut out, it opens nothing.
func TestDisabledByHand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	for _, change := range []func(){
		func() { b.rdb.HSet(t.Context(), b.keys.user("kim"), "disabled", "1") },
		func() { b.rdb.Del(t.Context(), b.keys.user("kim")) },
	} {
		secret, _ := b.login(t, "kim")
		change()
		if b.open(t, secret) {
			t.Error("it is open")
		}
		b.rdb.HSet(t.Context(), b.keys.user("kim"), "disabled", "0")
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	b.add(t, "bae", Viewer)
	_, first := b.login(t, "kim")
	b.pass(time.Second)
	_, second := b.login(t, "bae")
	for user, want := range map[string][]Session{"": {second, first}, "KIM": {first}, "bae": {second}, "nobody": {}, "a b": {}} {
		got, err := b.Sessions(t.Context(), user)
		if fmt.Sprint(got) != fmt.Sprint(want) || err != nil {
			t.Errorf("%q: %v %v", user, got, err)
		}
	}
}

func TestTooManySessions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	first, _ := b.login(t, "kim")
	var last string
	for range maxSessions {
		b.pass(time.Second)
		last, _ = b.login(t, "kim")
	}
	if b.open(t, first) || !b.open(t, last) {
		t.Error("the oldest stays, or the newest goes")
	}
	if list, err := b.Sessions(t.Context(), "kim"); len(list) != maxSessions || err != nil {
		t.Errorf("%d sessions: %v", len(list), err)
	}
	b.checkStore(t)
}

func TestForgedSessions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	secret, session := b.login(t, "kim")
	before := fmt.Sprint(redistest.Dump(t, b.rdb))
	for _, forged := range []string{"", session.ID, session.ID + strings.Repeat("0", 11), secret[:42], secret + "A", strings.ToUpper(secret), tokenPrefix + secret, strings.Repeat("x", 1<<20), "\x00", newSecret()} {
		if b.open(t, forged) {
			t.Errorf("%.50q opens a session", forged)
		}
	}
	if _, err := b.Token(t.Context(), tokenPrefix+secret); err == nil {
		t.Error("a session's secret is a token")
	}
	if after := fmt.Sprint(redistest.Dump(t, b.rdb)); after != before {
		t.Errorf("%s, was %s", after, before)
	}
}

// The client repeats a script whose answer was lost.
func TestStartedTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	for range 2 {
		answer, err := startScript.Run(t.Context(), b.rdb, []string{b.keys.user("kim"), b.keys.session("x"), b.keys.sessions("kim")},
			string(b.keys), "x", "kim", "password", b.rdb.HGet(t.Context(), b.keys.user("kim"), "password").Val(), "again", "", "", b.Store.now(), 1000000, 1000000, 1)
		if fmt.Sprint(answer) != "[viewer 0]" || err != nil {
			t.Errorf("%v %v", answer, err)
		}
	}
}

func BenchmarkSession(bench *testing.B) {
	rdb := redistest.New(bench).Client(bench)
	s := New(rdb, "push", Options{Cost: cheap})
	if err := s.AddUser(bench.Context(), NewUser{Name: "kim", Password: right, Role: Admin}); err != nil {
		bench.Fatal(err)
	}
	secret, _, _, err := s.Login(bench.Context(), "kim", right, here)
	if err != nil {
		bench.Fatal(err)
	}
	for bench.Loop() {
		if _, _, err := s.Session(bench.Context(), secret, 0); err != nil {
			bench.Fatal(err)
		}
	}
}

// What no person caused is no use of a session, however often it comes.
func TestUnattendedEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	secret, session := b.login(t, "kim")
	for b.clock.now().Before(session.SeenAt.Add(29 * time.Minute)) {
		b.pass(10 * time.Second)
		_, is, err := b.Session(t.Context(), secret, Unattended)
		if err != nil {
			t.Fatal("it ended early", err)
		}
		if left, _ := b.Left(is); left != session.SeenAt.Add(30*time.Minute).Sub(b.clock.now()) {
			t.Fatalf("%v are left", left)
		}
	}
	b.pass(time.Minute)
	if b.open(t, secret) {
		t.Error("asked for every 10 s by nobody, it goes on")
	}
	if b.rdb.Exists(t.Context(), b.keys.session(session.ID), b.keys.sessions("kim")).Val() != 0 {
		t.Error("it left something behind")
	}
}

// A request says how long ago a person was there: so long ago the session was used.
func TestAgeOfInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	secret, session := b.login(t, "kim")
	seen := session.SeenAt
	for _, one := range []struct{ pass, age, seen time.Duration }{
		{20 * time.Minute, 5 * time.Minute, 15 * time.Minute},  // seen is since the login
		{time.Minute, 10 * time.Minute, 15 * time.Minute},      // another tab that was used before: nothing is taken back
		{0, Unattended, 15 * time.Minute},                      // what asks by itself
		{19 * time.Minute, time.Minute, 39 * time.Minute},      // in time
		{28 * time.Minute, 40 * time.Minute, 39 * time.Minute}, // before the last use
		{0, 1 << 31 * time.Second, 39 * time.Minute},           // nonsense
		{30 * time.Second, 0, 68*time.Minute + 30*time.Second}, // half a minute before the end
	} {
		b.pass(one.pass)
		_, is, err := b.Session(t.Context(), secret, one.age)
		if err != nil || !is.SeenAt.Equal(seen.Add(one.seen)) {
			t.Fatalf("%+v: seen at %v %v", one, is.SeenAt.Sub(seen), err)
		}
		ttl := b.rdb.PTTL(t.Context(), b.keys.session(session.ID)).Val()
		left, _ := b.Left(is)
		if left != is.SeenAt.Add(30*time.Minute).Sub(b.clock.now()) || one.age >= 0 && one.pass > 0 && is.SeenAt.Equal(b.clock.now().Add(-one.age)) && (ttl > left || ttl < left-time.Minute) {
			t.Errorf("%+v: %v are left, Redis keeps it for %v", one, left, ttl)
		}
	}
	b.pass(30 * time.Minute)
	if _, _, err := b.Session(t.Context(), secret, 29*time.Minute); err == nil {
		t.Error("an end that has come is taken back")
	}
}

// What is left is bounded by the absolute end.
func TestLeftIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	secret, session := b.login(t, "kim")
	for b.clock.now().Before(session.EndsAt.Add(-10 * time.Minute)) {
		b.pass(10 * time.Minute)
		_, is, err := b.Session(t.Context(), secret, 0)
		left, atMost := b.Left(is)
		if end := session.EndsAt.Sub(b.clock.now()); err != nil || left != min(30*time.Minute, end) || atMost != end {
			t.Fatalf("%v, at most %v, want %v: %v", left, atMost, end, err)
		}
	}
}
