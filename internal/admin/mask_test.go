package admin

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ field, value, want string }{
		{push.FieldCsno, "10023451", "*****451"},
		{push.FieldCsno, "", ""},
		{push.FieldCsno, "7", "*"},
		{push.FieldCsno, "12345", "***45"},
		{push.FieldCustTelno, "010-1234-5678", "***-****-5678"},
		{push.FieldCustTelno, "+82 10 1234 5678", "+** ** **** 5678"},
		{push.FieldCustTelno, "119", "**9"},
		{push.FieldUUIDID, "3f2b8c1e-77aa-4c0e-9d1b-000000000000", "3f2b****"},
		{push.FieldDeviceID, "dPxQz1abcdefghijklmnopqrstuv:APA91b", "dPxQz1****"},
		{push.FieldDeviceID, "ab", "****"},
		{push.FieldMsgTitle, "[체결] 삼성전자 10주", "[체결****"},
		{push.FieldMsgTitle, "홍길동", "홍****"},
		{push.FieldMsgContents, "홍길동님, 계좌 123-45", "홍길****"},
		{push.FieldMsgContents, "<b>x</b>", "<b>****"},
		{push.FieldMsgContents, "\xff\xfe\xfd\xfc\xfb", "\ufffd\ufffd****"},
		{push.FieldPushGrpID, "G17", "G17"},
	} {
		if got := mask(one.field, one.value); got != one.want {
			t.Errorf("%s %q: %q, want %q", one.field, one.value, got, one.want)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("10023451")
	f.Add("체결 안내입니다")
	f.Fuzz(func(t *testing.T, value string) {
		for _, field := range append(push.PersonalFields(), pushlog.FieldResult) {
			got := mask(field, value)
			if value != "" && utf8.RuneCountInString(value) > 0 && got == value && strings.ContainsFunc(value, plain) {
				t.Errorf("%s shows %q", field, got)
			}
			kept := 0
			for _, r := range got {
				if plain(r) {
					kept++
				}
			}
			if kept*5 > utf8.RuneCountInString(value)*2 {
				t.Errorf("%s of %q shows %q", field, value, got)
			}
		}
	})
}
