package push

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestShort(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":                         "",
		"10023459":                 "10023459",
		"10023459   ":              "10023459",
		" \t10023459\r\n":          "10023459",
		"\u00a0 10023459":          "10023459",
		"\ufeff10023459":           "10023459",
		"G01\u200b":                "G01",
		"\u3000G01\u3000":          "G01",
		" \ufeff \u200b\u2060G01":  "G01", // mixed
		"100\u200b234\ufeff59":     "10023459",
		"100\u00ad23459":           "10023459",
		"\u202a010-1234\u202c":     "010-1234", // copied from an address book
		"１００２３４５９":                 "10023459",
		"Ｇ０１－Ａ～":                   "G01-A~",
		"a　b":                      "a b",
		"a\u00a0b\u2003c":          "a b c",
		"a  b":                     "a  b", // inner blanks are the field's own
		"\u1112\u1161\u11ab":       "한",
		"\u1112\u200b\u1161\u11ab": "한",
		"\u200b\u3000 ":            "",
		"가나 😀":                     "가나 😀",
		"a\tb":                     "a\tb", // refused, not mended
		"a\x00":                    "a\x00",
		" \xff ":                   " \xff ", // not UTF-8
	} {
		if got := Short(value); got != want {
			t.Errorf("%q is %q, not %q", value, got, want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"": "", "  a\r\n\u00a0": "  a\r\n\u00a0", "\u1106\u1162\u1109\u116e": "매수", "매수": "매수",
		"👨\u200d👩\u200d👧 \u202bא": "👨\u200d👩\u200d👧 \u202bא", "Ａ": "Ａ", "\xff": "\xff",
	} {
		if got := Text(value); got != want {
			t.Errorf("%q is %q, not %q", value, got, want)
		}
	}
}

func TestPhoneDigits(t *testing.T) {
	t.Parallel()
	for want, spellings := range map[string][]string{
		"01012345678": {
			"010-1234-5678", "01012345678", "+82-10-1234-5678", "+821012345678", "010 1234 5678", "(010)1234-5678",
			"010–1234–5678", "010.1234.5678", "０１０－１２３４－５６７８", "82-10-1234-5678", "0082 10 1234 5678", "+82 (0)10-1234-5678",
			"(+82) 010-1234-5678", "＋82 10 1234 5678", "tel:+82-10-1234-5678", "\u202a+82 10\u00a01234\u00a05678\u202c", "1012345678",
		},
		"021234567": {"02-123-4567", "+82 2 123 4567", "82 2 123 4567"},
		"15881234":  {"1588-1234", "+82 1588-1234", "0082-1588-1234"},
		"010":       {"+8210", "+82 10", "010"}, // the beginning of a number
		// The last digits are no country code.
		"5678": {"5678"}, "8212": {"8212", "82-12"}, "82123456": {"8212-3456"}, "82": {"82", "+82"},
		"12125550123": {"+1 212 555 0123"},
		"":            {"", "-", "휴대폰", "\xff"},
	} {
		for _, s := range spellings {
			if got := PhoneDigits(s); got != want {
				t.Errorf("%q is %q, not %q", s, got, want)
			}
		}
	}
}

// What is normal stays as it is, so that a value can be made normal at the door and
// again where it is searched for.
func FuzzNormal(f *testing.F) {
	for _, s := range []string{
		"", " \ufeffa", "\u1100\u200b\u1161", "＋８２ 10", "0082008210", "8282828282828282", "\u3164", "\u0301", " \u0301", "\xffa ", "82 1588-1234", "1\u037e",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, form := range map[string]func(string) string{"Short": Short, "Text": Text, "PhoneDigits": PhoneDigits} {
			once := form(s)
			if twice := form(once); twice != once {
				t.Errorf("%s of %q is %q, of that %q", name, s, once, twice)
			}
			if utf8.ValidString(s) && (!norm.NFC.IsNormalString(once) || form(norm.NFD.String(s)) != once) {
				t.Errorf("%s of %q is %q, of its NFD %q", name, s, once, form(norm.NFD.String(s)))
			}
		}
	})
}
