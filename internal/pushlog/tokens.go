package pushlog

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// FCM's tokens are random letters of base64url, with a colon in between: no compression
// makes them shorter than the six bits that each letter has, and to undo one takes long.
// So six bits it is, and one token is read without the others.

// encodeTokens writes the device_id of each row of a group: their number, the length of
// each, and all of them, six bits a letter where they are such.
func encodeTokens(tokens []string) string {
	raw := binary.AppendUvarint(nil, uint64(len(tokens)))
	var packed []byte
	for _, token := range tokens {
		before := len(packed)
		packed = packToken(packed, token)
		raw = binary.AppendUvarint(raw, uint64(len(packed)-before))
	}
	return string(append(raw, packed...))
}

// packToken appends a token: of each part between colons how many letters it has, and
// whether each is in six bits.
func packToken(b []byte, token string) []byte {
	for part := range strings.SplitSeq(token, ":") {
		n := len(part)
		full := part + "AAA"[:(4-n%4)%4]
		raw, err := base64.RawURLEncoding.DecodeString(full)
		if err == nil && len(raw) == len(full)/4*3 { // else it has ends of lines, which are left out
			b = binary.AppendUvarint(b, uint64(n)<<1|1)
			b = append(b, raw[:sixBits(n)]...)
		} else {
			b = binary.AppendUvarint(b, uint64(n)<<1)
			b = append(b, part...)
		}
	}
	return b
}

// sixBits is how many bytes n letters take.
func sixBits(n int) int { return (n*6 + 7) / 8 }

// unpackToken appends the token that packToken has written.
func unpackToken(b, packed []byte) ([]byte, error) {
	for first := true; len(packed) > 0; first = false {
		head, k := binary.Uvarint(packed)
		n := int(min(head>>1, 1<<30))
		size := n
		if head&1 == 1 {
			size = sixBits(n)
		}
		if k <= 0 || size > len(packed)-k {
			return nil, errColumn
		}
		if !first {
			b = append(b, ':')
		}
		part := packed[k : k+size]
		if packed = packed[k+size:]; head&1 == 0 {
			b = append(b, part...)
			continue
		}
		end := len(b) + n
		whole := size - size%3
		b = base64.RawURLEncoding.AppendEncode(b, part[:whole])
		if rest := append([]byte(nil), part[whole:]...); len(rest) > 0 {
			b = base64.RawURLEncoding.AppendEncode(b, append(rest, 0, 0)[:3])
		}
		b = b[:end]
	}
	return b, nil
}

// readTokens reads a TokenField: of each its packed form, see unpackToken.
func readTokens(field string) (packed [][]byte, err error) {
	raw := []byte(field)
	rows, n := binary.Uvarint(raw)
	if n <= 0 || rows > uint64(len(raw)) {
		return nil, errColumn
	}
	raw = raw[n:]
	lengths := make([]int, rows)
	for i := range lengths {
		length, n := binary.Uvarint(raw)
		if n <= 0 || length > uint64(len(raw)) {
			return nil, errColumn
		}
		lengths[i], raw = int(length), raw[n:]
	}
	packed = make([][]byte, rows)
	for i, length := range lengths {
		if length > len(raw) {
			return nil, errColumn
		}
		packed[i], raw = raw[:length], raw[length:]
	}
	return packed, nil
}

// addTokens appends the tokens of a TokenField to a column.
func (c *columnData) addTokens(field string) error {
	packed, err := readTokens(field)
	if err != nil {
		return err
	}
	for _, p := range packed {
		data, err := unpackToken(c.data, p)
		if err != nil {
			return err
		}
		c.data, c.ends = data, append(c.ends, len(data))
	}
	return nil
}
