package fcmsim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pushstream/internal/fcm/fcmsim"
)

// Every acceptance is known with its time and with what became of its answer,
// beyond those of which the counters know whose fault they are.
func TestAcceptances(t *testing.T) {
	t.Parallel()
	ok, after, before := fcmsim.Answer{Fault: "ok"}, fcmsim.Answer{Fault: fcmsim.ResetAfter}, fcmsim.Answer{Fault: fcmsim.ResetBefore}
	many := slices.Repeat([]fcmsim.Answer{after}, 66)
	for name, tc := range map[string]struct {
		script []fcmsim.Answer
		broken string // of each acceptance: "!" or "."
	}{
		"never":              {[]fcmsim.Answer{before}, ""},
		"once":               {[]fcmsim.Answer{ok}, "."},
		"again for nothing":  {[]fcmsim.Answer{ok, ok}, ".."},
		"after a reset":      {[]fcmsim.Answer{after, before, ok}, "!."},
		"a reset at the end": {[]fcmsim.Answer{ok, after, ok, after}, ".!.!"},
		"more than 64":       {many, strings.Repeat("!", 64) + ".."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, fcmsim.Config{Scripts: map[string][]fcmsim.Answer{"t": tc.script}})
			from := time.Now().Truncate(time.Microsecond)
			for range tc.script {
				b.send(t, "t", "id")
			}
			got, broken := b.sim.Acceptances("id"), ""
			for i, a := range got {
				if a.At.Before(from) || i > 0 && a.At.Before(got[i-1].At) || a.At.After(time.Now()) {
					t.Errorf("acceptance %d at %v, the first try came after %v", i, a.At, from)
				}
				broken += map[bool]string{true: "!", false: "."}[a.Broken]
			}
			if broken != tc.broken {
				t.Errorf("acceptances %q, want %q", broken, tc.broken)
			}
			m, _ := b.sim.Message("id")
			if m.Accepted != len(got) || len(got) > 0 && !m.LastAccepted.Equal(got[len(got)-1].At) {
				t.Errorf("message = %+v, acceptances = %v", m, got)
			}
		})
	}
	if got := setup(t, fcmsim.Config{}).sim.Acceptances("unknown"); got != nil {
		t.Errorf("an unknown id was accepted at %v", got)
	}
}

func TestLedgerEndpoint(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	want := map[string]string{}
	line := func(id, token string, tries int) {
		for range tries {
			b.send(t, token, id)
		}
		m, _ := b.sim.Message(id)
		text := fmt.Sprintf("%d %d %d", tries, m.Accepted, m.First.UnixMicro())
		for _, a := range b.sim.Acceptances(id) {
			text += " " + strconv.FormatInt(a.At.UnixMicro(), 10)
			if a.Broken {
				text += "!"
			}
		}
		want[id] = text
	}
	for i := range 100 {
		line(fmt.Sprint("id-", i), "t-ghost", 1+i%3) // accepted at every try, the first answer broken
	}
	line("refused", "t-invalid", 2)
	line("with \"quotes\"\n and spaces", "t", 2)

	got := do(t, h1, http.MethodGet, b.srv.URL()+"/_sim/ledger", "")
	lines := strings.Split(strings.TrimSuffix(got.body, "\n"), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d", len(lines), len(want))
	}
	for _, l := range lines {
		id, rest, _ := strings.Cut(l, " ")
		if quoted, err := strconv.QuotedPrefix(l); err == nil {
			id, _ = strconv.Unquote(quoted)
			rest = strings.TrimPrefix(l, quoted+" ")
		}
		if rest != want[id] {
			t.Errorf("line %q, want %q", l, want[id])
		}
	}
}
