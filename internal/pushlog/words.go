package pushlog

import (
	"slices"
	"strings"
	"time"

	"pushstream/internal/push"
)

// textKind is how a column is compared with a word.
type textKind int

const (
	plainText textKind = iota
	phoneText          // by digits
	timeText           // as times are shown
	yesNoText          // by the state
)

// search is how the column is compared with words.
func (t Text) search() push.Search {
	if c := ColumnOf(t.Column); c != nil {
		return c.Search
	}
	return push.NoSearch
}

func (t Text) kind() textKind {
	switch t.search() {
	case push.SearchTime:
		return timeText
	case push.SearchYesNo:
		return yesNoText
	case push.SearchPhone:
		if len(t.Phones()) > 0 {
			return phoneText
		}
	}
	return plainText
}

// in reports whether a record has in the column what Text asks for.
func (t Text) in(r *Record, zone *time.Location) bool {
	switch t.kind() {
	case phoneText:
		return t.inPhone(push.PhoneDigits(column(r, t.Column)))
	case yesNoText:
		return t.inText(SendYN(r.Status))
	case timeText:
		w := newTimeWord(t, zone)
		if t.Column == push.FieldSndnRsevHour {
			return w.inReserved(r.SndnRsevHour)
		}
		return w.inSent(r.FCMSendTime)
	}
	return t.inText(column(r, t.Column))
}

// inText is in for a text that is compared as it is.
func (t Text) inText(value string) bool {
	if t.Whole {
		return value == t.Word
	}
	return strings.Contains(lower(value), lower(t.Word))
}

// Phones are the digits that a phone number must be, or of which it must have one in it;
// none if the column is another, or the word has no digits: then it compares letters.
//
// A part of a number may begin with what is a country's code at the beginning of a whole
// one: 00821234 is also the end of 010-0082-1234.
func (t Text) Phones() []string {
	if t.search() != push.SearchPhone {
		return nil
	}
	digits := push.PhoneDigits(t.Word)
	if digits == "" {
		return nil
	}
	words := []string{digits}
	if t.Whole || strings.Contains(t.Word, "+") {
		return words
	}
	as := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, push.Short(t.Word))
	if as != digits {
		words = append(words, as)
	}
	return words
}

// words are those of which a row of the column must have one in it, as a scan looks for
// them; none if it does not look for words.
func (t Text) words(all []word) []word {
	switch kind := t.kind(); {
	case t.Word == "":
	case kind == phoneText:
		for _, digits := range t.Phones() {
			all = append(all, newWord(digits))
		}
	case kind == plainText && !t.Whole:
		all = append(all, newWord(t.Word))
	}
	return all
}

// inPhone reports whether the digits of a phone number are what Text asks for.
func (t Text) inPhone(digits string) bool {
	if t.Whole {
		return slices.Contains(t.Phones(), digits)
	}
	return slices.ContainsFunc(t.Phones(), func(word string) bool { return strings.Contains(digits, word) })
}

// addPhone appends push.PhoneDigits of a value; it allocates only for the rare spellings.
func addPhone(b, value []byte) []byte {
	start := len(b)
	b = slices.Grow(b, len(value))[:start+len(value)]
	n := start
	for _, c := range value {
		if c >= '0' && c <= '9' {
			b[n] = c
			n++
		} else if c == '+' || c >= 0x80 {
			return append(b[:start], push.PhoneDigits(string(value))...)
		}
	}
	b = b[:n]
	if d := b[start:]; len(d) > 3 && (d[0] == '8' && d[1] == '2' || d[0] == '1' && d[1] == '0' || d[0] == '0' && d[1] == '0') {
		return append(b[:start], push.PhoneDigits(string(value))...)
	}
	return b
}
