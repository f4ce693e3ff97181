package push

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Short is the normal form of a short field: of each but title, contents and data. It
// is made at the door, and of a value that is searched for in such a field. Blanks at
// both ends and what has no width anywhere go, full-width ASCII and other spaces
// become ASCII, and the rest is NFC. What is not UTF-8 is returned as it is, since
// Validate refuses it.
func Short(s string) string {
	if plain(s) || !utf8.ValidString(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case noWidth(r):
			return -1
		case r >= 0xff01 && r <= 0xff5e: // full-width ! to ~
			return r - 0xff01 + '!'
		case unicode.Is(unicode.Zs, r):
			return ' '
		}
		return r
	}, s)
	return norm.NFC.String(strings.TrimSpace(s))
}

// Text is the normal form of a title or contents, and of words searched for in them:
// NFC, in which everyone but a Mac types Hangul.
func Text(s string) string {
	if !utf8.ValidString(s) {
		return s
	}
	return norm.NFC.String(s)
}

// plain reports whether s is ASCII without a blank or control character at its ends:
// nearly every short field is, and is its own normal form.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c <= ' ' && (i == 0 || i == len(s)-1) {
			return false
		}
	}
	return true
}

// noWidth reports whether r only says how its neighbours are shown: soft hyphen,
// zero-width space and joiners, marks of direction (which copied phone numbers have),
// word joiner, byte order mark. Nobody can type one, or see that it is there.
func noWidth(r rune) bool {
	switch {
	case r < 0xad:
		return false
	case r == 0xad, r == 0x61c, r == 0x180e, r == 0xfeff,
		r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	}
	return false
}

// leastSubscriber is how many digits a whole phone number has at least behind the
// country's 82: 2-123-4567, 1588-1234.
const leastSubscriber = 8

// PhoneDigits is what phone numbers are compared by: the digits alone, in the form
// that is dialled in Korea. +82-10-1234-5678, 0082 10 1234 5678, 82 (0)10-1234-5678
// and 1012345678, which a spreadsheet makes, are all 01012345678. A part of a number
// stays a part: the last four digits 8212 are no country code.
func PhoneDigits(s string) string {
	s = Short(s)
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if first := strings.IndexFunc(s, unicode.IsDigit); first > 0 && strings.Contains(s[:first], "+") {
		if rest, ok := strings.CutPrefix(digits, "82"); ok && rest != "" {
			digits = trunk(rest)
		}
	}
	for {
		next := national(digits)
		if next == digits {
			return digits
		}
		digits = next
	}
}

// national takes the country code off.
func national(digits string) string {
	if rest, ok := strings.CutPrefix(digits, "0082"); ok && rest != "" {
		return trunk(rest)
	}
	if rest, ok := strings.CutPrefix(digits, "82"); ok && len(rest) >= leastSubscriber {
		return trunk(rest)
	}
	if len(digits) == len("1012345678") && strings.HasPrefix(digits, "10") {
		return "0" + digits
	}
	return digits
}

// trunk gives a number behind the country code the 0 that is dialled before it, unless
// it has one, or is of the numbers of services (1588-1234), which have none.
func trunk(rest string) string {
	service := len(rest) == leastSubscriber && rest[0] == '1' && strings.IndexByte("568", rest[1]) >= 0
	if service || rest[0] == '0' {
		return rest
	}
	return "0" + rest
}
