package jobfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
)

// Encoding is how the characters of a file are written as bytes.
type Encoding string

// The encodings.
const (
	Auto    Encoding = "auto" // UTF-8 as a whole, or what a byte order mark says
	UTF8    Encoding = "utf-8"
	CP949   Encoding = "cp949" // of Korean Windows; EUC-KR is a part of it
	UTF16LE Encoding = "utf-16le"
	UTF16BE Encoding = "utf-16be"
)

// Encodings returns what ParseEncoding takes, aliases aside.
func Encodings() []Encoding { return []Encoding{Auto, UTF8, CP949, UTF16LE, UTF16BE} }

// ParseEncoding finds an encoding by its name.
func ParseEncoding(name string) (Encoding, error) {
	switch s := strings.ReplaceAll(strings.ToLower(name), "_", "-"); s {
	case "utf8":
		return UTF8, nil
	case "euc-kr", "euckr", "ms949", "uhc", "windows-949", "ks-c-5601-1987", "949":
		return CP949, nil
	case "utf16le", "utf16be":
		return Encoding("utf-16" + s[5:]), nil
	default:
		for _, e := range Encodings() {
			if s == string(e) {
				return e, nil
			}
		}
	}
	return "", fmt.Errorf("%.40q is not known; use one of auto, utf-8, cp949, utf-16le, utf-16be", name)
}

// width is how many bytes the smallest unit has.
func (e Encoding) width() int {
	if e == UTF16LE || e == UTF16BE {
		return 2
	}
	return 1
}

// order is that of the two bytes of a unit.
func (e Encoding) order() interface {
	binary.ByteOrder
	binary.AppendByteOrder
} {
	if e == UTF16BE {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// unit returns an ASCII character in the encoding.
func (e Encoding) unit(c byte) []byte {
	if e.width() == 1 {
		return []byte{c}
	}
	return e.order().AppendUint16(nil, uint16(c))
}

// decode returns the text of a line as UTF-8. With bytes that are not of the encoding ok
// is false; in the text they are U+FFFD, or as they are if it is UTF-8.
func (e Encoding) decode(raw []byte) (text []byte, ok bool) {
	switch {
	case e == CP949 && !ascii(raw):
		text, err := korean.EUCKR.NewDecoder().Bytes(raw)
		// What is no character becomes U+FFFD, which CP949 itself has not.
		return text, err == nil && !bytes.ContainsRune(text, utf8.RuneError)
	case e.width() == 2:
		return e.decode16(raw)
	}
	return raw, utf8.Valid(raw)
}

// decode16 decodes UTF-16 by hand: x/text makes half a character U+FFFD and does not
// tell it from one that the file has.
func (e Encoding) decode16(raw []byte) (text []byte, ok bool) {
	text, ok = make([]byte, 0, len(raw)*3/2), len(raw)%2 == 0
	for i := 0; i+1 < len(raw); i += 2 {
		r := rune(e.order().Uint16(raw[i:]))
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if i+3 < len(raw) {
				pair = utf16.DecodeRune(r, rune(e.order().Uint16(raw[i+2:])))
			}
			if r = pair; pair == utf8.RuneError {
				ok = false
			} else {
				i += 2
			}
		}
		text = utf8.AppendRune(text, r)
	}
	if len(raw)%2 == 1 {
		text = utf8.AppendRune(text, utf8.RuneError)
	}
	return text, ok
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// marks are the byte order marks.
var marks = []struct {
	bytes    string
	encoding Encoding
}{{"\xef\xbb\xbf", UTF8}, {"\xff\xfe", UTF16LE}, {"\xfe\xff", UTF16BE}}
