package main

import (
	"strings"
	"testing"
)

// What a table shows comes from elsewhere: it neither breaks a line nor commands
// a terminal.
func TestCell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                          "-",
		"dial tcp: refused":         "dial tcp: refused",
		"제목":                        "제목",
		"a\tb\nc":                   "a?b?c",
		"\x1b[31mred\x07":           "?[31mred?",
		strings.Repeat("가", 161):    strings.Repeat("가", 160) + "…",
		"\u202eright to left\u2066": "?right to left?",
	} {
		if got := cell(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
