package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/redistest"
)

const password = "correct horse 고객"

// runsWith is runs with something on stdin.
func runsWith(t *testing.T, s *redistest.Server, stdin string, args ...string) *process {
	t.Helper()
	p := startWith(t, stdin, append([]string{"--redis-url=" + s.URL()}, args...)...)
	p.wait(t)
	return p
}

func accessOf(t *testing.T, s *redistest.Server) *access.Store {
	t.Helper()
	return access.New(s.Client(t), "push", access.Options{Cost: access.Cost{MemoryKiB: 64, Time: 1, Threads: 1}})
}

func login(t *testing.T, store *access.Store, name, password string) (string, error) {
	t.Helper()
	secret, _, _, err := store.Login(t.Context(), name, password, access.From{Address: "192.0.2.7", UserAgent: "Firefox"})
	return secret, err
}

func TestUsers(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	store := accessOf(t, s)
	checkRun(t, runsWith(t, s, password+"\r\n", "user", "add", "Kim", "--role=admin"), 0, nil, nil)
	p := runs(t, s, "user", "add", "bae", "--role=viewer", "--reveal", "--generate")
	generated := line(t, p.stdout.String()) // alone on stdout, so that a script can take it
	if p.code != 0 || len(generated) < 20 || strings.Contains(p.stderr.String(), generated) {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
	for name, password := range map[string]string{"kim": password, "bae": generated} {
		if _, err := login(t, store, name, password); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	p = runs(t, s, "user", "list")
	checkRun(t, p, 0, []string{"NAME", "kim", "admin", "bae", "viewer", "yes", "enabled", "192.0.2.7"}, nil)
	if strings.Contains(p.stdout.String(), "argon2") || strings.Contains(p.stdout.String(), generated) {
		t.Errorf("%s", p.stdout.String())
	}

	checkRun(t, runs(t, s, "user", "role", "bae", "--role=operator"), 0, nil, nil)
	if u, err := store.User(t.Context(), "bae"); u.Role != access.Operator || !u.Reveal || err != nil {
		t.Errorf("%+v %v", u, err)
	}
	checkRun(t, runs(t, s, "user", "role", "bae", "--role=viewer", "--no-reveal"), 0, nil, nil)
	if u, err := store.User(t.Context(), "bae"); u.Role != access.Viewer || u.Reveal || err != nil {
		t.Errorf("%+v %v", u, err)
	}
	checkRun(t, runs(t, s, "user", "disable", "bae"), 0, nil, nil)
	if _, err := login(t, store, "bae", generated); !errors.Is(err, access.ErrLogin) {
		t.Error(err)
	}
	checkRun(t, runs(t, s, "user", "enable", "bae"), 0, nil, nil)
	checkRun(t, runsWith(t, s, "another password", "user", "passwd", "bae"), 0, nil, nil)
	if _, err := login(t, store, "bae", "another password"); err != nil {
		t.Error(err)
	}
}

func TestUserMistakes(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	runsWith(t, s, password, "user", "add", "kim", "--role=admin")
	for _, tt := range []struct {
		stdin string
		args  []string
		code  int
		hint  string
	}{
		{password, []string{"user", "add", "KIM", "--role=viewer"}, 1, "there is a user of that name"},
		{password, []string{"user", "add", "a b", "--role=viewer"}, 1, "1 to 64 characters"},
		{"short", []string{"user", "add", "bae", "--role=viewer"}, 1, "12 to 256 characters"},
		{"", []string{"user", "add", "bae", "--role=viewer"}, 1, "12 to 256 characters"},
		{password + "\n" + password, []string{"user", "add", "bae", "--role=viewer"}, 1, "more than the one line"},
		{strings.Repeat("x", 1<<20), []string{"user", "add", "bae", "--role=viewer"}, 1, "more than the one line"},
		{password, []string{"user", "add", "bae"}, 2, "--role"},
		{password, []string{"user", "add", "bae", "--role=root"}, 2, "--role"},
		{password, []string{"user", "add", "bae", "--role=viewer", "--password-memory=1"}, 2, "PASSWORD_MEMORY"},
		{password, []string{"user", "passwd", "bae"}, 1, "unknown user"},
		{"", []string{"user", "role", "kim", "--role=viewer"}, 1, "last enabled administrator"},
		{"", []string{"user", "disable", "kim"}, 1, "last enabled administrator"},
		{"", []string{"user", "disable", "bae"}, 1, "unknown user"},
		{"", []string{"user", "enable", "bae"}, 1, "unknown user"},
		{"", []string{"session", "end"}, 2, "--user"},
		{"", []string{"session", "end", "x", "--user=kim"}, 2, "--user"},
		{"", []string{"session", "end", "x"}, 1, "unknown session"},
		{"", []string{"session", "end", "--user=bae"}, 1, "unknown user"},
		{"", []string{"apitoken", "add", "m", "--scope=read", "--owner=nobody"}, 1, "unknown user"},
		{"", []string{"apitoken", "add", "m", "--scope=read", "--expires=401d"}, 2, "400d"},
		{"", []string{"apitoken", "add", "m", "--scope=read", "--expires=-1d"}, 2, "90d"},
		{"", []string{"apitoken", "add", "m", "--scope=read", "--expires=9999999999999999d"}, 2, "90d"},
		{"", []string{"apitoken", "add", "m", "--scope=users", "--expires=1d"}, 1, "scopes are"},
		{"", []string{"apitoken", "remove", "m"}, 1, "unknown token"},
		{"", []string{"audit", "list", "--since=yesterday", "--actor=", "--action=login,destroy", "--outcome=good", "--limit=0", "--before=x"}, 2, "--since"},
		{"", []string{"audit", "export"}, 2, "<file>"},
		{"", []string{"audit", "export", "-", "--format=xml"}, 2, "--format"},
	} {
		p := runsWith(t, s, tt.stdin, tt.args...)
		if p.code != tt.code || !strings.Contains(p.stderr.String(), tt.hint) || p.stdout.String() != "" {
			t.Errorf("%.100q: exit code %d: %q %s", tt.args, p.code, p.stdout.String(), p.stderr.String())
		}
		if strings.Contains(p.stderr.String(), password) {
			t.Errorf("%q: the password is on stderr: %s", tt.args, p.stderr.String())
		}
	}
	p := runs(t, s, "audit", "list", "--since=yesterday", "--actor=", "--action=login,destroy", "--outcome=good", "--limit=0", "--before=x")
	for _, name := range []string{"--since", "--actor", "--action", "--outcome", "--limit", "--before"} {
		if !strings.Contains(p.stderr.String(), name) {
			t.Errorf("no word of %s: %s", name, p.stderr.String())
		}
	}
}

func TestAskTwice(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	for _, tt := range []struct {
		answers []string
		err     error
		want    string
		ok      bool
	}{
		{[]string{"a", "a"}, nil, "a", true},
		{[]string{"a", "b"}, nil, "", false},
		{[]string{"a"}, away, "", false},
		{nil, away, "", false},
	} {
		var prompts bytes.Buffer
		got, err := askTwice(func() ([]byte, error) {
			if len(tt.answers) == 0 {
				return nil, tt.err
			}
			one := tt.answers[0]
			tt.answers = tt.answers[1:]
			return []byte(one), nil
		}, &prompts)
		if got != tt.want || (err == nil) != tt.ok || tt.err != nil && !errors.Is(err, tt.err) {
			t.Errorf("%q %v", got, err)
		}
		if !strings.HasPrefix(prompts.String(), "password: \n") {
			t.Errorf("%q", prompts.String())
		}
	}
}

// A pipe is no terminal: a file that isn't one is read as a line.
func TestPasswordFromPipe(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.WriteString(w, password+"\n"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if got, err := askPassword(t.Context(), r, io.Discard); got != password || err != nil {
		t.Errorf("%q %v", got, err)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	store := accessOf(t, s)
	for _, name := range []string{"kim", "bae"} {
		if err := store.AddUser(t.Context(), access.NewUser{Name: name, Password: password, Role: access.Admin}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := login(t, store, name, password); err != nil {
				t.Fatal(err)
			}
		}
	}
	checkRun(t, runs(t, s, "session", "list"), 0, []string{"kim", "bae", "192.0.2.7", "Firefox"}, nil)
	p := runs(t, s, "session", "list", "kim")
	lines := strings.Split(strings.TrimSpace(p.stdout.String()), "\n")
	if len(lines) != 3 || strings.Contains(p.stdout.String(), "bae") {
		t.Fatalf("%q", lines)
	}
	checkRun(t, runs(t, s, "session", "end", strings.Fields(lines[1])[0]), 0, nil, nil)
	checkRun(t, runs(t, s, "session", "end", "--user=KIM"), 0, []string{"1 sessions ended\n"}, nil)
	if list, err := store.Sessions(t.Context(), ""); len(list) != 2 || list[0].User != "bae" || err != nil {
		t.Errorf("%+v %v", list, err)
	}
}

func TestAPITokens(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	store := accessOf(t, s)
	p := runs(t, s, "apitoken", "add", "siem", "--scope=audit,read", "--expires=90d")
	secret := line(t, p.stdout.String())
	if p.code != 0 || strings.Contains(p.stderr.String(), secret) {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
	if actor, err := store.Token(t.Context(), secret); actor.Name != "siem" || !actor.May(access.Audit) || actor.May(access.Export) || err != nil {
		t.Errorf("%+v %v", actor, err)
	}
	list, err := store.Tokens(t.Context())
	if left := time.Until(list[0].ExpiresAt); err != nil || left < 89*24*time.Hour || left > 90*24*time.Hour {
		t.Errorf("%v %v", left, err)
	}
	p = runs(t, s, "apitoken", "list")
	checkRun(t, p, 0, []string{"siem", "works", "read audit"}, nil)
	if strings.Contains(p.stdout.String(), secret) {
		t.Error("the list has the secret")
	}
	checkRun(t, runs(t, s, "apitoken", "remove", "siem"), 0, nil, nil)
	if _, err := store.Token(t.Context(), secret); !errors.Is(err, access.ErrNoToken) {
		t.Error(err)
	}
}
