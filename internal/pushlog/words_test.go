package pushlog

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pushstream/internal/push"
)

var seoul = time.FixedZone("Asia/Seoul", 9*3600)

// nine are the spellings of one phone that people hand in, and type.
var nine = []string{"010-1234-5678", "01012345678", "+82-10-1234-5678", "+821012345678", "010 1234 5678", "(010)1234-5678",
	"010–1234–5678", "010.1234.5678", "０１０－１２３４－５６７８"}

// Each spelling of a phone finds each; so does a part of it, and no other phone is found.
func TestPhonesByDigits(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	for i, phone := range nine {
		b.seed(t, fmt.Sprint("is-", i), int64(1000+i), push.Sent, push.FieldCustTelno, phone)
	}
	for i, phone := range []string{"010-1234-5679", "0212345678", "02-1234-5678", "", "없음", "+82-10-1234-567", "101234567"} {
		b.seed(t, fmt.Sprint("not-", i), int64(2000+i), push.Sent, push.FieldCustTelno, phone)
	}
	check := func() {
		t.Helper()
		for _, tt := range []struct {
			words []string
			whole bool
			want  int64
		}{
			{nine, true, 9}, {nine, false, 9}, {[]string{"0082 10 1234 5678", "1012345678", " 010-1234-5678 ", "\u202a01012345678\u202c"}, true, 9},
			{[]string{"12345678", "1234-5678", "１２３４５６７８"}, false, 11},
			{[]string{"5678", "５６７８", "-5678", "56-78"}, false, 11},
			{[]string{"5678"}, true, 0},
			{[]string{"없음", "없"}, false, 1}, {[]string{"없음"}, true, 1},
			{[]string{"-"}, false, 6}, // no digits: as it is written
			{[]string{"010-1234-5679"}, true, 1}, {[]string{"99999999"}, false, 0},
		} {
			for _, w := range tt.words {
				text := Text{Column: push.FieldCustTelno, Word: NormalWord(push.FieldCustTelno, w), Whole: tt.whole}
				page := b.list(t, Query{Page: 1, Size: 100, Filter: Filter{Text: text}})
				matched := int64(0)
				for _, id := range b.rdb.ZRange(t.Context(), b.keys.Partition(0).Index(), 0, -1).Val() {
					r := b.record(t, id)
					f := Filter{Text: text}
					if f.Matches(&r) {
						matched++
					}
				}
				if page.Total != tt.want || matched != tt.want {
					t.Errorf("%q, whole %v: found %d by %s, %d match, want %d", w, tt.whole, page.Total, page.How, matched, tt.want)
				}
			}
		}
	}
	check()
	b.sealAll(t)
	check()
}

// A part of a number that begins like a code of a country is also a part of a number.
func TestPartsThatLookLikeACountry(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "a", 1, push.Sent, push.FieldCustTelno, "010-8212-3456")
	b.seed(t, "b", 2, push.Sent, push.FieldCustTelno, "010-0082-1234")
	b.seed(t, "c", 3, push.Sent, push.FieldCustTelno, "010-1012-3456")
	check := func() {
		t.Helper()
		for word, want := range map[string][]string{"82123456": {"a"}, "8212": {"b", "a"}, "00821234": {"c", "b"}, "0082-1234": {"c", "b"},
			"10123456": {"c"}, "1010123456": {"c"}, "+82 10 8212": {"a"}} {
			page := b.list(t, Query{Page: 1, Size: 100, Filter: Filter{Text: Text{Column: push.FieldCustTelno, Word: word}}})
			if got := idsOf(page.Records); !slices.Equal(got, want) {
				t.Errorf("%q: %q, want %q", word, got, want)
			}
		}
	}
	check()
	b.sealAll(t)
	check()
}

// What a scan makes of a column is push.PhoneDigits of each value.
func FuzzPhoneDigits(f *testing.F) {
	for _, phone := range append(nine, "1012345678", "8212", "00821012345678", "0082", "82 (0)10-1234-5678", "\xff1") {
		f.Add(phone)
	}
	f.Fuzz(func(t *testing.T, phone string) {
		if got, want := string(addPhone([]byte("x"), []byte(phone))), "x"+push.PhoneDigits(phone); got != want {
			t.Errorf("%q: %q, want %q", phone, got, want)
		}
	})
}

// A time is found by what is shown of it, in the firm's zone.
func TestTimesAsTheyAreShown(t *testing.T) {
	t.Parallel()
	const stored, reserved = "2026-11-30T00:30:05.123Z", "20261130093005"
	for _, column := range []string{FieldFCMSendTime, push.FieldSndnRsevHour} {
		for _, tt := range []struct {
			word            string
			contains, whole bool
		}{
			{"2026-11-30 09:30:05", true, true}, {"20261130093005", true, true}, {"2026-11-30T09:30:05+09:00", true, true},
			{"2026-11-30T00:30:05Z", true, true}, {stored, true, true}, {"2026/11/30 09:30:05", true, true}, {"2026.11.30 09:30:05", true, true},
			{"2026-11-30 09:30:05.123", true, true}, {"２０２６-11-30 09:30:05", true, true}, {" 2026-11-30 09:30:05 ", true, true},
			{"2026-11-30 09:30", true, false}, {"2026-11-30", true, false}, {"20261130", true, false}, {"09:30", true, false}, {"093005", true, false}, {":05", true, false},
			{"2026-11-30 00:30", false, false}, {"00:30", false, false}, {"2026-11-30 09:31", false, false}, {"2026-11-30T09:30:05Z", false, false}, {"later", false, false},
		} {
			r := Record{FCMSendTime: stored}
			if r.SndnRsevHour = reserved; tt.word == stored && column == push.FieldSndnRsevHour {
				tt.word = "2026-11-30T00:30:05.999Z" // milliseconds do not count
			}
			for whole, want := range map[bool]bool{false: tt.contains, true: tt.whole} {
				f := Filter{Zone: seoul, Text: Text{Column: column, Word: NormalWord(column, tt.word), Whole: whole}}
				if got := f.holds(&r); got != want {
					t.Errorf("%s %q, whole %v: %v", column, tt.word, whole, got)
				}
				if f.holds(&Record{}) {
					t.Errorf("%s %q, whole %v: found where there is no time", column, tt.word, whole)
				}
			}
		}
	}
	hand := Record{FCMSendTime: "yesterday", Job: push.Job{SndnRsevHour: "tomorrow"}}
	for _, f := range []Filter{{Text: Text{Column: FieldFCMSendTime, Word: "STERDAY"}}, {Text: Text{Column: push.FieldSndnRsevHour, Word: "tomorrow", Whole: true}}} {
		if !f.holds(&hand) {
			t.Errorf("%+v: what is no time is a text", f)
		}
	}
	if f := (Filter{Reserved: TimeRange{Since: time.Unix(0, 0)}}); f.holds(&hand) || f.holds(&Record{}) {
		t.Error("what is no time is in a range")
	}
}
