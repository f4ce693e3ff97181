package pushlog

import (
	"context"
	"errors"
	"sync"

	"github.com/redis/go-redis/v9"
)

// MaxPageSize is the greatest number of records on a page.
const MaxPageSize = 1000

// ErrNotFound says that there is no record with that id.
var ErrNotFound = errors.New("no such push")

// Log reads the push log.
type Log struct {
	rdb   redis.UniversalClient
	keys  Keys
	codec *Codec

	scanners sync.Pool // of *scanner: their memory is used again
	heads    headsMemory
}

// New returns the log that keys name in rdb.
func New(rdb redis.UniversalClient, keys Keys) *Log {
	return &Log{rdb: rdb, keys: keys, codec: NewCodec(), scanners: sync.Pool{New: func() any { return &scanner{} }}}
}

// Get returns the record of one push, or ErrNotFound.
func (l *Log) Get(ctx context.Context, id string) (Record, error) {
	h, err := l.Hash(ctx, id)
	if err != nil {
		return Record{}, err
	}
	if len(h) == 0 {
		return Record{}, ErrNotFound
	}
	return parseRecord(id, h), nil
}

// member is one push in an index.
type member struct {
	partition Partition
	id        string
	ms        int64 // when it was accepted
}

// isOtherType says that somebody put something else in a record's place.
func isOtherType(err error) bool { return redis.HasErrorPrefix(err, "WRONGTYPE") }
