package pushlog

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// Unsealed is what a sealer works on: pushes of one partition, in the order of
// their acceptance.
type Unsealed struct {
	Records []Record // with the fields that were asked for; those that vanished are left out
	MS      []int64  // when each was accepted
}

// ReadUnsealed reads the pushes of a partition that were accepted after one time
// and up to another, in ms (0: no end), with some fields: about most (0: all), and
// all of the last millisecond.
func (l *Log) ReadUnsealed(ctx context.Context, p Partition, after, until int64, most int, fields ...string) (Unsealed, error) {
	var u Unsealed
	s := span{after + 1, 1 << 52}
	if until > 0 {
		s.to = until
	}
	walk := &plan{how: ByIndex, oldest: true}
	for h, err := range l.walk(ctx, index{p, p.Index()}, s, walk, false, wants{}) {
		if err != nil {
			return u, err
		}
		members := h.members
		if most > 0 && len(u.MS) >= most { // only what is left of the last millisecond
			last := u.MS[len(u.MS)-1]
			n := 0
			for n < len(members) && members[n].ms == last {
				n++
			}
			if n == 0 {
				break
			}
			members = members[:n]
		} else if room := most - len(u.MS); most > 0 && room < len(members) {
			n := room
			for n < len(members) && members[n].ms == members[room-1].ms {
				n++
			}
			members = members[:n]
		}
		records, err := l.parts(ctx, members, fields, false)
		if err != nil {
			return u, err
		}
		for i, r := range records {
			if r != nil {
				r.ID = members[i].id
				u.Records, u.MS = append(u.Records, *r), append(u.MS, members[i].ms)
			}
		}
		if len(members) < len(h.members) {
			break
		}
	}
	return u, nil
}

// ChunkFields returns the names of the record's fields that a chunk has.
func ChunkFields() []string { return append(slices.Clone(fixedColumns[2:]), changing...) }

// Late is a push that changed after its chunk was written.
type Late struct {
	Record Record // its columns that change
	MS     int64  // when it was accepted
}

// ReadLate reads late pushes of a partition by rank, and returns how many there were
// to read, found or not.
func (l *Log) ReadLate(ctx context.Context, p Partition, from, count int64) ([]Late, int, error) {
	z, err := l.rdb.ZRangeWithScores(ctx, p.Late(), from, from+count-1).Result()
	if err != nil {
		return nil, 0, fmt.Errorf("read late: %w", err)
	}
	members := make([]member, len(z))
	for i, one := range z {
		id, _ := one.Member.(string)
		members[i] = member{p, id, int64(one.Score)}
	}
	records, err := l.parts(ctx, members, changing, false)
	if err != nil {
		return nil, 0, err
	}
	var late []Late
	for i, r := range records {
		if r != nil {
			r.ID = members[i].id
			late = append(late, Late{*r, members[i].ms})
		}
	}
	return late, len(z), nil
}

// ChunkOf returns the number of the chunk that has a push accepted at ms, or 0.
func (l *Log) ChunkOf(ctx context.Context, p Partition, ms int64) (int64, error) {
	found, err := chunkOf(ctx, l.rdb, p, ms).Result()
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return strconv.ParseInt(found[0], 10, 64)
}

// chunkOf asks for the number of the last chunk that begins at ms or before.
func chunkOf(ctx context.Context, rdb redis.Cmdable, p Partition, ms int64) *redis.StringSliceCmd {
	return rdb.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: p.Chunks(), ByScore: true, Rev: true, Start: strconv.FormatInt(ms, 10), Stop: "-inf", Count: 1,
	})
}

// ReadChunk reads some fields of a chunk; none if it is gone.
func (l *Log) ReadChunk(ctx context.Context, p Partition, n int64, fields ...string) (map[string]string, error) {
	values, err := l.rdb.HMGet(ctx, p.Chunk(n), fields...).Result()
	if err != nil {
		return nil, fmt.Errorf("read a chunk: %w", err)
	}
	chunk := map[string]string{}
	for i, v := range values {
		if text, ok := v.(string); ok {
			chunk[fields[i]] = text
		}
	}
	return chunk, nil
}

// Codec is how the log writes columns.
func (l *Log) Codec() *Codec { return l.codec }
