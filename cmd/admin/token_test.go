package main

import (
	"errors"
	"strings"
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	checkRun(t, runs(t, s.Server, "token", "list"), 0, []string{"HASH  SINCE  CODE  PUSH"}, nil)
	s.end(t, push.CodeUnregistered, push.Failed, "a", "b", "c")
	s.eventually(t, "the tokens are known", func() bool {
		_, total, err := s.control.SuppressedTokens(t.Context(), "demo", 1, 1)
		return err == nil && total == 3
	})
	hash := pushlog.TokenHash("token-b")
	p := runs(t, s.Server, "token", "list")
	checkRun(t, p, 0, []string{hash + "  20", "  UNREGISTERED  b\n"}, nil)
	if strings.Contains(p.stdout.String(), "token-") || strings.Count(p.stdout.String(), "\n") != 4 {
		t.Errorf("%q", p.stdout.String())
	}
	p = runs(t, s.Server, "token", "list", "--page=2", "--size=2")
	checkRun(t, p, 0, []string{"HASH"}, []string{"page 2 of 3 suppressed tokens"})
	if strings.Count(p.stdout.String(), "\n") != 2 {
		t.Errorf("%q", p.stdout.String())
	}

	checkRun(t, runs(t, s.Server, "token", "forget", hash), 0, []string{"forgotten"}, nil)
	checkRun(t, runs(t, s.Server, "token", "forget", hash), 1, nil, []string{"no such suppressed token"})
	if err := s.control.ForgetToken(t.Context(), "demo", hash); !errors.Is(err, stream.ErrNoToken) {
		t.Error(err)
	}
}

// Many are forgotten at once, after a count; the token itself comes by stdin.
func TestTokensForgotten(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.end(t, push.CodeUnregistered, push.Failed, "a", "b", "c")
	s.eventually(t, "the tokens are known", func() bool {
		_, total, err := s.control.SuppressedTokens(t.Context(), "demo", 1, 1)
		return err == nil && total == 3
	})
	checkRun(t, runsWith(t, s.Server, "token-a\n", "token", "forget", "--token"), 0, []string{"forgotten"}, nil)
	checkRun(t, runsWith(t, s.Server, "token-a", "token", "forget", "--token"), 1, nil, []string{"no such suppressed token"})
	checkRun(t, runsWith(t, s.Server, "\n", "token", "forget", "--token"), 1, nil, []string{"--token: standard input must be one line"})
	checkRun(t, runs(t, s.Server, "token", "forget", "--all"), 0, []string{"2 tokens\n"}, []string{"none is forgotten; --yes forgets them"})
	checkRun(t, runs(t, s.Server, "token", "forget", "--code=INVALID_ARGUMENT", "--yes"), 0, []string{"0 tokens forgotten"}, nil)
	checkRun(t, runs(t, s.Server, "token", "forget", "--since=2090-01-01T00:00:00Z"), 0, []string{"0 tokens\n"}, []string{"none is forgotten"})
	checkRun(t, runs(t, s.Server, "token", "forget", "--code=UNREGISTERED", "--since=2020-01-01T00:00:00Z", "--yes"), 0, []string{"2 tokens forgotten"}, nil)
	checkRun(t, runs(t, s.Server, "token", "list"), 0, []string{"HASH"}, nil)
	p := runs(t, s.Server, "audit", "list", "--action=token_forget")
	checkRun(t, p, 0, []string{"code=UNREGISTERED since=2020-01-01T00:00:00Z", "a token on standard input", "code=INVALID_ARGUMENT"}, nil)
	if text := p.stdout.String(); strings.Contains(text, "token-a") || strings.Count(text, "token_forget") != 5 {
		t.Error(text)
	}
}

func TestTokenMistakes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, hash := range []string{"token-b", strings.Repeat("a", 31), strings.Repeat("A", 32)} {
		checkRun(t, runs(t, s.Server, "token", "forget", hash), 2, nil, []string{"HASH: ", "sha256sum | cut -c1-32"})
	}
	hash := strings.Repeat("a", 32)
	for _, args := range [][]string{{}, {hash, "--all"}, {"--token", "--all"}, {hash, "--token"}, {"--all", "--code=UNREGISTERED"}, {"--yes"}} {
		checkRun(t, runs(t, s.Server, append([]string{"token", "forget"}, args...)...), 2, nil, []string{"HASH: give the hash of a token"})
	}
	checkRun(t, runs(t, s.Server, "token", "forget", "--code=SENDER_ID_MISMATCH", "--since=today"), 2, nil, []string{"--code: ", "--since: "})
	checkRun(t, runs(t, s.Server, "token", "list", "--page=0", "--size=1001"), 2, nil, []string{"--page: ", "--size: "})
}
