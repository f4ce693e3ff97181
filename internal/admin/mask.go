package admin

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// hidden stands for what is not shown. It says nothing of its length.
const hidden = "****"

// mask returns a value of a field as it is shown to a session that may not reveal it.
func mask(field, value string) string {
	if f := push.Lookup(field); f != nil && f.Personal {
		return hide(value, f.Mask)
	}
	if c := pushlog.ColumnOf(field); c != nil && c.Echo {
		return hide(value, c.Mask)
	}
	return value
}

func hide(value string, m push.Mask) string {
	if m.Last > 0 {
		return hideButLast(value, m.Last)
	}
	return hideButFirst(value, m.First)
}

// masked returns a record without what is personal. What it has beside the
// fields of a job is written by pushstream and has nothing personal, but for raw, and for
// what versions before wrote of FCM's answer.
func masked(r pushlog.Record) pushlog.Record {
	if r.Status != push.Sent { // FCM's name of a message is no text
		r.Result = push.Clean(r.Result, &r.Job)
	}
	for name, of := range personalFields(&r) {
		*of = mask(name, *of)
	}
	if len(r.Data) > 0 {
		data := make(map[string]string, len(r.Data))
		for name := range r.Data {
			data[maskedName(name)] = hidden
		}
		r.Data = data
	}
	if r.ErrorCode == push.CodeInvalidJob { // it names what could not be read
		r.Result = invalidName.ReplaceAllString(r.Result, hidden)
	}
	r.Raw = maskedRaw(r.Raw)
	return r
}

// personalFields are the personal texts of a record, by name.
func personalFields(r *pushlog.Record) map[string]*string {
	texts := map[string]*string{}
	for _, name := range push.PersonalFields() {
		texts[name] = push.Lookup(name).Text(&r.Job)
	}
	return texts
}

// maskedAll masks a page.
func maskedAll(records []pushlog.Record) []pushlog.Record {
	all := make([]pushlog.Record, len(records))
	for i, r := range records {
		all[i] = masked(r)
	}
	return all
}

// maskedRaw keeps the names of an entry that could not be read.
func maskedRaw(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	var fields map[string]any
	if json.Unmarshal(raw, &fields) != nil {
		return json.RawMessage(`"` + hidden + `"`)
	}
	shown := map[string]string{}
	for name := range fields {
		shown[maskedName(name)] = hidden
	}
	b, _ := json.Marshal(shown) // a map of texts always marshals
	return b
}

// A name is shown if it looks like one: values get into its place when fields are
// shifted by one. invalidName is what does not, in a text that names several.
var (
	validName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z_.-]{0,31}[0-9]{0,2}$`)
	invalidName = regexp.MustCompile(`[0-9][0-9 .-]{3,}|[^\x00-\x7f]+`)
)

func maskedName(name string) string {
	if validName.MatchString(name) {
		return name
	}
	return hidden
}

// shown is how many of n characters may be seen of a text that keeps some: never
// more than two in five.
func shown(keep, n int) int { return min(keep, n*2/5) }

// hideButLast replaces letters and digits, all but the last few, and leaves what
// stands between them, as in a phone number.
func hideButLast(text string, keep int) string {
	count := 0
	for _, r := range text {
		if plain(r) {
			count++
		}
	}
	from, seen := count-shown(keep, count), 0
	return strings.Map(func(r rune) rune {
		switch {
		case !plain(r) && strings.ContainsRune("-+() .", r):
			return r
		case !plain(r):
			return '*'
		}
		seen++
		if seen > from {
			return r
		}
		return '*'
	}, text)
}

// hideButFirst keeps a few characters of the beginning.
func hideButFirst(text string, keep int) string {
	if text == "" {
		return ""
	}
	runes := []rune(text)
	left, end := shown(keep, len(runes)), 0
	for end < len(runes) && left > 0 {
		if plain(runes[end]) {
			left--
		}
		end++
		if end*5 > len(runes)*2 {
			end--
			break
		}
	}
	return string(runes[:end]) + hidden
}

func plain(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
