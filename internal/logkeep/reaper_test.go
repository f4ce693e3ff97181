package logkeep

import (
	"fmt"
	"maps"
	"testing"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// What has ended goes, and nothing else; the second run, as after a lost reply, does
// nothing.
func TestReap(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	ended, open := b.everyState(t, "x")
	with := redistest.Dump(t, b.rdb)
	if got := b.reap(t, p, b.candidates(t, open...)...); got != fmt.Sprintf("[0 %d]", len(open)) {
		t.Errorf("of what has not ended: %s", got)
	}
	if now := redistest.Dump(t, b.rdb); !maps.Equal(with, now) {
		t.Errorf("what has not ended has changed:\n%s", diff(with, now))
	}
	gone := b.candidates(t, ended...)
	if got := b.reap(t, p, gone...); got != fmt.Sprintf("[%d 0]", len(ended)) {
		t.Errorf("of what has ended: %s", got)
	}
	once := redistest.Dump(t, b.rdb)
	if got := b.reap(t, p, gone...); got != "[0 0]" {
		t.Errorf("once more: %s", got)
	}
	if twice := redistest.Dump(t, b.rdb); !maps.Equal(once, twice) {
		t.Errorf("the second run changed the store:\n%s", diff(once, twice))
	}
}

// Members of the index that lead nowhere leave it; what is not ours, or another than
// the caller has read, stays.
func TestReapOfOthers(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx, p := t.Context(), b.keys.Partition(0)
	b.everyState(t, "k")
	before := redistest.Dump(t, b.rdb)
	b.rdb.ZAdd(ctx, p.Index(), redis.Z{Score: 7, Member: "orphan"})
	b.rdb.ZAdd(ctx, p.Late(), redis.Z{Score: 7, Member: "orphan"})
	if got := b.reap(t, p, Candidate{Cursor: pushlog.Cursor{MS: 7, ID: "orphan"}}, Candidate{Cursor: pushlog.Cursor{ID: "nowhere"}}); got != "[0 0]" {
		t.Errorf("of what has no record: %s", got)
	}
	if now := redistest.Dump(t, b.rdb); !maps.Equal(before, now) {
		t.Errorf("the orphan:\n%s", diff(before, now))
	}
	b.rdb.Set(ctx, p.Record("text"), "x", 0)
	b.rdb.HSet(ctx, p.Record("other"), "a", "b")
	before = redistest.Dump(t, b.rdb)
	sent := b.candidates(t, "k-sent")[0]
	sent.Record.AcceptedAt = "2020-01-01T00:00:00.000Z"
	if got := b.reap(t, p, Candidate{Cursor: pushlog.Cursor{ID: "text"}}, Candidate{Cursor: pushlog.Cursor{ID: "other"}}, sent, Candidate{Cursor: pushlog.Cursor{ID: "k-failed"}}); got != "[0 4]" {
		t.Errorf("of others: %s", got)
	}
	if now := redistest.Dump(t, b.rdb); !maps.Equal(before, now) {
		t.Errorf("it has changed:\n%s", diff(before, now))
	}
}

// Chunks of which no push is left go, wherever they are; the others stay.
func TestDropChunks(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx, p := t.Context(), b.keys.Partition(0)
	const n = 350
	want := map[string]bool{}
	for i := range n {
		first := 1000 * (i + 1)
		b.rdb.HSet(ctx, p.Chunk(int64(i)), pushlog.ChunkFirst, first, pushlog.ChunkLast, first+500)
		b.rdb.ZAdd(ctx, p.Chunks(), redis.Z{Score: float64(first), Member: i})
		if i >= 230 && i%3 == 0 {
			b.rdb.ZAdd(ctx, p.Index(), redis.Z{Score: float64(first + []int{0, 250, 500}[i%9/3]), Member: fmt.Sprint(i)})
			want[p.Chunk(int64(i))] = true
		}
		b.rdb.ZAdd(ctx, p.Index(), redis.Z{Score: float64(first + 501 + i%498), Member: fmt.Sprint("between-", i)})
	}
	passes := 0
	for rank := int64(-1); rank != 0; passes++ {
		var err error
		if rank, err = DropChunks(ctx, b.rdb, p, max(rank, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if passes > 2 {
		t.Errorf("%d passes", passes)
	}
	for i := range n {
		key := p.Chunk(int64(i))
		_, err := b.rdb.ZScore(ctx, p.Chunks(), fmt.Sprint(i)).Result()
		if is := b.rdb.Exists(ctx, key).Val() == 1; is != want[key] || (err == nil) != want[key] {
			t.Errorf("%s: %v %v", key, is, err)
		}
	}
}
