package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Codec compresses and reads columns. It may be used by several goroutines.
type Codec struct {
	enc    *zstd.Encoder
	dec    *zstd.Decoder
	memory sync.Pool // of *Column, for groups
}

// NewCodec returns a codec. It holds no goroutines, and needs no Close.
func NewCodec() *Codec {
	// Neither call fails with these options.
	enc, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1))
	dec, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(1<<30))
	return &Codec{enc: enc, dec: dec, memory: sync.Pool{New: func() any { return &Column{} }}}
}

// Encode writes a column: the number of values, the length of each, and all of
// them one after the other; compressed as a whole.
func (c *Codec) Encode(values []string) string {
	n := 0
	for _, v := range values {
		n += len(v) + 2
	}
	raw := binary.AppendUvarint(make([]byte, 0, n+binary.MaxVarintLen64), uint64(len(values)))
	for _, v := range values {
		raw = binary.AppendUvarint(raw, uint64(len(v)))
	}
	for _, v := range values {
		raw = append(raw, v...)
	}
	return string(c.enc.EncodeAll(raw, nil))
}

// ErrColumn says that a column of a chunk can't be read.
var ErrColumn = errors.New("a column of a chunk can't be read")

// Decode reads a column into the memory of an earlier one, if one is given.
func (c *Codec) Decode(packed string, into *Column) (*Column, error) {
	if into == nil {
		into = &Column{}
	}
	into.packed = append(into.packed[:0], packed...)
	raw, err := c.dec.DecodeAll(into.packed, into.raw[:0])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrColumn, err)
	}
	into.raw = raw
	rows, n := binary.Uvarint(raw)
	if n <= 0 || rows > uint64(len(raw)) {
		return nil, ErrColumn
	}
	raw = raw[n:]
	into.Ends = into.Ends[:0]
	var end uint64
	for range rows {
		length, n := binary.Uvarint(raw)
		if n <= 0 {
			return nil, ErrColumn
		}
		raw = raw[n:]
		end += length
		into.Ends = append(into.Ends, int(min(end, 1<<40)))
	}
	if end != uint64(len(raw)) {
		return nil, ErrColumn
	}
	into.Data = raw
	return into, nil
}

// Column is a column, decompressed.
type Column struct {
	packed, raw []byte // memory to be used again
	Data        []byte // the values, one after the other
	Ends        []int  // of each value in data
}

// Rows is how many values the column has.
func (c *Column) Rows() int { return len(c.Ends) }

func (c *Column) start(row int) int {
	if row == 0 {
		return 0
	}
	return c.Ends[row-1]
}

// Value is the value of a row.
func (c *Column) Value(row int) []byte { return c.Data[c.start(row):c.Ends[row]] }

// Values are the values of all rows.
func (c *Column) Values() []string {
	values := make([]string, c.Rows())
	for i := range values {
		values[i] = string(c.Value(i))
	}
	return values
}

// Times reads the column at.
func (c *Column) Times(first int64) ([]int64, error) {
	ms := make([]int64, c.Rows())
	for i := range ms {
		step, err := strconv.ParseInt(string(c.Value(i)), 10, 64)
		if err != nil {
			return nil, ErrColumn
		}
		first += step
		ms[i] = first
	}
	return ms, nil
}
