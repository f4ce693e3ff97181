package access

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// LeastPart is how many letters and digits a part of a personal value must have that
// somebody without the right to reveal may search for.
const LeastPart = 4

// The limits of searches for personal data by somebody who may not reveal it.
const (
	asksAMinute = 30
	asksAnHour  = 200
	asksKept    = 300
	askLife     = 24 * time.Hour
	alarmLife   = time.Hour
	// nearDigits is how many words that are nearly the same may be asked for, if they
	// have digits: of ten candidates for one digit that is not much more than half.
	nearDigits = 6
	nearWords  = 20 // without digits
	nearWholes = 20 // of phone numbers
)

// Question is a search for a personal value, or for a part of one.
type Question struct {
	Column string
	Word   string
	Whole  bool // the value must be the word; else it contains it
	Apart  bool // wholes of this column are often nearly the same, such as numbers in a row
}

// AskedError refuses a question of somebody who asked for too much.
type AskedError struct {
	Column string
	Near   bool          // for words that are nearly the same; else for too many
	Wait   time.Duration // before it may be asked again
	Alarm  bool          // this is the first refusal for a while: somebody should look
}

func (e *AskedError) Error() string {
	if e.Near {
		return fmt.Sprintf("too many searches of %s with words that are nearly the same", e.Column)
	}
	return "too many searches for personal data"
}

// Normal is a word as it is compared and measured: NFC, small letters, and nothing but
// letters and digits.
func Normal(word string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFC.String(word))
}

// Ask counts questions of somebody without the right to reveal. An *AskedError says
// which is too much; those before it count.
func (s *Store) Ask(ctx context.Context, who Actor, questions ...Question) error {
	for _, q := range questions {
		if err := s.ask(ctx, who, q); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) ask(ctx context.Context, who Actor, q Question) error {
	word := Normal(q.Word)
	way, compare, few, most, window := "contains", "grams", 4, nearWords, askLife
	if strings.ContainsFunc(word, unicode.IsDigit) {
		most = nearDigits
	}
	switch n := utf8.RuneCountInString(word); {
	case q.Whole && q.Apart || q.Whole && n <= LeastPart:
		way, compare = "equals", "no"
	case q.Whole:
		way, compare, most = "equals", "middle", nearWholes
	case n <= LeastPart: // the last digits of many numbers are near to each other by chance
		way, few, window = "part", LeastPart-1, time.Hour
	}
	if word == "" {
		word = hash(q.Word) // signs alone
	}
	answer, err := askScript.Run(ctx, s.rdb, []string{s.keys.asked(who), s.keys.alarm(who)},
		s.now(), q.Column+" "+way, word, compare, few, most, window.Milliseconds(), asksAMinute, asksAnHour, asksKept,
		askLife.Milliseconds(), alarmLife.Milliseconds())
	if err != nil {
		return fmt.Errorf("count a search: %w", err)
	}
	is, _ := answer.([]any)
	if len(is) < 3 {
		return nil
	}
	wait, _ := is[0].(int64)
	return &AskedError{Column: q.Column, Near: is[1] == "near", Wait: time.Duration(wait) * time.Millisecond, Alarm: is[2] == int64(1)}
}
