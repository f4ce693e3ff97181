package pushlog

import "pushstream/internal/pushlog/segment"
import "context"

// ReadSpan reads when each push of a partition was accepted, of those that were in a
// span, both of whose ends, in ms, are in it.
func (l *Log) ReadSpan(ctx context.Context, p Partition, first, last int64) (map[string]int64, error) {
	pushes := map[string]int64{}
	for h, err := range l.walk(ctx, index{p, p.Index()}, span{first, last}, &plan{how: ByIndex, oldest: true}, false, wants{}) {
		if err != nil {
			return nil, err
		}
		for _, m := range h.members {
			pushes[m.id] = m.ms
		}
	}
	return pushes, nil
}

// ReadHeads makes the heads of a chunk that has none, out of its columns.
func (l *Log) ReadHeads(ctx context.Context, p Partition, n int64) (segment.Heads, error) {
	chunk, err := l.ReadChunk(ctx, p, n, ChunkFirst, columnID, columnAt)
	if err != nil || len(chunk) == 0 {
		return nil, err
	}
	ids, err := l.codec.Decode(chunk[columnID], nil)
	if err != nil {
		return nil, err
	}
	at, err := l.codec.Decode(chunk[columnAt], nil)
	if err != nil {
		return nil, err
	}
	ms, err := at.Times(milli(chunk[ChunkFirst]))
	if err != nil || len(ms) != ids.Rows() {
		return nil, segment.ErrColumn
	}
	return segment.NewHeads(ids.Values(), ms), nil
}
