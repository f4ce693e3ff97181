package pushlog

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"pushstream/internal/pushlog/segment"
)

// word is what is searched for in a column.
type word struct {
	text    []byte // small letters
	letters bool   // it has Latin ones, so that case must not matter
	skip    int    // bytes at its start that are looked at last, since every row has many of them
}

func newWord(s string) word {
	text := lower(s)
	w := word{text: []byte(text), letters: strings.ContainsFunc(text, func(r rune) bool { return 'a' <= r && r <= 'z' })}
	if len(text) > 1 && text[0] >= 0xe0 { // the first byte of all Korean syllables is one of four
		w.skip = 1
	}
	return w
}

// in calls hit with each row of a column that contains the word, in order. If the
// word has letters, the column's are made small.
func (w word) in(c *segment.Column, hit func(row int)) {
	if w.letters {
		lowerBytes(c.Data)
	}
	for from := 0; ; {
		i := bytes.Index(c.Data[min(from+w.skip, len(c.Data)):], w.text[w.skip:])
		if i < 0 {
			return
		}
		i += from
		if !bytes.HasPrefix(c.Data[i:], w.text[:w.skip]) {
			from = i + 1
			continue
		}
		row, _ := slices.BinarySearch(c.Ends, i+1) // the first that ends behind i
		if i+len(w.text) <= c.Ends[row] {
			hit(row)
			from = c.Ends[row]
		} else {
			from = i + 1 // it would reach into the next row
		}
	}
}

// lowerBytes makes the letters A to Z small, eight bytes at a time.
func lowerBytes(b []byte) {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for len(b) >= 8 {
		x := binary.LittleEndian.Uint64(b)
		low := x &^ high
		fromA := low + (0x80-'A')*ones // its high bits: this byte is A or later
		overZ := low + (0x7f-'Z')*ones // it is later than Z
		upper := (fromA &^ overZ) & high &^ x
		binary.LittleEndian.PutUint64(b, x|upper>>2)
		b = b[8:]
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
}
