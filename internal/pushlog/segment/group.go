package segment

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pushstream/internal/push"
)

// GroupRows is how many rows of a chunk a group has. Many compress better, and take
// longer to read one of: on the texts of internal/corpus 8, 16 and 32 rows take 447,
// 419 and 384 bytes a row of Redis's memory, and 10, 14 and 29 µs to be read.
const GroupRows = 16

// The fields of a chunk that has packed records.
const (
	ChunkHeads  = "heads"  // where each of its groups begins
	ChunkPacks  = "packs"  // how often its groups, or what is left of them, changed
	ChunkPacked = "packed" // packed records that are in the log
	ChunkGone   = "gone"   // and those that have left it, and are still in their group
)

// GroupField is the field of a chunk with the packed records of a group, TokenField
// that with the device_id of each row of the group.
func GroupField(group int) string { return "packed." + strconv.Itoa(group) }

// TokenField: see GroupField.
func TokenField(group int) string { return push.FieldDeviceID + "." + strconv.Itoa(group) }

// NotesField is the field of a chunk with what was noted of a push after it was
// packed: lines of a field's name and its value.
func NotesField(id string) string { return "late " + id }

// Heads are where the groups of a chunk begin, each at a time in ms and, if the push
// before is of the same, with the first letters of an id.
type Heads []head

type head struct {
	ms int64
	id string
}

func (h head) compare(ms int64, id string) int {
	return cmp.Or(cmp.Compare(h.ms, ms), strings.Compare(h.id, id))
}

// NewHeads are those of a chunk with such pushes, which are in its order.
func NewHeads(ids []string, ms []int64) Heads {
	var heads Heads
	for i := 0; i < len(ids); i += GroupRows {
		h := head{ms: ms[i]}
		if i > 0 && ms[i-1] == ms[i] {
			for h.id = ids[i][:1]; h.id <= ids[i-1]; {
				h.id = ids[i][:len(h.id)+1]
			}
		}
		heads = append(heads, h)
	}
	return heads
}

// ParseHeads reads what String writes.
func ParseHeads(text string) (Heads, error) {
	if text == "" {
		return nil, nil
	}
	heads := make(Heads, 0, strings.Count(text, " ")+1)
	for one := range strings.SplitSeq(text, " ") {
		ms, id, _ := strings.Cut(one, "/")
		n, err := strconv.ParseInt(ms, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: heads: %w", ErrColumn, err)
		}
		heads = append(heads, head{n, id})
	}
	return heads, nil
}

// String writes the heads as a chunk has them: "1795543784051 1795543784060/01a".
func (h Heads) String() string {
	texts := make([]string, len(h))
	for i, one := range h {
		texts[i] = strconv.FormatInt(one.ms, 10)
		if one.id != "" {
			texts[i] += "/" + one.id
		}
	}
	return strings.Join(texts, " ")
}

// Group is the group of a push, by when it was accepted; -1 if it is before all.
func (h Heads) Group(ms int64, id string) int {
	i, found := slices.BinarySearchFunc(h, 0, func(one head, _ int) int { return one.compare(ms, id) })
	if found {
		return i
	}
	return i - 1
}

// Packed is a record as its hash was.
type Packed struct {
	ID     string
	Fields map[string]string
}

// Pack writes records of one group, compressed; empty if there are none. tokens is the
// group's TokenField, empty if it has none: what is there is not written a second time.
func (c *Codec) Pack(records []Packed, tokens string) (string, error) {
	if len(records) == 0 {
		return "", nil
	}
	var all, values []string
	if tokens != "" {
		col := &Column{}
		if err := col.AddTokens(tokens); err != nil {
			return "", err
		}
		all = col.Values()
	}
	for _, r := range records {
		names, token := slices.Sorted(maps.Keys(r.Fields)), ""
		if n := slices.Index(all, r.Fields[push.FieldDeviceID]); n >= 0 && r.Fields[push.FieldDeviceID] != "" {
			names, token = slices.DeleteFunc(names, func(name string) bool { return name == push.FieldDeviceID }), strconv.Itoa(n)
		}
		values = append(values, r.ID, token, strconv.Itoa(len(names)))
		for _, name := range names {
			values = append(values, name, r.Fields[name])
		}
	}
	return c.Encode(values), nil
}

// Unpack reads what Pack has written; tokens is the group's TokenField.
func (c *Codec) Unpack(group, tokens string) ([]Packed, error) {
	return c.UnpackOnly(group, tokens, func([]byte) bool { return true })
}

// UnpackOnly is Unpack for those that are wanted, by their ids.
func (c *Codec) UnpackOnly(group, tokens string, wanted func(id []byte) bool) ([]Packed, error) {
	if group == "" {
		return nil, nil
	}
	memory := c.memory.Get().(*Column)
	defer c.memory.Put(memory)
	col, err := c.Decode(group, memory)
	if err != nil {
		return nil, err
	}
	var records []Packed
	for row := 0; row < col.Rows(); {
		if row+2 >= col.Rows() {
			return nil, ErrColumn
		}
		id, place := col.Value(row), string(col.Value(row+1)) // of its token
		names, err := strconv.Atoi(string(col.Value(row + 2)))
		if err != nil || names < 0 || names > col.Rows() {
			return nil, ErrColumn
		}
		first := row + 3
		if row = first + 2*names; row > col.Rows() {
			return nil, ErrColumn
		}
		if !wanted(id) {
			continue
		}
		r := Packed{string(id), make(map[string]string, names+1)}
		for i := first; i < row; i += 2 {
			r.Fields[string(col.Value(i))] = string(col.Value(i + 1))
		}
		if place != "" {
			n, err := strconv.Atoi(place)
			if err != nil {
				return nil, ErrColumn
			}
			if r.Fields[push.FieldDeviceID], err = token(tokens, n); err != nil {
				return nil, err
			}
		}
		records = append(records, r)
	}
	return records, nil
}
