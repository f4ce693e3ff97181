package push

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"
)

func TestOneField(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, field, value string
		fault              string // "" for none
	}{
		{"id of every allowed character", FieldID, "AZaz09._:-", ""},
		{"id of 128 characters", FieldID, strings.Repeat("a", 128), ""},
		{"id of 129 characters", FieldID, strings.Repeat("a", 129), "1 to 128 characters"},
		{"id with a space", FieldID, "a b", "1 to 128 characters"},
		{"id with a slash", FieldID, "a/b", "1 to 128 characters"},
		{"id with a brace, which would be a hash tag", FieldID, "{a}", "1 to 128 characters"},
		{"id with a line feed inside", FieldID, "a\nb", "1 to 128 characters"},
		{"id with a zero byte at its end", FieldID, "a\x00", "1 to 128 characters"},
		{"id in Korean", FieldID, "가", "1 to 128 characters"},
		{"id that is not UTF-8", FieldID, "a\xff", "1 to 128 characters"},

		{"token of 4,096 bytes", FieldDeviceID, strings.Repeat("x", 4096), ""},
		{"token of 4,097 bytes", FieldDeviceID, strings.Repeat("x", 4097), "longer than 4096 bytes"},
		{"token with a space", FieldDeviceID, "a b", "has a space"},
		{"token with a no-break space inside", FieldDeviceID, "a\u00a0b", "has a space"},
		{"token with a zero byte", FieldDeviceID, "a\x00", "control character"},
		{"token that is not UTF-8", FieldDeviceID, "a\xff", "not valid UTF-8"},
		{"no token", FieldDeviceID, "", "required"},

		{"title with line feeds", FieldMsgTitle, "a\n\tb\r\n", ""},
		{"title with a NUL", FieldMsgTitle, "nul \x00 in it", "control character (U+0000): remove it"},
		{"title with an escape", FieldMsgTitle, "\x1b[31mred", "control character (U+001B)"},
		{"title with what CP949 leaves when it is read as Latin-1", FieldMsgTitle, "\u00c3\u0099", "control character (U+0099)"},
		{"title with a byte order mark the wrong way round", FieldMsgTitle, "a\ufffe", "no text (U+FFFE): check the encoding"},
		{"contents with a NUL", FieldMsgContents, "\x00", "control character (U+0000)"},
		{"title of right-to-left text and joined emoji", FieldMsgTitle, "\u202bשלום\u202c 👨\u200d👩\u200d👧 ❤\ufe0f", ""},
		{"title that is not UTF-8", FieldMsgTitle, "\xed\xa0\x80", "not valid UTF-8"},
		{"contents that are not UTF-8", FieldMsgContents, "가\xea", "not valid UTF-8"},

		{"urgent", FieldPriority, "urgent", ""},
		{"normal", FieldPriority, "normal", ""},
		{"FCM's word for urgent", FieldPriority, "high", "urgent or normal"},
		{"urgent, padded", FieldPriority, "urgent    ", ""},
		{"urgent in capitals", FieldPriority, "URGENT", "urgent or normal"},

		{"ttl 1", FieldTTL, "1", ""},
		{"ttl of 28 days", FieldTTL, "2419200", ""},
		{"ttl of 28 days and a second", FieldTTL, "2419201", "1 to 2419200"},
		{"ttl 0", FieldTTL, "0", "1 to 2419200"},
		{"ttl below 0", FieldTTL, "-1", "1 to 2419200"},
		{"ttl between blanks", FieldTTL, "\u00a0600 ", ""},
		{"ttl in full-width digits", FieldTTL, "６００", ""},
		{"ttl with a fraction", FieldTTL, "1.5", "whole number"},
		{"ttl with an exponent", FieldTTL, "1e3", "whole number"},
		{"ttl beyond 64 bits", FieldTTL, "99999999999999999999", "whole number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := fromFields(valid(tt.field, tt.value), seoul, noon)
			if tt.fault == "" {
				checkFaults(t, err)
			} else {
				checkFaults(t, err, tt.field+": "+tt.fault)
			}
		})
	}
}

// The five texts for people have the same rule: characters count, not bytes.
func TestTexts(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, value, fault string }{
		{"128 Korean characters", strings.Repeat("가", 128), ""},
		{"129 Korean characters", strings.Repeat("가", 129), "longer than 128 characters"},
		{"128 letters", strings.Repeat("a", 128), ""},
		{"129 letters", strings.Repeat("a", 129), "longer than 128 characters"},
		{"any character", "{*} '\"\\ ; 😀", ""},
		{"a tab", "a\tb", "control character"},
		{"a line feed", "a\nb", "control character (U+000A): remove it"},
		{"a NUL at its end", "a\x00", "control character (U+0000): remove it"},
		{"a noncharacter", "a\uffff", "no text (U+FFFF): check the encoding"},
		{"128 Korean characters in pieces", norm.NFD.String(strings.Repeat("각", 128)), ""},
		{"128 letters, padded", strings.Repeat(" ", 50) + strings.Repeat("a", 128) + strings.Repeat("\u200b", 50), ""},
		{"not UTF-8", "\xff", "not valid UTF-8"},
	}
	for _, field := range []string{FieldCsno, FieldUUIDID, FieldServiceName, FieldPushGrpID, FieldCustTelno} {
		for _, tt := range tests {
			t.Run(field+": "+tt.name, func(t *testing.T) {
				t.Parallel()
				_, err := fromFields(valid(field, tt.value), seoul, noon)
				if tt.fault == "" {
					checkFaults(t, err)
				} else {
					checkFaults(t, err, field+": "+tt.fault)
				}
			})
		}
	}
}

func TestTitleOrContents(t *testing.T) {
	t.Parallel()
	for _, fields := range []map[string]string{
		valid(FieldMsgTitle, "a", FieldMsgContents, "b"), valid(FieldMsgTitle, "a"), valid(FieldMsgTitle, "", FieldMsgContents, "b"),
	} {
		_, err := fromFields(fields, seoul, noon)
		checkFaults(t, err)
	}
	for _, nothing := range []string{
		"", "  ", "\u200b", "\u3164", "\u115f\u1160", "\u00ad\u2800\u3000\ufeff", "\r\n\t", "\u202b\u202c\ufe0f\u034f", "\U000e0041",
	} {
		_, err := fromFields(valid(FieldMsgTitle, nothing, FieldMsgContents, nothing), seoul, noon)
		checkFaults(t, err, "msg_contents: msg_title or msg_contents is required, with something that can be seen")
		job, err := fromFields(valid(FieldMsgTitle, nothing, FieldMsgContents, "b"), seoul, noon)
		if checkFaults(t, err); job.MsgTitle != "" || job.MsgContents != "b" {
			t.Errorf("the title %q became %q", nothing, job.MsgTitle)
		}
		job, err = fromFields(valid(FieldMsgContents, nothing), seoul, noon)
		if checkFaults(t, err); job.MsgContents != "" {
			t.Errorf("the contents %q became %q", nothing, job.MsgContents)
		}
	}
	for _, something := range []string{"  x ", "\u0301", "\u0600", "ㄱ\u1160", "\u200b.", "🇰🇷"} {
		job, err := fromFields(valid(FieldMsgTitle, something), seoul, noon)
		if checkFaults(t, err); job.MsgTitle != something {
			t.Errorf("the title %q became %q", something, job.MsgTitle)
		}
	}
}

// Whatever way in a job takes, its fields have their normal form.
func TestFieldsBecomeNormal(t *testing.T) {
	t.Parallel()
	const pad, nfd = " \u00a0\ufeff", "\u1106\u1162\u1109\u116e" // 매수 in pieces, from a Mac
	given := map[string]string{
		FieldID: pad + "p\u200b6  ", FieldSndnRsevHour: pad + "２０２６１１２２２３３０００" + pad, FieldCsno: pad + "１００２３４５９\u3000", FieldUUIDID: "u\u00ad-1\t",
		FieldDeviceID: pad + "token:PAD-1\r\n", FieldMsgTitle: " " + nfd + " ", FieldMsgContents: nfd + "\r\n", FieldServiceName: pad + nfd + pad,
		FieldPushGrpID: "G０1\u200b", FieldCustTelno: "\u202a０１０－1234-5678\u202c", FieldData: pad + `{" k ":" ` + nfd + `\t"}` + pad, FieldPriority: "urgent    ", FieldTTL: " 600",
	}
	want := Job{
		ID: "p6", SndnRsevHour: "20261122233000", Csno: "10023459", UUIDID: "u-1", DeviceID: "token:PAD-1", MsgTitle: " 매수 ", MsgContents: "매수\r\n",
		ServiceName: "매수", PushGrpID: "G01", CustTelno: "010-1234-5678", Data: map[string]string{" k ": " " + nfd + "\t"}, Priority: Urgent, TTL: 600,
		DueAt: time.Date(2026, 11, 22, 23, 30, 0, 0, seoul),
	}
	fields, err := fromFields(given, seoul, noon)
	if checkFaults(t, err); !same(fields, want) {
		t.Errorf("fields %+v\nwant   %+v", fields, want)
	}
	object := map[string]any{}
	for name, value := range given {
		object[name] = value
	}
	object[FieldData] = want.Data
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	read, err := fromJSON(text, seoul, noon)
	if checkFaults(t, err); !same(read, want) {
		t.Errorf("JSON %+v\nwant %+v", read, want)
	}
	made := Job{ID: given[FieldID], SndnRsevHour: given[FieldSndnRsevHour], Csno: given[FieldCsno], UUIDID: given[FieldUUIDID], DeviceID: given[FieldDeviceID],
		MsgTitle: given[FieldMsgTitle], MsgContents: given[FieldMsgContents], ServiceName: given[FieldServiceName], PushGrpID: given[FieldPushGrpID],
		CustTelno: given[FieldCustTelno], Data: want.Data, Priority: Priority(given[FieldPriority]), TTL: 600}
	if faults := made.validate(seoul, noon); faults != nil || !same(made, want) {
		t.Errorf("made %+v %v\nwant %+v", made, faults, want)
	}
	if len(given) != len(Fields()) {
		t.Error("a field is missing in this test")
	}
}

// What is blank is absent, in a column of a fixed length, too.
func TestBlankIsAbsent(t *testing.T) {
	t.Parallel()
	for _, blank := range []string{"", "   ", "\u00a0\u3000", "\ufeff", "\u200b\t"} {
		fields := valid()
		for _, name := range Fields() {
			if name != FieldDeviceID && name != FieldMsgTitle {
				fields[name] = blank
			}
		}
		job, err := fromFields(fields, seoul, noon)
		want, _ := fromFields(valid(), seoul, noon)
		if checkFaults(t, err); !same(job, want) {
			t.Errorf("with %q: %+v", blank, job)
		}
	}
	_, err := fromFields(valid(FieldDeviceID, "\u200b "), seoul, noon)
	checkFaults(t, err, "device_id: is required")
}

// FCM counts bytes, of title, body, data keys and data values; the msg_id that
// pushstream adds is data too.
func TestPayload(t *testing.T) {
	t.Parallel()
	const room = 4096 - len("msg_id")
	tests := []struct {
		name   string
		fields map[string]string
		size   int
	}{
		{"with an id of one character", valid(FieldID, "x", FieldMsgTitle, strings.Repeat("a", room-1)), 4096},
		{"one byte more", valid(FieldID, "x", FieldMsgTitle, strings.Repeat("a", room)), 4097},
		{"with an id of two characters", valid(FieldID, "xx", FieldMsgTitle, strings.Repeat("a", room-1)), 4097},
		{"with an id to be given", valid(FieldMsgTitle, strings.Repeat("a", room-36)), 4096},
		{"with an id to be given, one byte more", valid(FieldMsgTitle, strings.Repeat("a", room-35)), 4097},
		{"title and contents", valid(FieldID, "x", FieldMsgTitle, "가", FieldMsgContents, strings.Repeat("a", room-4)), 4096},
		{"Korean has three bytes a character", valid(FieldID, "x", FieldMsgTitle, strings.Repeat("가", 1363)), 7 + 3*1363},
		{"Korean, one character more", valid(FieldID, "x", FieldMsgTitle, strings.Repeat("가", 1364)), 7 + 3*1364 /* 4099 */},
		{"keys and values of data", valid(FieldID, "x", FieldMsgTitle, "가나", FieldData, `{"`+strings.Repeat("k", 1000)+`":"`+strings.Repeat("v", room-1007)+`"}`), 4096},
		{"a data key one byte longer", valid(FieldID, "x", FieldMsgTitle, "가나", FieldData, `{"`+strings.Repeat("k", 1001)+`":"`+strings.Repeat("v", room-1007)+`"}`), 4097},
		{"what FCM does not count", valid(FieldID, "x", FieldMsgTitle, strings.Repeat("a", room-1), FieldCsno, "1", FieldServiceName, "s"), 4096},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			job, err := fromFields(tt.fields, seoul, noon)
			if got := job.PayloadSize(); got != tt.size {
				t.Errorf("%d bytes, want %d", got, tt.size)
			}
			if tt.size <= 4096 {
				checkFaults(t, err)
			} else {
				checkFaults(t, err, fmt.Sprintf("msg_contents: are %d bytes with msg_id, FCM takes 4096", tt.size))
			}
		})
	}
}

func TestReservedTime(t *testing.T) {
	t.Parallel()
	const now = "0001-01-01T00:00:00Z"
	tests := []struct {
		value string
		due   string // RFC 3339 in UTC; "" for a fault
		kept  string // as it is kept; "" for as it was given
	}{
		{"20261122093001", "2026-11-22T00:30:01Z", ""}, // nine hours before, in Seoul
		{"20270101000000", "2026-12-31T15:00:00Z", ""},
		{"2026-11-22T09:30:01+09:00", "2026-11-22T00:30:01Z", ""},
		{"2026-11-22T00:30:01Z", "2026-11-22T00:30:01Z", ""},
		{"2026-11-22T00:30:01.5Z", "2026-11-22T00:30:01.5Z", ""},

		// As people, databases and spreadsheets write it.
		{"20261122240000", "2026-11-22T15:00:00Z", "20261123000000"},
		{"20261231240000", "2026-12-31T15:00:00Z", "20270101000000"},
		{"202611222400", "2026-11-22T15:00:00Z", "20261123000000"},
		{"2026-11-22T24:00:00+09:00", "2026-11-22T15:00:00Z", "20261123000000"},
		{"2026-11-22 24:00", "2026-11-22T15:00:00Z", "20261123000000"},
		{"202611220930", "2026-11-22T00:30:00Z", "20261122093000"},
		{"20261122093000000", "2026-11-22T00:30:00Z", "20261122093000"},
		{"20261122093001999", "2026-11-22T00:30:01Z", "20261122093001"},
		{"20261122T093000", "2026-11-22T00:30:00Z", "20261122093000"},
		{"20261122 093000", "2026-11-22T00:30:00Z", "20261122093000"},
		{"20261122T0930", "2026-11-22T00:30:00Z", "20261122093000"},
		{"20261122093000+0900", "2026-11-22T00:30:00Z", "20261122093000"},
		{"20261122T003000Z", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026-11-22 09:30:00", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026-11-22  09:30:00", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026-11-22 09:30", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026-11-22 9:30", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026-11-22T09:30:01", "2026-11-22T00:30:01Z", "20261122093001"}, // in the firm's zone
		{"2026-11-22T09:30", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026-11-22t00:30:00z", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026-11-22 09:30:00.123456", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026-11-22 09:30:00,0", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026-11-22T09:30:00.000+0900", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026-11-22T02:30:00+02", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026-11-21 18:30:00 -06:00", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026/11/22 09:30:00", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026/1/2 9:30", "2026-01-02T00:30:00Z", "20260102093000"},
		{"2026.11.22 09:30", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026. 11. 22. 오전 9:30:00", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026. 11. 22. 오후 9:30:00", "2026-11-22T12:30:00Z", "20261122213000"},
		{"2026-11-22 오후 9:30", "2026-11-22T12:30:00Z", "20261122213000"},
		{"2026-11-22 오전 12:30", "2026-11-21T15:30:00Z", "20261122003000"},
		{"2026-11-22 오후 12:30", "2026-11-22T03:30:00Z", "20261122123000"},
		{"2026-11-22 9:30:00 PM", "2026-11-22T12:30:00Z", "20261122213000"},
		{"2026-11-22 12:05am", "2026-11-21T15:05:00Z", "20261122000500"},
		{"2026년 11월 22일 오전 9시 30분", "2026-11-22T00:30:00Z", "20261122093000"},
		{"2026년 11월 22일 21시", "2026-11-22T12:00:00Z", "20261122210000"},
		{" 20261122093001", "2026-11-22T00:30:01Z", "20261122093001"},
		{"20261122093001  ", "2026-11-22T00:30:01Z", "20261122093001"},
		{"２０２６１１２２０９３００１", "2026-11-22T00:30:01Z", "20261122093001"},
		{"2026-11-22\u00a009:30:00", "2026-11-22T00:30:00Z", "20261122093000"},

		// A column without a time.
		{"0", now, "-"}, {"00000000000000", now, "-"}, {"00000000", now, "-"}, {"0000-00-00 00:00:00", now, "-"}, {"0000/00/00", now, "-"},
		{"  ", now, "-"}, {"\ufeff", now, "-"},

		// A year and a day, and no further: what is handed in at noon.
		{"20271123120000", "2027-11-23T03:00:00Z", ""},
		{"20271123120001", "", ""},
		{"20251121120000", "2025-11-21T03:00:00Z", ""},
		{"20251121115959", "", ""},
		{"19700101090000", "", ""},
		{"1999-01-01T00:00:00Z", "", ""},
		{"20280229090000", "", ""},
		{"99991231235959", "", ""},
		{"99991231240000", "", ""},
		{"0001-01-01T00:00:00Z", "", ""},

		{"20261399000000", "", ""},
		{"20260230120000", "", ""},
		{"20260229120000", "", ""}, // no leap year
		{"2026-02-29 12:00", "", ""},
		{"20260431120000", "", ""},
		{"20260001120000", "", ""},
		{"20260100120000", "", ""},
		{"20261122240001", "", ""},
		{"2026-11-22 24:00:00.5", "", ""},
		{"20261122236000", "", ""},
		{"20261122235960", "", ""},
		{"20261122093060", "", ""},
		{"2026-11-22 09:30:60", "", ""},
		{"2026-02-30T00:00:00Z", "", ""},
		{"2026-11-22T25:00:00Z", "", ""},
		{"2026-11-22 09:30:00+25:00", "", ""},
		{"2026-11-22 오후 13:30", "", ""},
		{"2026-11-22 오전 0:30", "", ""},
		{"2026-11-22 오전 9:30 AM", "", ""},
		{"2026-11-22", "", ""}, // at what time?
		{"20261122", "", ""},
		{"2026년 11월 22일", "", ""},
		{"2026112209300", "", ""},
		{"202611220930011", "", ""},
		{"2026112209", "", ""},
		{"2026-11-2209:30", "", ""},
		{"2026-11-229:30", "", ""},
		{"26-11-22 09:30", "", ""}, // which century, or is it the 26th?
		{"11/22/2026 09:30", "", ""},
		{"22-11-2026 09:30", "", ""},
		{"2026-11-22 0930.5", "", ""},
		{"2026112209300a", "", ""},
		{"-2026112209300", "", ""},
		{"00:00:00", "", ""}, // midnight, or none?
		{"1763771400", "", ""},
		{"4.61E+04", "", ""},
		{"46348.39583", "", ""},
		{"tomorrow", "", ""},
		{"2026-11-22T09:30:00[Asia/Seoul]", "", ""},
		{"\xff", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.value, func(t *testing.T) {
			t.Parallel()
			job, err := fromFields(valid(FieldSndnRsevHour, tt.value), seoul, noon)
			if tt.due == "" {
				faults := faultsOf(t, err)
				if got := fieldsOf(faults); !slices.Equal(got, []string{FieldSndnRsevHour}) || !strings.Contains(noDueForm+noTime, tt.value) && strings.Contains(faults[0].Message, tt.value) {
					t.Errorf("faults %v", faults)
				}
				return
			}
			checkFaults(t, err)
			if got := job.DueAt.UTC().Format(time.RFC3339Nano); got != tt.due {
				t.Errorf("due at %s, want %s", got, tt.due)
			}
			want := cmp.Or(tt.kept, tt.value)
			if want == "-" {
				want = ""
			}
			if job.SndnRsevHour != want {
				t.Errorf("kept as %q, want %q", job.SndnRsevHour, want)
			}
			again, err := fromFields(valid(FieldSndnRsevHour, job.SndnRsevHour), seoul, noon)
			if checkFaults(t, err); !again.DueAt.Equal(job.DueAt) || again.SndnRsevHour != job.SndnRsevHour {
				t.Errorf("read again: %q, %v", again.SndnRsevHour, again.DueAt)
			}
		})
	}
}

// A fault says what to do.
func TestReservedTimeFaults(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"20271124000000":      "is more than 366 days ahead: check the year",
		"19700101090000":      "is more than 366 days back: check the year, or leave it empty",
		"20260229090000":      "no such date or time: check the day of the month",
		"20261122093060":      "minutes and seconds to 59",
		"20261122":            "has a date and no time: write the time, too",
		"2026. 11. 22.":       "has a date and no time",
		"tomorrow":            "must be a date and time as yyyyMMddHHmmss, RFC 3339, or as in 2026-11-22 09:30:00",
		"22/11/2026 09:30:00": "must be a date and time",
	} {
		_, err := fromFields(valid(FieldSndnRsevHour, value), seoul, noon)
		checkFaults(t, err, FieldSndnRsevHour+": "+want)
	}
}

func TestNoReservedTimeIsNow(t *testing.T) {
	t.Parallel()
	job, err := fromFields(valid(FieldSndnRsevHour, ""), seoul, noon)
	if checkFaults(t, err); !job.DueAt.IsZero() {
		t.Errorf("due at %v", job.DueAt)
	}
}

func TestReservedTimeIsInTheZoneGiven(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{
		"UTC": "2026-11-22T09:30:01Z", "Asia/Seoul": "2026-11-22T00:30:01Z", "America/New_York": "2026-11-22T14:30:01Z",
	} {
		job, err := fromFields(valid(FieldSndnRsevHour, "20261122093001"), mustZone(zone), noon)
		if checkFaults(t, err); job.DueAt.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: due at %v, want %s", zone, job.DueAt.UTC(), want)
		}
	}
	// Of the hour that daylight saving repeats, the record says which it is.
	for written, kept := range map[string]string{"2026-11-01 01:30 -0400": "20261101013000", "2026-11-01 01:30 -0500": "2026-11-01T01:30:00-05:00"} {
		job, err := fromFields(valid(FieldSndnRsevHour, written), mustZone("America/New_York"), noon)
		if checkFaults(t, err); job.SndnRsevHour != kept {
			t.Errorf("%s is kept as %s, want %s", written, job.SndnRsevHour, kept)
		}
	}
	// An hour that daylight saving skips is some time on that day, and no fault.
	job, err := fromFields(valid(FieldSndnRsevHour, "20260308023000"), mustZone("America/New_York"), noon)
	if checkFaults(t, err); job.DueAt.Day() != 8 {
		t.Errorf("due at %v", job.DueAt)
	}
}

func TestData(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, data, fault string }{
		{"texts", `{"screen":"loan","빈":"","a b":"x"}`, ""},
		{"empty object", `{}`, ""},
		{"empty value", `{"a":""}`, ""},
		{"from", `{"from":"x"}`, `key "from" is reserved by FCM`},
		{"message_type", `{"message_type":"x"}`, `key "message_type" is reserved by FCM`},
		{"google.", `{"google.sent_time":"x"}`, `key "google.sent_time" is reserved by FCM`},
		{"gcm.n.", `{"gcm.n.e":"x"}`, `key "gcm.n.e" is reserved by FCM: use another name`},
		{"gcm.notification.", `{"gcm.notification.x":"x"}`, `key "gcm.notification.x" is reserved by FCM`},
		{"only like a reserved one", `{"From":"x","from_":"x","my.google":"x","google":"x","googleMapUrl":"x","google_pay":"x","gcm":"x","gcm_type":"x"}`, ""},
		{"words of FCM's that it takes", `{"collapse_key":"x","notification":"x","priority":"x","to":"x","ttl":"x","MSG_ID":"x"}`, ""},
		{"any text", `{"a":"\u0001\ufeff \r\n","\u1106\u1162":"\u1106\u1162"}`, ""},
		{"NUL in a value", `{"k":"a\u0000b"}`, `value of "k" has a NUL character: remove it`},
		{"NUL in a key", `{"k\u0000":"a"}`, `key "k?" has a NUL character: remove it`},
		{"our own", `{"msg_id":"x"}`, `key "msg_id" is set by pushstream`},
		{"empty key", `{"":"x"}`, "empty key"},
		{"two faults", `{"from":"x","msg_id":"y"}`, `key "from" is reserved by FCM: use another name, key "msg_id" is set by pushstream: use another name`},
		{"a number", `{"n":1}`, `value of "n" must be text, not a number`},
		{"null", `{"n":null}`, `value of "n" must be text, not null`},
		{"nested", `{"n":{"a":"b"}}`, `value of "n" must be text, not an object`},
		{"a key twice", `{"a":"x","\u0061":"y"}`, `key "a" is given twice`},
		{"an array", `["a"]`, "must be a JSON object of texts"},
		{"a text", `"a"`, "must be a JSON object of texts"},
		{"a number alone", `5`, "must be a JSON object of texts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fields := valid(FieldData, tt.data)
			for _, parse := range []func() error{
				func() error { _, err := fromFields(fields, seoul, noon); return err },
				func() error { _, err := fromJSON(object(t, fields), seoul, noon); return err },
			} {
				if tt.fault == "" {
					checkFaults(t, parse())
				} else {
					checkFaults(t, parse(), "data: "+tt.fault)
				}
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	job, err := fromFields(valid(), seoul, noon)
	checkFaults(t, err)
	if job.Priority != Normal || job.TTL != 3600 || job.ID != "" {
		t.Errorf("%+v", job)
	}
}

// The names on the wire are those of the design, in JSON too.
func TestWireNames(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(Job{ID: "a", SndnRsevHour: "a", Csno: "a", UUIDID: "a", DeviceID: "a", MsgTitle: "a", MsgContents: "a",
		ServiceName: "a", PushGrpID: "a", CustTelno: "a", Data: map[string]string{"a": "b"}, Priority: "a", TTL: 1, DueAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(b, &object); err != nil {
		t.Fatal(err)
	}
	want := []string{"D_servicename", "csno", "cust_telno", "data", "device_id", "id", "msg_contents", "msg_title",
		"priority", "push_grp_id", "sndn_rsev_hour", "ttl", "uuid_id"}
	if got := sortedKeys(object); !slices.Equal(got, want) {
		t.Errorf("JSON has %q", got)
	}
	if got := slices.Sorted(slices.Values(Fields())); !slices.Equal(got, want) {
		t.Errorf("Fields has %q", got)
	}
}
