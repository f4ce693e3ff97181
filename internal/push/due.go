package push

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// timeLayout is yyyyMMddHHmmss, the form in which sndn_rsev_hour is kept.
const timeLayout = "20060102150405"

// MaxAhead is how far a reserved time may lie ahead, and how far back: what lies further
// is a year that was mistyped. The process's own clock is good enough for that, since a
// process whose clock is wrong by more than 5 s is not ready.
const MaxAhead = 366 * 24 * time.Hour

// What is wrong with a reserved time. None repeats it.
const (
	noSuchTime = "no such date or time: check the day of the month; hours go to 23, or are 24:00:00, minutes and seconds to 59"
	noTime     = "has a date and no time: write the time, too, as in yyyyMMddHHmmss"
	noDueForm  = "must be a date and time as yyyyMMddHHmmss, RFC 3339, or as in 2026-11-22 09:30:00"
)

// ParseDue reads a reserved time, or says what is wrong with it. No time, or one of
// zeros, is now: the zero time.
//
// Read is what leaves no doubt: yyyyMMddHHmmss and RFC 3339; the date also with - / . or
// 년월일, the time behind T or a blank, with or without colons, without seconds, with
// milliseconds (which are dropped), with 오전, 오후, AM or PM, and with a zone. 24:00:00 is
// the next midnight. Without a zone the time is in zone; one that the zone skips or
// repeats (daylight saving) is taken as time.Date does.
func ParseDue(s string, zone *time.Location) (due time.Time, fault string) {
	s = Short(s)
	if len(s) == len(timeLayout) && digitsOnly(s) {
		if due, err := time.ParseInLocation(timeLayout, s, zone); err == nil {
			return due, ""
		}
	}
	if isNow(s) {
		return time.Time{}, ""
	}
	due, err := time.Parse(time.RFC3339, s)
	if err != nil {
		due, fault = parseWritten(s, zone)
	}
	if fault == "" && (due.IsZero() || !inYears(due.UTC()) || !inYears(due.In(zone))) {
		fault = noSuchTime
	}
	if fault != "" {
		return time.Time{}, fault
	}
	return due, ""
}

func inYears(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }

// NormalDue is how a record keeps s, which ParseDue has read as due: as it is if it is
// yyyyMMddHHmmss or RFC 3339, else as yyyyMMddHHmmss in zone, so that all that were
// written in some other way are found alike; or with its offset, if that would not say
// which of two hours it is. Now is "".
func NormalDue(s string, due time.Time, zone *time.Location) string {
	if due.IsZero() {
		return ""
	}
	if s = Short(s); !digitsOnly(s) {
		if _, err := time.Parse(time.RFC3339, s); err == nil {
			return s
		}
	}
	normal := due.In(zone).Format(timeLayout)
	if same, err := time.ParseInLocation(timeLayout, normal, zone); err != nil || !same.Equal(due) {
		return due.In(zone).Format(time.RFC3339)
	}
	return normal
}

// isNow reports whether s is nothing, or zeros, as a column without a time has them: 0,
// 00000000000000, 0000-00-00 00:00:00. 00:00:00 is none of them: it may mean midnight.
func isNow(s string) bool {
	return strings.Trim(s, "0") == "" || strings.Contains(s, "0000") && strings.Trim(s, "0-/:. T") == ""
}

func digitsOnly(s string) bool { return strings.Trim(s, "0123456789") == "" }

var (
	dateForm = regexp.MustCompile(`^(\d{4})(?:(\d\d)(\d\d)|-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\. ?(\d{1,2})\. ?(\d{1,2})\.?|년 ?(\d{1,2})월 ?(\d{1,2})일)`)
	timeForm = regexp.MustCompile(`^([Tt]| +)?((?i)오전|오후|[AP]M)? ?` +
		`(?:(\d\d)(\d\d)(?:(\d\d)(\d{3})?)?|(\d{1,2}):(\d\d)(?::(\d\d))?|(\d{1,2})시(?: ?(\d{1,2})분(?: ?(\d{1,2})초)?)?)` +
		`([.,]\d{1,9})?( ?(?i)[AP]M)? ?([Zz]|[+-]\d\d:?(?:\d\d)?)?$`)
)

// parseWritten reads a time as people and spreadsheets write it.
func parseWritten(s string, zone *time.Location) (time.Time, string) {
	date := dateForm.FindStringSubmatch(s)
	if date == nil {
		return time.Time{}, noDueForm
	}
	rest := s[len(date[0]):]
	if rest == "" {
		return time.Time{}, noTime
	}
	clock := timeForm.FindStringSubmatch(rest)
	if clock == nil {
		return time.Time{}, noDueForm
	}
	blank, half, fraction := clock[1], strings.ToUpper(clock[2]+strings.TrimSpace(clock[14])), clock[13]
	hour, minute, second := first(clock[3], clock[7], clock[10]), first(clock[4], clock[8], clock[11]), first(clock[5], clock[9], clock[12])
	switch {
	case blank == "" && clock[2] == "" && (date[2] == "" || clock[3] == ""):
		return time.Time{}, noDueForm // where does the day end?
	case clock[2] != "" && clock[14] != "", fraction != "" && (second == "" || clock[6] != ""):
		return time.Time{}, noDueForm
	}
	where, ok := zoneOf(clock[15], zone)
	y, mo, d := number(date[1]), number(first(date[2], date[4], date[6], date[8], date[10])), number(first(date[3], date[5], date[7], date[9], date[11]))
	h, mi, sec := number(hour), number(minute), number(second)
	if half != "" {
		ok = ok && h >= 1 && h <= 12
		if h %= 12; half == "오후" || half == "PM" {
			h += 12
		}
	}
	midnight := h == 24 && mi == 0 && sec == 0 && strings.Trim(fraction+clock[6], ".,0") == ""
	day := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
	if !ok || day.Month() != time.Month(mo) || day.Day() != d || h > 23 && !midnight || mi > 59 || sec > 59 {
		return time.Time{}, noSuchTime
	}
	return time.Date(y, time.Month(mo), d, h, mi, sec, 0, where), ""
}

// zoneOf is where a time with this offset is; zone if it has none.
func zoneOf(offset string, zone *time.Location) (*time.Location, bool) {
	switch offset {
	case "":
		return zone, true
	case "Z", "z":
		return time.UTC, true
	}
	digits := strings.Replace(offset[1:], ":", "", 1) + "00"
	h, m := number(digits[:2]), number(digits[2:4])
	seconds := (h*60 + m) * 60
	if offset[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds), h <= 23 && m <= 59
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// number is what digits say; 0 if there are none.
func number(digits string) int {
	n, _ := strconv.Atoi(digits) // a few digits, or none
	return n
}

// checkDue says what is wrong with a reserved time, seen from now.
func checkDue(due, now time.Time) string {
	days := MaxAhead / (24 * time.Hour)
	switch {
	case due.IsZero():
		return ""
	case due.After(now.Add(MaxAhead)):
		return fmt.Sprintf("is more than %d days ahead: check the year", days)
	case due.Before(now.Add(-MaxAhead)):
		return fmt.Sprintf("is more than %d days back: check the year, or leave it empty to send at once", days)
	}
	return ""
}
