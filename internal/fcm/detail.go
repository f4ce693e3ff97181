package fcm

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"pushstream/internal/push"
)

// maxDetail is the length of an Outcome's Detail in bytes: it stands in every
// record, and in a table cell.
const maxDetail = 200

// clean is tidy for a text in words: without what looks personal or secret, such as
// the service account's address.
func clean(s, token string) string {
	if token != "" && utf8.ValidString(token) {
		s = strings.ReplaceAll(s, token, "…")
	}
	return tidy(push.Redact(s), token)
}

// tidy makes s fit for a record and a log: valid UTF-8 of one line, at most
// maxDetail bytes, and without token wherever s repeats it.
func tidy(s, token string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if token != "" && utf8.ValidString(token) {
		s = strings.ReplaceAll(s, token, "…")
	}
	s = shorten(strings.TrimSpace(s), maxDetail)
	if token != "" && strings.Contains(s, token) {
		return "" // "…" is a part of it: no token of FCM's, but the promise holds
	}
	return s
}

// shorten cuts s to at most limit bytes, between two characters.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit - len("…")
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// networkReason words an error of the network in short. The words of net/http
// name addresses, which is of use; an URL may hold a proxy's password.
func networkReason(err error) string {
	var inRequest *url.Error
	if errors.As(err, &inRequest) {
		err = inRequest.Err
	}
	text := err.Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timed out"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case strings.Contains(text, "://"):
		return "request failed"
	}
	return clean(text, "")
}
