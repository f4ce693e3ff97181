package pushlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/klauspost/compress/zstd"

	"pushstream/internal/push"
)

// ChunkRows is how many records a chunk has, or a few more: it never ends within
// a millisecond. Few would compress badly, many would make a Redis call long.
const ChunkRows = 1000

// The fields of a chunk beside its columns.
const (
	ChunkFirst = "first_ms" // accepted time of its first push
	ChunkLast  = "last_ms"  // and of its last one
	ChunkCount = "rows"     // pushes that it was sealed with
	ChunkFolds = "folds"    // how often its columns of what changes were written anew
	ChunkTimes = "times"    // at which of these its columns of times were, too: see timed
)

// The columns of a chunk that are not fields of the record: the id, and the
// milliseconds from the push before to this one.
const (
	columnID = "id"
	columnAt = "at"
)

// fixedColumns never change once a push is accepted. That of device_id is written group
// by group, as TokenField, so that one of its values can be read without all others.
var fixedColumns = append([]string{columnID, columnAt}, columnNames(func(c *Column) bool {
	return c.isOfJob() && c.Search != push.NoSearch && !c.Moves
})...)

// changing are the columns of what a later try, a redrive, a move or a cancel changes.
// What they say of a push that K:late names is out of date. Those of times, the last two,
// are not in chunks of before there were any.
var changing = []string{FieldStatus, FieldErrorCode, FieldResult, push.FieldSndnRsevHour, FieldFCMSendTime}

// timed reports whether the columns of times of a chunk are as new as the others. They
// are not if it has none, or if a version that knows of none has folded it since: then
// the records must be asked.
func timed(chunk map[string]string) bool {
	return chunk[ChunkTimes] != "" && chunk[ChunkTimes] == chunk[ChunkFolds]
}

// Codec compresses and reads columns. It may be used by several goroutines.
type Codec struct {
	enc    *zstd.Encoder
	dec    *zstd.Decoder
	memory sync.Pool // of *columnData, for groups
}

// NewCodec returns a codec. It holds no goroutines, and needs no Close.
func NewCodec() *Codec {
	// Neither call fails with these options.
	enc, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1))
	dec, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(1<<30))
	return &Codec{enc: enc, dec: dec, memory: sync.Pool{New: func() any { return &columnData{} }}}
}

// Seal returns the fields of the chunk of records, which are in the order of
// their acceptance and of their ids, with their accepted times in ms.
func (c *Codec) Seal(records []Record, ms []int64) map[string]string {
	chunk := map[string]string{
		ChunkFirst: strconv.FormatInt(ms[0], 10),
		ChunkLast:  strconv.FormatInt(ms[len(ms)-1], 10),
		ChunkCount: strconv.Itoa(len(records)),
		ChunkFolds: "0",
		ChunkTimes: "0",
	}
	values, ids := make([]string, len(records)), make([]string, len(records))
	for i := range records {
		ids[i] = records[i].ID
	}
	chunk[ChunkHeads] = NewHeads(ids, ms).String()
	for _, name := range fixedColumns {
		before := ms[0]
		for i := range records {
			switch name {
			case columnID:
				values[i] = records[i].ID
			case columnAt:
				values[i] = strconv.FormatInt(ms[i]-before, 10)
				before = ms[i]
			default:
				values[i] = column(&records[i], name)
			}
		}
		if name != push.FieldDeviceID {
			chunk[name] = c.encode(values)
			continue
		}
		group := 0
		for some := range slices.Chunk(values, GroupRows) {
			chunk[TokenField(group)] = encodeTokens(some)
			group++
		}
	}
	for _, name := range changing {
		for i := range records {
			values[i] = changed(&records[i], name, ms[i])
		}
		chunk[name] = c.encode(values)
	}
	return chunk
}

// changed is a value of a changing column, of a push that was accepted at ms.
func changed(r *Record, name string, ms int64) string {
	if name == FieldFCMSendTime {
		return packSent(r.FCMSendTime, ms)
	}
	return column(r, name)
}

// Fold returns the changing columns of a chunk with the values of some of its
// pushes replaced. It is given the fields of the chunk that FoldColumns names.
func (c *Codec) Fold(chunk map[string]string, now map[string]Late) (map[string]string, error) {
	ids, err := c.decode(chunk[columnID], nil)
	if err != nil {
		return nil, err
	}
	folded := map[string]string{}
	for _, name := range changing {
		if isTime := name == push.FieldSndnRsevHour || name == FieldFCMSendTime; isTime && !timed(chunk) {
			continue
		}
		col, err := c.decode(chunk[name], nil)
		if err != nil {
			return nil, err
		}
		values := make([]string, ids.rows())
		for i := range values {
			values[i] = string(col.value(i))
			if one, ok := now[string(ids.value(i))]; ok {
				values[i] = changed(&one.Record, name, one.MS)
			}
		}
		folded[name] = c.encode(values)
	}
	if timed(chunk) {
		folds, err := strconv.ParseInt(chunk[ChunkFolds], 10, 64)
		if err != nil {
			return nil, errColumn
		}
		folded[ChunkTimes] = strconv.FormatInt(folds+1, 10)
	}
	return folded, nil
}

// FoldColumns returns the names of what Fold needs of a chunk.
func FoldColumns() []string { return append([]string{columnID, ChunkFolds, ChunkTimes}, changing...) }

// Values are the changing columns of a push as its record has them, in the order that
// fold.lua wants.
func (l Late) Values() []any {
	return []any{string(l.Record.Status), string(l.Record.ErrorCode), l.Record.Result, l.Record.SndnRsevHour, l.Record.FCMSendTime}
}

// encode writes a column: the number of values, the length of each, and all of
// them one after the other; compressed as a whole.
func (c *Codec) encode(values []string) string {
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

var errColumn = errors.New("a column of a chunk can't be read")

// decode reads a column into the memory of an earlier one, if one is given.
func (c *Codec) decode(packed string, into *columnData) (*columnData, error) {
	if into == nil {
		into = &columnData{}
	}
	into.packed = append(into.packed[:0], packed...)
	raw, err := c.dec.DecodeAll(into.packed, into.raw[:0])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errColumn, err)
	}
	into.raw = raw
	rows, n := binary.Uvarint(raw)
	if n <= 0 || rows > uint64(len(raw)) {
		return nil, errColumn
	}
	raw = raw[n:]
	into.ends = into.ends[:0]
	var end uint64
	for range rows {
		length, n := binary.Uvarint(raw)
		if n <= 0 {
			return nil, errColumn
		}
		raw = raw[n:]
		end += length
		into.ends = append(into.ends, int(min(end, 1<<40)))
	}
	if end != uint64(len(raw)) {
		return nil, errColumn
	}
	into.data = raw
	return into, nil
}

// columnData is a column, decompressed.
type columnData struct {
	packed, raw []byte // memory to be used again
	data        []byte // the values, one after the other
	ends        []int  // of each value in data
}

func (c *columnData) rows() int { return len(c.ends) }

func (c *columnData) start(row int) int {
	if row == 0 {
		return 0
	}
	return c.ends[row-1]
}

func (c *columnData) value(row int) []byte { return c.data[c.start(row):c.ends[row]] }

func (c *columnData) values() []string {
	values := make([]string, c.rows())
	for i := range values {
		values[i] = string(c.value(i))
	}
	return values
}

// times reads the column at.
func (c *columnData) times(first int64) ([]int64, error) {
	ms := make([]int64, c.rows())
	for i := range ms {
		step, err := strconv.ParseInt(string(c.value(i)), 10, 64)
		if err != nil {
			return nil, errColumn
		}
		first += step
		ms[i] = first
	}
	return ms, nil
}
