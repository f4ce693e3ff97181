package segment

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pushstream/internal/push"
)

// member is a push of a chunk.
type member struct {
	id string
	ms int64
}

// Each push is in the group that begins with it, or before it, last; and the heads are
// read as they were written.
func TestHeads(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		var pushes []member
		for i := range 1 + r.IntN(400) {
			pushes = append(pushes, member{ms: 1000 + r.Int64N(1+int64(seed)*4), id: fmt.Sprintf("%x-%d", r.IntN(40), i)})
		}
		slices.SortFunc(pushes, func(a, b member) int {
			return cmp.Or(cmp.Compare(a.ms, b.ms), strings.Compare(a.id, b.id))
		})
		var ids []string
		var ms []int64
		for _, m := range pushes {
			ids, ms = append(ids, m.id), append(ms, m.ms)
		}
		heads := NewHeads(ids, ms)
		again, err := ParseHeads(heads.String())
		if err != nil || !slices.Equal(again, heads) {
			t.Fatalf("%s: read as %v, %v", heads, again, err)
		}
		for i := range pushes {
			if got := heads.Group(ms[i], ids[i]); got != i/GroupRows {
				t.Fatalf("%s: %d %s is in group %d, want %d", heads, ms[i], ids[i], got, i/GroupRows)
			}
		}
		if got := heads.Group(999, "z"); got != -1 {
			t.Errorf("before all: %d", got)
		}
	}
	if _, err := ParseHeads("12 x"); err == nil {
		t.Error("a head that is no time was read")
	}
	if heads, err := ParseHeads(""); err != nil || heads.Group(1, "a") != -1 {
		t.Error(heads, err)
	}
}

// What was packed is unpacked as it was.
func TestPack(t *testing.T) {
	t.Parallel()
	c := NewCodec()
	records := []Packed{
		{"a", map[string]string{"status": "sent", "device_id": "token-b", "try.1": "2026 … 200", "": "no name", "of nobody's": "", "data": "\x00\xff\n"}},
		{"b", map[string]string{"device_id": "token-a"}},
		{"none", map[string]string{}},
		{"other", map[string]string{"device_id": "in no column"}},
		{"empty", map[string]string{"device_id": ""}},
	}
	for name, tokens := range map[string]string{"tokens beside": EncodeTokens([]string{"", "token-a", "token-b"}), "no tokens": ""} {
		group, err := c.Pack(records, tokens)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Unpack(group, tokens)
		if err != nil || !slices.EqualFunc(got, records, func(a, b Packed) bool { return a.ID == b.ID && maps.Equal(a.Fields, b.Fields) }) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		one, err := c.UnpackOnly(group, tokens, func(id []byte) bool { return string(id) == "b" })
		if err != nil || len(one) != 1 || one[0].Fields[push.FieldDeviceID] != "token-a" {
			t.Errorf("%s: one of them is %v, %v", name, one, err)
		}
		col, err := c.Decode(group, nil)
		if err != nil || strings.Contains(string(col.Data), "token-a") != (tokens == "") {
			t.Errorf("%s: %q, %v", name, col.Data, err)
		}
	}
	if group, err := c.Pack(nil, ""); group != "" || err != nil {
		t.Errorf("of nothing: %q, %v", group, err)
	}
	tokens := EncodeTokens([]string{"token-a", "token-b"})
	group, _ := c.Pack(records, tokens)
	for name, values := range map[string][2]string{
		"no frame":            {"x", tokens},
		"tokens that are no":  {group, "x"},
		"no tokens":           {group, ""},
		"too few tokens":      {group, EncodeTokens([]string{"token-b"})},
		"a row without end":   {c.Encode([]string{"a", ""}), tokens},
		"fields without end":  {c.Encode([]string{"a", "", "2", "status", "sent"}), tokens},
		"a number that is no": {c.Encode([]string{"a", "", "x"}), tokens},
		"fewer than none":     {c.Encode([]string{"a", "", "-1"}), tokens},
		"a token of letters":  {c.Encode([]string{"a", "x", "0"}), tokens},
	} {
		if got, err := c.Unpack(values[0], values[1]); !errors.Is(err, ErrColumn) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// A token is read as it was written; one of FCM's takes six bits a letter.
func FuzzTokens(f *testing.F) {
	for _, token := range []string{
		"", ":", "::", "a", "ab", "abc", "abcd", "abcde:", ":a", "token-a", "with space", "line\n", "ab\r\ncd", "=", "a===", "토큰:\xff",
		"cXyz_abc-22charsABCDEF:APA91b" + strings.Repeat("x_-9", 33) + "yz", strings.Repeat("A", 4096),
	} {
		f.Add(token, "b")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var col Column
		if err := col.AddTokens(EncodeTokens([]string{a, b})); err != nil {
			t.Fatal(err)
		}
		if got := col.Values(); !slices.Equal(got, []string{a, b}) {
			t.Fatalf("%q, want %q", got, []string{a, b})
		}
		_ = col.AddTokens(a) // whatever it is, it ends
		_, _ = unpackToken(nil, a)
		_, _ = token(a, len(b))
	})
}

// Whatever a group holds, reading it ends, with an error or not.
func FuzzUnpack(f *testing.F) {
	c := NewCodec()
	tokens := EncodeTokens([]string{"token-a"})
	group, _ := c.Pack([]Packed{{"a", map[string]string{"status": "sent", "device_id": "token-a"}}}, tokens)
	f.Add(group, tokens)
	f.Add(c.Encode([]string{"a", "", "1", "status", "sent"}), "")
	f.Add("", "x")
	f.Fuzz(func(t *testing.T, group, tokens string) {
		records, err := c.Unpack(group, tokens)
		if err != nil {
			return
		}
		if again, err := c.Pack(records, tokens); err == nil {
			if _, err := c.Unpack(again, tokens); err != nil {
				t.Error(err)
			}
		}
	})
}
