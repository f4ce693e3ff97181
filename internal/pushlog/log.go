package pushlog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// MaxPageSize is the greatest number of records on a page.
const MaxPageSize = 1000

// ErrNotFound says that there is no record with that id.
var ErrNotFound = errors.New("no such push")

// Log reads the push log.
type Log struct {
	rdb  redis.UniversalClient
	keys Keys
}

// New returns the log that keys name in rdb.
func New(rdb redis.UniversalClient, keys Keys) *Log {
	return &Log{rdb: rdb, keys: keys}
}

// Get returns the record of one push, or ErrNotFound.
func (l *Log) Get(ctx context.Context, id string) (Record, error) {
	h, err := l.rdb.HGetAll(ctx, l.keys.Of(id).Record(id)).Result()
	if err != nil && !isOtherType(err) {
		return Record{}, fmt.Errorf("read record: %w", err)
	}
	if len(h) == 0 {
		return Record{}, ErrNotFound
	}
	return parseRecord(id, h), nil
}

// Query selects a page of the log.
type Query struct {
	Page   int         // from 1
	Size   int         // records on a page, 1 to MaxPageSize
	Oldest bool        // oldest first instead of newest first
	Status push.Status // only this state; empty for all
}

// Page is one page of the log.
type Page struct {
	Records []Record
	Total   int64 // records in the whole selection
}

// List returns one page in the order of acceptance; pushes of the same
// millisecond are in the order of their ids. A page behind the last one is
// empty.
//
// With one partition every page costs the same. With more, the members of all
// pages up to the wanted one are read and merged.
func (l *Log) List(ctx context.Context, q Query) (Page, error) {
	if q.Page < 1 || q.Size < 1 || q.Size > MaxPageSize {
		return Page{}, fmt.Errorf("page %d of size %d: page must be at least 1, size 1 to %d", q.Page, q.Size, MaxPageSize)
	}
	from := int64(q.Page-1) * int64(q.Size)
	ids, total, err := l.between(ctx, q, from, from+int64(q.Size))
	if err != nil {
		return Page{}, fmt.Errorf("read index: %w", err)
	}
	records, err := l.records(ctx, ids)
	if err != nil {
		return Page{}, fmt.Errorf("read records: %w", err)
	}
	return Page{Records: records, Total: total}, nil
}

// member is one push in an index.
type member struct {
	partition Partition
	id        string
	score     float64
}

// between returns the members [from, to) of an index over all partitions, and
// how many it has.
func (l *Log) between(ctx context.Context, q Query, from, to int64) ([]member, int64, error) {
	partitions := l.keys.All()
	first := from
	if len(partitions) > 1 {
		first = 0
	}
	pipe := l.rdb.Pipeline()
	ranges := make([]*redis.ZSliceCmd, len(partitions))
	counts := make([]*redis.IntCmd, len(partitions))
	for i, p := range partitions {
		index := p.Index()
		if q.Status != "" {
			index = p.StatusIndex(q.Status)
		}
		ranges[i] = pipe.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: index, Start: first, Stop: to - 1, Rev: !q.Oldest})
		counts[i] = pipe.ZCard(ctx, index)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, 0, err
	}
	var total int64
	var members []member
	for i, p := range partitions {
		total += counts[i].Val()
		for _, z := range ranges[i].Val() {
			members = append(members, member{p, z.Member.(string), z.Score})
		}
	}
	if len(partitions) > 1 {
		slices.SortFunc(members, func(a, b member) int {
			c := cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.id, b.id))
			if q.Oldest {
				return c
			}
			return -c
		})
		n := int64(len(members))
		members = members[min(from, n):min(to, n)]
	}
	return members, total, nil
}

// records reads the records of members, in their order. One that vanished
// since the index was read is left out.
func (l *Log) records(ctx context.Context, members []member) ([]Record, error) {
	records := make([]Record, 0, len(members))
	if len(members) == 0 {
		return records, nil
	}
	pipe := l.rdb.Pipeline()
	hashes := make([]*redis.MapStringStringCmd, len(members))
	for i, m := range members {
		hashes[i] = pipe.HGetAll(ctx, m.partition.Record(m.id))
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	for i, m := range members {
		h, err := hashes[i].Result()
		if err != nil && !isOtherType(err) {
			return nil, err
		}
		if len(h) > 0 {
			records = append(records, parseRecord(m.id, h))
		}
	}
	return records, nil
}

// isOtherType says that somebody put something else in a record's place.
func isOtherType(err error) bool { return redis.HasErrorPrefix(err, "WRONGTYPE") }

// Counts returns the number of records in each state.
func (l *Log) Counts(ctx context.Context) (map[push.Status]int64, error) {
	pipe := l.rdb.Pipeline()
	cards := map[push.Status][]*redis.IntCmd{}
	for _, s := range push.Statuses() {
		for _, p := range l.keys.All() {
			cards[s] = append(cards[s], pipe.ZCard(ctx, p.StatusIndex(s)))
		}
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("count records: %w", err)
	}
	counts := map[push.Status]int64{}
	for s, cmds := range cards {
		for _, c := range cmds {
			counts[s] += c.Val()
		}
	}
	return counts, nil
}
