package push

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
)

// eachMember calls f for each member of the JSON object b, in order, repeated
// names too, which encoding/json hides. It reports false if b is not an object.
// b must be valid JSON: that is what keeps this so short. The raw names and values are
// parts of b without white space around them.
func eachMember(b []byte, f func(name, value json.RawMessage)) bool {
	i := skipSpace(b, 0)
	if b[i] != '{' {
		return false
	}
	for i = skipSpace(b, i+1); b[i] != '}'; {
		end := valueEnd(b, i)
		name := b[i:end]
		i = skipSpace(b, skipSpace(b, end)+1) // over the colon
		end = valueEnd(b, i)
		f(name, b[i:end])
		if i = skipSpace(b, end); b[i] == ',' {
			i = skipSpace(b, i+1)
		}
	}
	return true
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// valueEnd is where the value that starts at i ends.
func valueEnd(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 { // of the object around a number or a word
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// unquote decodes a valid JSON string. Half of a surrogate pair becomes U+FFFD: see
// hasHalf.
func unquote(raw []byte) string {
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(raw, &s) // it is valid
	return s
}

// hasHalf reports whether a valid JSON string has half of a surrogate pair: no text, but
// JSON can write it down (\ud83d), and encoding/json replaces it in silence.
func hasHalf(raw []byte) bool {
	for i := bytes.IndexByte(raw, '\\'); i >= 0 && i < len(raw); {
		switch unit := escaped(raw[i:]); {
		case unit >= 0xd800 && unit < 0xdc00: // the first half
			if second := escaped(raw[i+6:]); second < 0xdc00 || second > 0xdfff {
				return true
			}
			i += 12
		case unit >= 0xdc00 && unit < 0xe000:
			return true
		default:
			i += 2
		}
		next := bytes.IndexByte(raw[i:], '\\')
		if next < 0 {
			return false
		}
		i += next
	}
	return false
}

// escaped is the code unit of the \uXXXX that s begins with; 0 if it begins with none.
func escaped(s []byte) uint16 {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0
	}
	var unit [2]byte
	if _, err := hex.Decode(unit[:], s[2:6]); err != nil {
		return 0
	}
	return binary.BigEndian.Uint16(unit[:])
}
