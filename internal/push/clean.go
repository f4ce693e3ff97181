package push

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// cutMark stands for what Clean takes out of a text.
const cutMark = "…"

const (
	leastOwn   = 4    // characters of a push's own value that is taken out
	leastEcho  = 8    // characters of a part of one
	maxCleaned = 4096 // bytes of a text that are looked at; the rest is cut off
)

// What is personal by its look: addresses of mail and of service accounts; phone
// numbers, which begin with 0 or +; and what is as long as no word is, such as tokens.
var (
	mailAddress = regexp.MustCompile(`[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*`)
	phoneNumber = regexp.MustCompile(`(?:\+[0-9]{1,3}[ .()-]{0,2}|\b\(?0)[0-9]{1,3}[ .()-]{0,2}[0-9]{3,4}[ .-]?[0-9]{4}\b`)
	longSecret  = regexp.MustCompile(`[A-Za-z0-9_:=+.-]{40,}`)
)

// Redact takes out of a text of somebody else's, such as an answer of FCM's, what
// looks personal or secret.
func Redact(text string) string {
	if len(text) > maxCleaned {
		text = strings.ToValidUTF8(text[:maxCleaned], "") + cutMark
	}
	text = mailAddress.ReplaceAllString(text, cutMark)
	text = phoneNumber.ReplaceAllString(text, cutMark)
	return longSecret.ReplaceAllStringFunc(text, func(s string) string { return s[:4] + cutMark })
}

// Clean is Redact for a text on a push: what that push holds is taken out, too, whole
// or a part of some length.
func Clean(text string, j *Job) string {
	if len(text) > maxCleaned {
		text = strings.ToValidUTF8(text[:maxCleaned], "") + cutMark
	}
	var own []string
	for i := range fields {
		if fields[i].Personal {
			own = append(own, fields[i].Get(j))
		}
	}
	for _, value := range j.Data {
		own = append(own, value)
	}
	// The longest first: a short one may be a part of it.
	slices.SortStableFunc(own, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, value := range own {
		text = without(text, value)
	}
	return Redact(text)
}

// without takes a value out of a text, and parts of it.
func without(text, value string) string {
	if utf8.RuneCountInString(value) < leastOwn {
		return text
	}
	text = strings.ReplaceAll(text, value, cutMark)
	for from := 0; from < len(value); {
		_, first := utf8.DecodeRuneInString(value[from:])
		end := from
		for n := 0; n < leastEcho && end < len(value); n++ {
			_, size := utf8.DecodeRuneInString(value[end:])
			end += size
		}
		if utf8.RuneCountInString(value[from:end]) < leastEcho {
			break
		}
		if !strings.Contains(text, value[from:end]) {
			from += first
			continue
		}
		for end < len(value) { // as far as the text goes on with it
			_, size := utf8.DecodeRuneInString(value[end:])
			if !strings.Contains(text, value[from:end+size]) {
				break
			}
			end += size
		}
		text = strings.ReplaceAll(text, value[from:end], cutMark)
		from = end
	}
	return text
}
