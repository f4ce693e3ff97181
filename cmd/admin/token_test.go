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
		_, total, err := s.control.DeadTokens(t.Context(), "demo", 1, 1)
		return err == nil && total == 3
	})
	hash := pushlog.TokenHash("token-b")
	p := runs(t, s.Server, "token", "list")
	checkRun(t, p, 0, []string{hash + "  20", "  UNREGISTERED  b\n"}, nil)
	if strings.Contains(p.stdout.String(), "token-") || strings.Count(p.stdout.String(), "\n") != 4 {
		t.Errorf("%q", p.stdout.String())
	}
	p = runs(t, s.Server, "token", "list", "--page=2", "--size=2")
	checkRun(t, p, 0, []string{"HASH"}, []string{"page 2 of 3 dead tokens"})
	if strings.Count(p.stdout.String(), "\n") != 2 {
		t.Errorf("%q", p.stdout.String())
	}

	checkRun(t, runs(t, s.Server, "token", "forget", hash), 0, []string{"forgotten"}, nil)
	checkRun(t, runs(t, s.Server, "token", "forget", hash), 1, nil, []string{"no such dead token"})
	if err := s.control.ForgetToken(t.Context(), "demo", hash); !errors.Is(err, stream.ErrNoToken) {
		t.Error(err)
	}
}

func TestTokenMistakes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, hash := range []string{"token-b", strings.Repeat("a", 31), strings.Repeat("A", 32)} {
		checkRun(t, runs(t, s.Server, "token", "forget", hash), 2, nil, []string{"HASH: ", "sha256sum | cut -c1-32"})
	}
	checkRun(t, runs(t, s.Server, "token", "forget"), 2, nil, []string{"<hash>"})
	checkRun(t, runs(t, s.Server, "token", "list", "--page=0", "--size=1001"), 2, nil, []string{"--page: ", "--size: "})
}
