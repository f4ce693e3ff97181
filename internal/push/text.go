package push

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is wrong with a text. None repeats it.
const (
	notUTF8 = "is not valid UTF-8: hand it in as UTF-8"
	cutHalf = "has half of a character, as an emoji that was cut leaves it: cut texts between characters"
)

// checkToken says what is wrong with a device token.
func checkToken(s string) string {
	switch {
	case s == "":
		return "is required"
	case len(s) > MaxToken:
		return fmt.Sprintf("is longer than %d bytes", MaxToken)
	case !utf8.ValidString(s):
		return notUTF8
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		return "has a space or a control character: hand it in as the app got it"
	}
	return checkChars(s, "")
}

// checkText says what is wrong with a title or contents.
func checkText(s string) string {
	if !utf8.ValidString(s) {
		return notUTF8
	}
	return checkChars(s, "\t\n\r")
}

// checkChars finds a character that is no text: a control character but the allowed
// ones, such as the NUL of a fixed-length field or what a wrong encoding leaves, or one
// of those that Unicode keeps free of meaning.
func checkChars(s, allowed string) string {
	for _, r := range s {
		switch {
		case unicode.IsControl(r) && !strings.ContainsRune(allowed, r):
			return fmt.Sprintf("has a control character (U+%04X): remove it", r)
		case r&0xfffe == 0xfffe, r >= 0xfdd0 && r <= 0xfdef: // noncharacters
			return fmt.Sprintf("has a character that is no text (U+%04X): check the encoding", r)
		}
	}
	return ""
}

// showsNothing reports whether a phone would show nothing of s: blanks, what has no
// width, fillers of Hangul, the empty braille pattern.
func showsNothing(s string) bool {
	for _, r := range s {
		if !isInvisible(r) {
			return false
		}
	}
	return true
}

func isInvisible(r rune) bool {
	switch {
	case r > ' ' && r < 0x7f:
		return false
	case unicode.IsSpace(r), noWidth(r), r == 0x2800:
		return true
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false
	}
	return unicode.In(r, unicode.Z, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// checkData refuses the keys that FCM reserves, and pushstream's own. The values are the
// app's: they are left as they are, and can't hold a NUL.
//
// Reserved are, says the reference, "from", "message_type", and what begins with
// "google." or "gcm.notification."; other names that begin with "gcm." are those in which
// FCM hands the notification to the app (gcm.n.title), which would read them as FCM's.
// https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
func checkData(data map[string]string) string {
	var bad []string
	for _, k := range sortedKeys(data) {
		switch v := data[k]; {
		case k == "":
			bad = append(bad, "has an empty key")
		case !utf8.ValidString(k) || !utf8.ValidString(v):
			bad = append(bad, notUTF8)
		case strings.Contains(k, "\x00"):
			bad = append(bad, fmt.Sprintf("key %q has a NUL character: remove it", clip(k)))
		case strings.Contains(v, "\x00"):
			bad = append(bad, fmt.Sprintf("value of %q has a NUL character: remove it", clip(k)))
		case k == "from", k == "message_type", strings.HasPrefix(k, "google."), strings.HasPrefix(k, "gcm."):
			bad = append(bad, fmt.Sprintf("key %q is reserved by FCM: use another name", clip(k)))
		case k == DataMsgID:
			bad = append(bad, fmt.Sprintf("key %q is set by pushstream: use another name", k))
		}
	}
	return strings.Join(bad, ", ")
}
