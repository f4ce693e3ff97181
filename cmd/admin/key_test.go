package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/redistest"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	guard := access.NewGuard(s.Client(t), "push", time.Now)
	p := runs(t, s, "key", "add", "shop")
	secret := line(t, p.stdout.String()) // alone on stdout, so that a script can take it
	if p.code != 0 || strings.Contains(p.stderr.String(), secret) {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
	if name, err := guard.Check(t.Context(), secret); name != "shop" {
		t.Errorf("%q %v", name, err)
	}
	runs(t, s, "key", "add", "bank")

	p = runs(t, s, "key", "list")
	lines := strings.Split(strings.TrimSpace(p.stdout.String()), "\n")
	if p.code != 0 || len(lines) != 2 || !strings.HasPrefix(lines[0], "bank\t20") || !strings.HasPrefix(lines[1], "shop\t20") || strings.Contains(p.stdout.String(), secret) {
		t.Errorf("exit code %d: %q", p.code, p.stdout.String())
	}

	if p := runs(t, s, "key", "remove", "shop"); p.code != 0 {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
	if _, err := guard.Check(t.Context(), secret); !errors.Is(err, access.ErrNoToken) {
		t.Errorf("it still works: %v", err)
	}
}

func TestKeyMistakes(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	runs(t, s, "key", "add", "shop")
	tests := []struct {
		args []string
		code int
		hint string
	}{
		{[]string{"key", "add", "shop"}, 1, "there is a token of that name"},
		{[]string{"key", "add", "a b"}, 1, "1 to 64 characters"},
		{[]string{"key", "remove", "bank"}, 1, "unknown token"},
		{[]string{"key", "add"}, 2, "<name>"},
		{[]string{"key", "remove"}, 2, "<name>"},
		{[]string{"key"}, 2, "admin --help"},
		{[]string{"key", "add", "a", "b"}, 2, "admin --help"},
	}
	for _, tt := range tests {
		p := runs(t, s, tt.args...)
		if p.code != tt.code || !strings.Contains(p.stderr.String(), tt.hint) || p.stdout.String() != "" {
			t.Errorf("%q: exit code %d: %q %s", tt.args, p.code, p.stdout.String(), p.stderr.String())
		}
	}
}

func TestKeyWithoutRedis(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	s.Kill()
	for _, args := range [][]string{{"key", "add", "shop"}, {"key", "list"}, {"key", "remove", "shop"}} {
		if p := runs(t, s, args...); p.code != 1 || p.stdout.String() != "" || p.stderr.String() == "" {
			t.Errorf("%q: exit code %d: %q %s", args, p.code, p.stdout.String(), p.stderr.String())
		}
	}
}

// A user who leaves takes what is theirs along, unless it is given to somebody else.
func TestKeyOfAUserWhoIsDisabled(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	for _, name := range []string{"kim", "lee"} {
		if p := runs(t, s, "user", "add", name, "--role", "admin", "--generate", "--password-memory", "8192"); p.code != 0 {
			t.Fatal(p.stderr.String())
		}
	}
	secret := line(t, runs(t, s, "key", "add", "shop", "--owner", "kim", "--expires", "90d").stdout.String())
	runs(t, s, "apitoken", "add", "bot", "--scope", "read", "--owner", "kim")
	p := runs(t, s, "user", "disable", "kim")
	if p.code != 0 || !strings.Contains(p.stderr.String(), "API token shop") || !strings.Contains(p.stderr.String(), "API token bot") {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
	guard := access.NewGuard(s.Client(t), "push", time.Now)
	if _, err := guard.Check(t.Context(), secret); !errors.Is(err, access.ErrStopped) {
		t.Error(err)
	}
	if p := runs(t, s, "key", "list"); !strings.Contains(p.stdout.String(), "\tkim\t20") || !strings.Contains(p.stdout.String(), "stopped") {
		t.Errorf("%q", p.stdout.String())
	}
	if p := runs(t, s, "key", "transfer", "shop", "--to", "kim"); p.code != 1 || !strings.Contains(p.stderr.String(), "disabled") {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
	for _, what := range []string{"key", "apitoken"} {
		name := map[string]string{"key": "shop", "apitoken": "bot"}[what]
		if p := runs(t, s, what, "transfer", name, "--to", "lee"); p.code != 0 {
			t.Errorf("exit code %d: %s", p.code, p.stderr.String())
		}
	}
	if name, err := guard.Check(t.Context(), secret); name != "shop" || err != nil {
		t.Errorf("%q %v", name, err)
	}
	if p := runs(t, s, "apitoken", "list"); !strings.Contains(p.stdout.String(), "works") || !strings.Contains(p.stdout.String(), "lee") {
		t.Errorf("%q", p.stdout.String())
	}
}
