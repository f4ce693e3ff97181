package pushlog

import (
	"slices"
	"strconv"

	"pushstream/internal/push"
	"pushstream/internal/pushlog/segment"
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
// by group, as segment.TokenField, so that one of its values can be read without all others.
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

// Codec seals chunks of records, and merges updates into them.
type Codec struct{ *segment.Codec }

// NewCodec returns a codec. It holds no goroutines, and needs no Close.
func NewCodec() *Codec { return &Codec{segment.NewCodec()} }

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
	chunk[segment.ChunkHeads] = segment.NewHeads(ids, ms).String()
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
			chunk[name] = c.Encode(values)
			continue
		}
		group := 0
		for some := range slices.Chunk(values, segment.GroupRows) {
			chunk[segment.TokenField(group)] = segment.EncodeTokens(some)
			group++
		}
	}
	for _, name := range changing {
		for i := range records {
			values[i] = changed(&records[i], name, ms[i])
		}
		chunk[name] = c.Encode(values)
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
	ids, err := c.Decode(chunk[columnID], nil)
	if err != nil {
		return nil, err
	}
	folded := map[string]string{}
	for _, name := range changing {
		if isTime := name == push.FieldSndnRsevHour || name == FieldFCMSendTime; isTime && !timed(chunk) {
			continue
		}
		col, err := c.Decode(chunk[name], nil)
		if err != nil {
			return nil, err
		}
		values := make([]string, ids.Rows())
		for i := range values {
			values[i] = string(col.Value(i))
			if one, ok := now[string(ids.Value(i))]; ok {
				values[i] = changed(&one.Record, name, one.MS)
			}
		}
		folded[name] = c.Encode(values)
	}
	if timed(chunk) {
		folds, err := strconv.ParseInt(chunk[ChunkFolds], 10, 64)
		if err != nil {
			return nil, segment.ErrColumn
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
