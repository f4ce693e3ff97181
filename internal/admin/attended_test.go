package admin

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pushstream/internal/access"
)

// seen is when a person last used the only session of a user, as the store has it.
func (b *bundle) seen(t *testing.T, user string) time.Time {
	t.Helper()
	sessions, err := b.access.Sessions(t.Context(), user)
	if err != nil || len(sessions) != 1 {
		t.Fatal(sessions, err)
	}
	return sessions[0].SeenAt
}

// unused makes the last use of all sessions of a user one that is so long ago.
func (b *bundle) unused(t *testing.T, user string, ago time.Duration) time.Time {
	t.Helper()
	sessions, err := b.access.Sessions(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-ago).Truncate(time.Millisecond)
	for _, s := range sessions {
		if err := b.rdb.HSet(t.Context(), "push:{access}:session:"+s.ID, "seen_ms", at.UnixMilli()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	return at
}

// No route renews a session by itself; each does for a person.
func TestOnlyPersonsRenew(t *testing.T) {
	t.Parallel()
	b := changeable(t)
	for _, one := range b.api.routes() {
		if one.may == anyone && one.path != "/login" || one.is&stays != 0 || one.method == "DELETE" && one.path == "/session" {
			continue // no session is looked at, or it does not answer, or ends it
		}
		user := "user" + strconv.Itoa(int(time.Now().UnixNano()%1e9))
		secret := b.user(t, user, access.Viewer, false)
		path := base + strings.NewReplacer(":id", "x", ":name", "x", ":project", "x", ":hash", "x").Replace(one.path)
		before := b.unused(t, user, 20*time.Minute)
		for _, age := range []string{"", "nonsense", "-1", "1.5", "1e3", "99999999999999999999", "3000"} {
			w := b.as("localhost", map[string]string{"Cookie": plainCookie + "=" + secret, inputHeader: age}, one.method, path, "")
			if w.Code == 401 {
				t.Fatalf("%s %s: %d %s", one.method, one.path, w.Code, w.Body)
			}
			if at := b.seen(t, user); !at.Equal(before) {
				t.Errorf("%s %s with the age %q renews", one.method, one.path, age)
			}
		}
		now := time.Now()
		b.as("localhost", map[string]string{"Cookie": plainCookie + "=" + secret, inputHeader: "60"}, one.method, path, "")
		if at := b.seen(t, user); at.Before(now.Add(-61*time.Second)) || at.After(time.Now().Add(-59*time.Second)) {
			t.Errorf("%s %s a minute after a person: seen %v ago", one.method, one.path, time.Since(at))
		}
	}
}

// Who asks is told how long the session lasts, and asking by itself does not change it.
func TestSessionTellsItsEnd(t *testing.T) {
	t.Parallel()
	b := empty(t)
	kim := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "kim", access.Viewer, false)}
	b.unused(t, "kim", 20*time.Minute)
	for range 2 {
		m := decode[me](t, b.as("localhost", kim, "GET", "/api/v1/session", ""))
		if m.IdleSecs != 1800 || m.LeftMS == nil || *m.LeftMS > 600_000 || *m.LeftMS < 540_000 || m.AtMostMS == nil || *m.AtMostMS < 11*3_600_000 {
			t.Errorf("%+v", m)
		}
	}
	kim[inputHeader] = "0"
	if m := decode[me](t, b.as("localhost", kim, "GET", "/api/v1/session", "")); *m.LeftMS < 1_740_000 {
		t.Errorf("%+v", m)
	}
	machine := map[string]string{"Authorization": "Bearer " + b.token(t, "machine"), inputHeader: "0"}
	if w := b.as("localhost", machine, "GET", "/api/v1/session", ""); strings.Contains(w.Body.String(), "left_ms") {
		t.Errorf("a token has a session: %s", w.Body)
	}
}
