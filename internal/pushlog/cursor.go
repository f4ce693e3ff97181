package pushlog

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Cursor is where a walk through an index goes on: after one push, by accepted time and
// then by id. The zero value is before all pushes.
type Cursor struct {
	MS int64 // accepted time
	ID string
}

// String writes a cursor as ParseCursor reads it.
func (c Cursor) String() string { return strconv.FormatInt(c.MS, 10) + " " + c.ID }

// ParseCursor reads what String writes; "" is the zero value.
func ParseCursor(text string) Cursor {
	ms, id, _ := strings.Cut(text, " ")
	n, _ := strconv.ParseInt(ms, 10, 64)
	return Cursor{n, id}
}

// Compare orders cursors as an index has its members.
func (c Cursor) Compare(d Cursor) int {
	return cmp.Or(cmp.Compare(c.MS, d.MS), cmp.Compare(c.ID, d.ID))
}

// Before reports whether a cursor comes before another one.
func (c Cursor) Before(d Cursor) bool { return c.Compare(d) < 0 }

// ReadIndex reads up to count members of an index that follow a cursor, up to a time that
// is written as ZRANGE takes it. It reports whether these are the last ones.
func ReadIndex(ctx context.Context, rdb redis.UniversalClient, index string, after Cursor, upto string, count int) ([]Cursor, bool, error) {
	for offset := 0; ; offset += count {
		members, err := rdb.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{
			Key: index, ByScore: true, Start: after.MS, Stop: upto, Offset: int64(offset), Count: int64(count),
		}).Result()
		if err != nil {
			return nil, false, fmt.Errorf("read index: %w", err)
		}
		var found []Cursor
		for _, z := range members {
			id, _ := z.Member.(string)
			if c := (Cursor{int64(z.Score), id}); after.Before(c) {
				found = append(found, c)
			}
		}
		if last := len(members) < count; last || len(found) > 0 {
			return found, last, nil
		}
	}
}
