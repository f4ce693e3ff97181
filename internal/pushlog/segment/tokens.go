package segment

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
)

// FCM's tokens are random letters of base64url, with a colon in between: no compression
// makes them shorter than the six bits that each letter has, and to undo one takes long.
// So six bits it is, and one token is read without the others.

// EncodeTokens writes the device_id of each row of a group: their number, the length of
// each, and all of them, six bits a letter where they are such.
func EncodeTokens(tokens []string) string {
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

// pairs are the two letters of each twelve bits, the first one in the lower byte.
var pairs = func() (all [1 << 12]uint16) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range all {
		all[i] = uint16(letters[i>>6]) | uint16(letters[i&63])<<8
	}
	return all
}()

// appendLetters appends n letters that are in six bits each. With encoding/base64 in its
// place a search for tokens takes a fifth longer.
func appendLetters(b []byte, packed string, n int) []byte {
	four := func(v uint32) uint32 { return uint32(pairs[v>>12&0xfff]) | uint32(pairs[v&0xfff])<<16 }
	end := len(b) + n
	b = slices.Grow(b, n+4)
	for ; len(packed) >= 3; packed = packed[3:] {
		b = binary.LittleEndian.AppendUint32(b, four(uint32(packed[0])<<16|uint32(packed[1])<<8|uint32(packed[2])))
	}
	switch len(packed) {
	case 1:
		b = binary.LittleEndian.AppendUint32(b, four(uint32(packed[0])<<16))
	case 2:
		b = binary.LittleEndian.AppendUint32(b, four(uint32(packed[0])<<16|uint32(packed[1])<<8))
	}
	return b[:end]
}

// unpackToken appends the token that packToken has written.
func unpackToken(b []byte, packed string) ([]byte, error) {
	for first := true; len(packed) > 0; first = false {
		head, rest, err := cutUvarint(packed)
		if err != nil || head>>1 > uint64(len(rest))*8/6 {
			return nil, ErrColumn
		}
		n := int(head >> 1)
		size := n
		if head&1 == 1 {
			size = sixBits(n)
		}
		if size > len(rest) {
			return nil, ErrColumn
		}
		if !first {
			b = append(b, ':')
		}
		if head&1 == 1 {
			b = appendLetters(b, rest[:size], n)
		} else {
			b = append(b, rest[:size]...)
		}
		packed = rest[size:]
	}
	return b, nil
}

// cutUvarint reads a number at the start of a text, and returns what follows it.
func cutUvarint(text string) (uint64, string, error) {
	if text != "" && text[0] < 0x80 {
		return uint64(text[0]), text[1:], nil
	}
	n, k := binary.Uvarint([]byte(text[:min(len(text), binary.MaxVarintLen64)]))
	if k <= 0 {
		return 0, "", ErrColumn
	}
	return n, text[k:], nil
}

// eachToken reads a TokenField: of each row its packed form, see unpackToken.
func eachToken(field string, do func(row int, packed string) error) error {
	rows, lengths, err := cutUvarint(field)
	if err != nil || rows > uint64(len(lengths)) {
		return ErrColumn
	}
	data := lengths
	for range rows {
		if _, data, err = cutUvarint(data); err != nil {
			return err
		}
	}
	for row := range int(rows) {
		var length uint64
		if length, lengths, err = cutUvarint(lengths); err != nil || length > uint64(len(data)) {
			return ErrColumn
		}
		if err := do(row, data[:length]); err != nil {
			return err
		}
		data = data[length:]
	}
	return nil
}

// token is the device_id of a row, by its number, of a TokenField.
func token(field string, n int) (text string, err error) {
	err = ErrColumn // if there is no such row
	each := eachToken(field, func(row int, packed string) error {
		if row == n {
			var b []byte
			b, err = unpackToken(nil, packed)
			text = string(b)
		}
		return nil
	})
	if each != nil {
		return "", each
	}
	return text, err
}

// AddTokens appends the tokens of a TokenField to a column.
func (c *Column) AddTokens(field string) error {
	return eachToken(field, func(_ int, packed string) error {
		data, err := unpackToken(c.Data, packed)
		if err != nil {
			return err
		}
		c.Data, c.Ends = data, append(c.Ends, len(data))
		return nil
	})
}
