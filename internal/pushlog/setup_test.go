package pushlog

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/redistest"
)

// bundle is an empty log of its own.
type bundle struct {
	*Log
	rdb  *redis.Client
	keys Keys
}

func setup(t *testing.T, partitions int) *bundle {
	t.Helper()
	rdb := redistest.New(t).Client(t)
	keys := Keys{Prefix: "push", Partitions: partitions}
	return &bundle{New(rdb, keys), rdb, keys}
}

// seed writes a record with its index members, as accept and settle leave
// them.
func (b *bundle) seed(t *testing.T, id string, ms int64, status push.Status, fields ...string) {
	t.Helper()
	p := b.keys.Of(id)
	at := time.UnixMilli(ms).UTC().Format(TimeFormat)
	_, err := b.rdb.Pipelined(t.Context(), func(pipe redis.Pipeliner) error {
		pipe.HSet(context.Background(), p.Record(id), append([]string{FieldStatus, string(status), FieldAcceptedAt, at}, fields...))
		pipe.ZAdd(context.Background(), p.Index(), redis.Z{Score: float64(ms), Member: id})
		pipe.ZAdd(context.Background(), p.StatusIndex(status), redis.Z{Score: float64(ms), Member: id})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// list is one page, which must not fail.
func (b *bundle) list(t *testing.T, q Query) Page {
	t.Helper()
	p, err := b.List(t.Context(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return p
}

func idsOf(records []Record) []string {
	ids := []string{}
	for _, r := range records {
		ids = append(ids, r.ID)
	}
	return ids
}

// sealAll seals all pushes of partition 0 into one chunk.
func (b *bundle) sealAll(t *testing.T) {
	t.Helper()
	p := b.keys.Partition(0)
	u, err := b.ReadUnsealed(t.Context(), p, 0, 0, 0, ChunkFields()...)
	if err != nil {
		t.Fatal(err)
	}
	b.rdb.HSet(t.Context(), p.Chunk(1), b.codec.Seal(u.Records, u.MS))
	b.rdb.ZAdd(t.Context(), p.Chunks(), redis.Z{Score: float64(u.MS[0]), Member: 1})
}
