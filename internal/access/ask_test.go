package access

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

var viewer = Actor{Kind: KindUser, Name: "viewer"}

// asked asks, and returns what it was refused for; empty if it was not.
func (b *bundle) asked(t *testing.T, who Actor, column, word string, whole bool) string {
	t.Helper()
	err := b.Ask(t.Context(), who, Question{Column: column, Word: word, Whole: whole, Apart: column == "csno"})
	var refused *AskedError
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &refused):
		t.Fatal(err)
	case refused.Wait < time.Second || refused.Wait > 24*time.Hour:
		t.Errorf("%q: wait %v", word, refused.Wait)
	}
	if refused.Near {
		return "near"
	}
	return "often"
}

// A number whose last digits are known is not read digit by digit, however that is
// tried.
func TestNoGuessingDigitByDigit(t *testing.T) {
	t.Parallel()
	const number = "01072915678"
	for name, next := range map[string]func(known string, digit int) string{
		"longer to the left":       func(known string, d int) string { return fmt.Sprint(d, known) },
		"with signs":               func(known string, d int) string { return fmt.Sprint(d, "-", known) },
		"a window":                 func(known string, d int) string { return fmt.Sprint(d, known[:min(3, len(known))]) },
		"a long window":            func(known string, d int) string { return fmt.Sprint(d, known[:min(4, len(known))]) },
		"two that take turns":      func(known string, d int) string { return fmt.Sprint(d, known[:3+len(known)%2]) },
		"in letters of full width": func(known string, d int) string { return fmt.Sprint(d, known) + "​" },
	} {
		b := setup(t)
		known, refused := number[7:], false
		for at := 6; at >= 3 && !refused; at-- {
			for d := 9; d >= 0; d-- { // the digits are small: they come last
				if b.asked(t, viewer, "cust_telno", next(known, d), false) != "" {
					refused = true
					break
				}
				if byte('0'+d) == number[at] {
					break
				}
			}
			if !refused {
				known = string(number[at]) + known
			}
		}
		if len(known) > 5 {
			t.Errorf("%s: it read %s", name, known)
		}
	}
}

// Candidates for the whole are counted too.
func TestNoGuessingOfWholes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	n := 0
	for ; n < 100 && b.asked(t, viewer, "cust_telno", fmt.Sprintf("010-%04d-5678", n*37), true) == ""; n++ {
		b.pass(time.Minute)
	}
	if n != nearWholes {
		t.Errorf("%d candidates", n)
	}
}

// A help desk that is called all day finds its customers.
func TestHelpDesk(t *testing.T) {
	t.Parallel()
	b := setup(t)
	digits := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for call := range 200 {
		b.pass(2 * time.Minute)
		phone := fmt.Sprintf("010-%04d-%04d", digits.IntN(10_000), digits.IntN(10_000))
		for _, one := range []struct {
			column, word string
			whole        bool
		}{{"csno", fmt.Sprint(10_000_000 + call), true}, {"cust_telno", phone, true}, {"cust_telno", phone[9:], false}} {
			if why := b.asked(t, viewer, one.column, one.word, one.whole); why != "" {
				t.Logf("%s %s: %s", one.column, one.word, why)
				refused++
			}
		}
	}
	if refused > 3 {
		t.Errorf("%d of 600 refused", refused)
	}
}

// The same again costs nothing; another's words are another's.
func TestAskedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 3 * asksAMinute {
		if why := b.asked(t, viewer, "msg_title", "삼성전자", false); why != "" {
			t.Fatal(why)
		}
	}
	n := 0
	for ; n < 1000 && b.asked(t, viewer, "csno", fmt.Sprint("9", n), true) == ""; n++ {
	}
	if n != asksAMinute-1 {
		t.Errorf("%d in a minute", n)
	}
	err := b.Ask(t.Context(), viewer, Question{Column: "csno", Word: "x", Whole: true, Apart: true})
	var refused *AskedError
	if !errors.As(err, &refused) || refused.Near || refused.Alarm {
		t.Errorf("%v: one alarm is enough", err)
	}
	for _, other := range []Actor{{Kind: KindToken, Name: "viewer"}, {Kind: KindUser, Name: "other"}} {
		if why := b.asked(t, other, "csno", "x", true); why != "" {
			t.Errorf("%v: %s", other, why)
		}
	}
	b.pass(61 * time.Second)
	if why := b.asked(t, viewer, "csno", "x", true); why != "" {
		t.Error(why)
	}
	for b.asked(t, viewer, "csno", fmt.Sprint("8", n), true) == "" || n < 2000 {
		n++
		b.pass(3 * time.Second)
		if n > 4000 {
			break
		}
	}
	if kept := b.rdb.HLen(t.Context(), "push:{access}:asked:user:viewer").Val(); kept > asksKept {
		t.Errorf("%d are kept", kept)
	}
	b.ms.Add(-48 * 3_600_000) // the clock is set back
	if why := b.asked(t, viewer, "csno", "after", true); why != "" {
		t.Errorf("the clock was set back: %s", why)
	}
}
