package main

import (
	"errors"
	"strings"
	"testing"

	"pushstream/internal/apikey"
	"pushstream/internal/redistest"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	keys := apikey.New(s.Client(t), "push")
	p := runs(t, s, "key", "add", "shop")
	secret := line(t, p.stdout.String()) // alone on stdout, so that a script can take it
	if p.code != 0 || strings.Contains(p.stderr.String(), secret) {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
	if name, err := keys.Check(t.Context(), secret); name != "shop" {
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
	if _, err := keys.Check(t.Context(), secret); !errors.Is(err, apikey.ErrUnknown) {
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
		{[]string{"key", "add", "shop"}, 1, "there is a key of that name"},
		{[]string{"key", "add", "a b"}, 1, "1 to 64 characters"},
		{[]string{"key", "remove", "bank"}, 1, "unknown key"},
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
