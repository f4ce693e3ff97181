package pushlog

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// rowsWith finds the rows of a column by word.in, and by looking at each.
func rowsWith(t *testing.T, values []string, text string) {
	t.Helper()
	codec := NewCodec()
	col, err := codec.Decode(codec.Encode(values), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if string(col.Value(i)) != v {
			t.Fatalf("row %d is %q, want %q", i, col.Value(i), v)
		}
	}
	var got, want []int
	newWord(text).in(col, func(row int) { got = append(got, row) })
	for i, v := range values {
		if strings.Contains(lower(v), lower(text)) {
			want = append(want, i)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q in %q: rows %v, want %v", text, values, got, want)
	}
}

func TestGrep(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		values []string
		word   string
	}{
		"Korean, two letters":                {[]string{"매수 체결", "체", "결", "미체결"}, "체결"},
		"not across rows":                    {[]string{"ab", "cd", "abcd", "xab", "cdx"}, "abcd"},
		"not across rows, empty ones":        {[]string{"", "a", "", "b", "ab", ""}, "ab"},
		"at the very end":                    {[]string{"x", "", "needle"}, "needle"},
		"case of Latin letters":              {[]string{"Samsung", "SAMSUNG", "samsung", "sAmSuNg!", "sam sung"}, "SamSung"},
		"no case for others":                 {[]string{"É", "é", "Ω", "ω", "İ", "i", "K", "k"}, "É"},
		"a letter is not what is next to it": {[]string{"@", "`", "[", "{", "Z", "z", "A"}, "["},
		"the Kelvin sign is no k":            {[]string{"\u212a", "k", "K"}, "k"},
		"digits":                             {[]string{"010-1234", "0101234"}, "0-12"},
		"several in one row":                 {[]string{"aaa", "a", "b"}, "a"},
		"bytes that are no UTF-8":            {[]string{"\xec\xb2", "\xb4", "체"}, "체"},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); rowsWith(t, tc.values, tc.word) })
	}
}

func TestLowerBytes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		b := make([]byte, r.IntN(40))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		want := slices.Clone(b)
		for i, c := range want {
			if 'A' <= c && c <= 'Z' {
				want[i] += 'a' - 'A'
			}
		}
		if lowerBytes(b); !slices.Equal(b, want) {
			t.Fatalf("%q, want %q", b, want)
		}
	}
}

func FuzzGrep(f *testing.F) {
	f.Add("매수 체결\n미체결\nFILL", "체결")
	f.Add("a\n\nA\nab", "a")
	f.Fuzz(func(t *testing.T, values, word string) {
		if word == "" || len(word) > MaxWord {
			t.Skip()
		}
		rowsWith(t, strings.Split(values, "\n"), word)
	})
}

// What is no column is an error, whatever it is.
func FuzzDecode(f *testing.F) {
	codec := NewCodec()
	f.Add([]byte(codec.Encode([]string{"a", "", "체결"})), true)
	f.Add([]byte("\x03\x01\x01"), false)
	f.Fuzz(func(t *testing.T, packed []byte, whole bool) {
		if !whole {
			packed = zstdEncoder.EncodeAll(packed, nil)
		}
		col, err := codec.Decode(string(packed), nil)
		if err != nil {
			return
		}
		for i := range col.Rows() {
			_ = col.Value(i)
		}
		newWord("a").in(col, func(int) {})
	})
}

var zstdEncoder, _ = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
