package pushlog

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog/segment"
)

const (
	shownTime  = "2006-01-02 15:04:05" // as all times are shown, in the firm's zone
	digitsTime = "20060102150405"      // as sndn_rsev_hour has it
)

// sentAt reads fcm_send_time.
func sentAt(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339, text)
	return at.Truncate(time.Millisecond), err == nil
}

// reservedAt reads sndn_rsev_hour; false if there is none, or it can't be read.
func reservedAt(text string, zone *time.Location) (time.Time, bool) {
	if text == "" {
		return time.Time{}, false
	}
	at, fault := push.ParseDue(text, zone)
	return at, fault == "" && !at.IsZero()
}

// timeWord is a word that is searched for in a column of times. What is compared is what
// people see: the time in the firm's zone, as 2026-11-30 09:30:00 and as 20261130093000;
// so 2026-11-30 09:3, 09:30:00, 2026/11/30 and 20261130 are found in it. A word that is a
// time with its own zone (RFC 3339) is that second; so is, if the time must be the word,
// any time as push.ParseDue reads it. What can't be read as a time is compared as it is.
type timeWord struct {
	Text
	zone  *time.Location
	shown string
	exact bool
	at    int64 // the second that it must be, if it is exact

	known          bool // remembered, since many neighbours are of one second
	second         int64
	found          bool
	knownText      string
	reserved       time.Time
	reservedIsTime bool
}

var fraction = regexp.MustCompile(`(:[0-9]{2})[.,][0-9]+$`)

func newTimeWord(t Text, zone *time.Location) *timeWord {
	w := &timeWord{Text: t, zone: zone}
	at, err := time.Parse(time.RFC3339, t.Word)
	ok := err == nil
	if !ok && t.Whole {
		var fault string
		at, fault = push.ParseDue(fraction.ReplaceAllString(t.Word, "$1"), zone)
		ok = fault == "" && !at.IsZero()
	}
	if ok {
		w.exact, w.at = true, at.Unix()
		return w
	}
	w.shown = strings.NewReplacer("/", "-", ".", "-", "T", " ", "t", " ").Replace(fraction.ReplaceAllString(t.Word, "$1"))
	return w
}

// inSecond reports whether a time, as a second since 1970, is what is asked for.
func (w *timeWord) inSecond(second int64) bool {
	if w.exact {
		return second == w.at
	}
	if w.known && w.second == second {
		return w.found
	}
	at := time.Unix(second, 0).In(w.zone)
	w.known, w.second, w.found = true, second, false
	for _, layout := range []string{shownTime, digitsTime} {
		text := at.Format(layout)
		w.found = w.found || !w.Whole && strings.Contains(text, w.shown) || text == w.shown
	}
	return w.found
}

func (w *timeWord) inSent(text string) bool {
	at, ok := sentAt(text)
	if !ok {
		return w.inText(text)
	}
	return w.inSecond(at.Unix())
}

func (w *timeWord) inReserved(text string) bool {
	if text == "" {
		return false
	}
	if at, ok := w.readReserved(text); ok {
		return w.inSecond(at.Unix())
	}
	return w.inText(text)
}

// reservedIn reports whether a reserved time is in a range.
func (w *timeWord) reservedIn(text string, r TimeRange) bool {
	at, ok := w.readReserved(text)
	return ok && r.has(at)
}

// readReserved is reservedAt that remembers the last one.
func (w *timeWord) readReserved(text string) (time.Time, bool) {
	if text != w.knownText {
		w.knownText = text
		w.reserved, w.reservedIsTime = reservedAt(text, w.zone)
	}
	return w.reserved, w.reservedIsTime
}

// A chunk has fcm_send_time as the milliseconds that it is later than accepted_at, which
// compresses well; what is not such a time it has as it is, after this.
const asText = "="

// packSent is fcm_send_time of a push that was accepted at ms, as a chunk has it.
func packSent(text string, ms int64) string {
	if text == "" {
		return ""
	}
	if at, err := time.Parse(TimeFormat, text); err == nil && at.Format(TimeFormat) == text {
		return strconv.FormatInt(at.UnixMilli()-ms, 10)
	}
	return asText + text
}

// unpackSent reads what packSent has written: a time in ms, or a text that is none.
func unpackSent(packed []byte, ms int64) (at int64, text string, err error) {
	if len(packed) == 0 {
		return 0, "", nil
	}
	if packed[0] == asText[0] {
		text = string(packed[1:])
		if at, ok := sentAt(text); ok {
			return at.UnixMilli(), "", nil
		}
		return 0, text, nil
	}
	later, err := strconv.ParseInt(string(packed), 10, 64)
	if err != nil {
		return 0, "", segment.ErrColumn
	}
	return ms + later, "", nil
}
