package pushlog

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog/segment"
)

// sealed seeds pushes that were sent, the last of them in one millisecond, and seals
// them into one chunk. With old, it is as chunks were before they had groups.
func (b *bundle) sealed(t *testing.T, n int, old bool) {
	t.Helper()
	ctx, p := t.Context(), b.keys.Partition(0)
	var records []Record
	var ms []int64
	for i := range n {
		id, at := fmt.Sprintf("p%04d", i), int64(1000+min(i, 40))
		token := fmt.Sprintf("token%d:APA91b%04d", i%5, i)
		b.seed(t, id, at, push.Sent, push.FieldDeviceID, token, push.FieldMsgTitle, "hello", push.FieldCsno, "7", FieldResult, "r")
		b.rdb.ZRem(ctx, p.StatusIndex(push.Sent), id)
		b.rdb.ZAdd(ctx, p.ValueIndex(push.FieldCsno, "7"), redis.Z{Score: float64(at), Member: id})
		records, ms = append(records, b.record(t, id)), append(ms, at)
	}
	chunk := b.codec.Seal(records, ms)
	if old {
		var tokens []string
		for i := range records {
			tokens = append(tokens, records[i].DeviceID)
			delete(chunk, segment.TokenField(i/segment.GroupRows))
		}
		chunk[push.FieldDeviceID] = b.codec.Encode(tokens)
		delete(chunk, segment.ChunkHeads)
	}
	b.rdb.HSet(ctx, p.Chunk(1), chunk)
	b.rdb.ZAdd(ctx, p.Chunks(), redis.Z{Score: float64(ms[0]), Member: 1})
	b.rdb.HSet(ctx, p.Sealed(), "until_ms", ms[n-1], "written_ms", ms[n-1], "next", 2)
}

func (b *bundle) record(t *testing.T, id string) Record {
	t.Helper()
	r, err := b.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// packAll packs every record of chunk 1, as the packer does.
func (b *bundle) packAll(t *testing.T) {
	t.Helper()
	ctx, p := t.Context(), b.keys.Partition(0)
	pushes, err := b.ReadSpan(ctx, p, 0, 1<<52)
	if err != nil {
		t.Fatal(err)
	}
	heads, err := b.ReadHeads(ctx, p, 1)
	if err != nil {
		t.Fatal(err)
	}
	groups := map[int][]segment.Packed{}
	for id, ms := range pushes {
		groups[heads.Group(ms, id)] = append(groups[heads.Group(ms, id)], segment.Packed{ID: id, Fields: b.rdb.HGetAll(ctx, p.Record(id)).Val()})
		b.rdb.Del(ctx, p.Record(id))
	}
	for group, records := range groups {
		packed, err := b.codec.Pack(records, b.rdb.HGet(ctx, p.Chunk(1), segment.TokenField(group)).Val())
		if err != nil {
			t.Fatal(err)
		}
		b.rdb.HSet(ctx, p.Chunk(1), segment.GroupField(group), packed, segment.ChunkHeads, heads.String())
	}
}

// A search for tokens, and reading of packed records, is the same in a chunk with a great
// last millisecond, and in one of before there were groups.
func TestTokensOfChunks(t *testing.T) {
	t.Parallel()
	for _, n := range []int{45, 1500} {
		for _, old := range []bool{false, true} {
			t.Run(fmt.Sprint(n, " old ", old), func(t *testing.T) {
				t.Parallel()
				b := setup(t, 1)
				b.sealed(t, n, old)
				last, all := fmt.Sprintf("p%04d", n-1), map[string]Record{}
				for i := range n {
					id := fmt.Sprintf("p%04d", i)
					all[id] = b.record(t, id)
				}
				check := func() {
					t.Helper()
					// In a chunk a row is found by its column, and shown by its record.
					page := b.list(t, Query{Page: 1, Size: 10, Filter: Filter{Text: Text{Column: push.FieldDeviceID, Word: "TOKEN3:"}}})
					if page.Total != int64((n+1)/5) || page.How != ByScan || len(page.Records) == 0 || page.Records[0].DeviceID != all[page.Records[0].ID].DeviceID {
						t.Errorf("by scan: %d by %s", page.Total, page.How)
					}
					page = b.list(t, Query{Page: 1, Size: 10, Filter: Filter{Text: Text{Column: push.FieldDeviceID, Word: fmt.Sprintf("91b%04d", n-1)}}})
					if got := idsOf(page.Records); !slices.Equal(got, []string{last}) {
						t.Errorf("the last one: %q", got)
					}
					// A walk asks the records.
					walked := map[string]bool{}
					plan := &plan{how: ByWalk, filter: Filter{Exact: push.Job{Csno: "7", ServiceName: ""}}, oldest: true}
					for h, err := range b.walk(t.Context(), index{b.keys.Partition(0), b.keys.Partition(0).ValueIndex(push.FieldCsno, "7")}, span{0, 1 << 52}, plan, true, wants{statuses: true}) {
						if err != nil {
							t.Fatal(err)
						}
						for i, m := range h.members {
							if walked[m.id] = true; h.statuses[i] != push.Sent {
								t.Errorf("%s is %q", m.id, h.statuses[i])
							}
						}
					}
					if len(walked) != n {
						t.Errorf("walked through %d, want %d", len(walked), n)
					}
					seen := 0
					if err := b.Each(t.Context(), Filter{}, true, func(records []Record) error {
						for _, r := range records {
							if seen++; r.DeviceID != all[r.ID].DeviceID || r.MsgTitle != "hello" || r.AcceptedAt != all[r.ID].AcceptedAt {
								t.Errorf("%+v", r)
							}
						}
						return nil
					}); err != nil || seen != n {
						t.Errorf("%d records, %v", seen, err)
					}
				}
				check()
				b.packAll(t)
				check()
				if keys := b.rdb.Keys(t.Context(), "*:record:*").Val(); len(keys) > 0 {
					t.Errorf("%d have a hash", len(keys))
				}
			})
		}
	}
}

// What is no packed record is none, and what can't be read is an error.
func TestNotPacked(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx, p := t.Context(), b.keys.Partition(0)
	b.sealed(t, 45, false)
	b.packAll(t)
	b.rdb.ZAdd(ctx, p.Index(), redis.Z{Score: 500, Member: "before all"}, redis.Z{Score: 1007, Member: "between"}, redis.Z{Score: 9e9, Member: "after"})
	for _, id := range []string{"before all", "between", "after", "nobody"} {
		if _, err := b.Get(ctx, id); err != ErrNotFound {
			t.Errorf("%s: %v", id, err)
		}
	}
	b.rdb.Set(ctx, p.Record("p0001"), "somebody's", 0)
	if _, err := b.Get(ctx, "p0001"); err != ErrNotFound {
		t.Errorf("in the place of a record: %v", err)
	}
	b.rdb.ZRem(ctx, p.Index(), "p0002")
	if _, err := b.Get(ctx, "p0002"); err != ErrNotFound {
		t.Errorf("what has gone: %v", err)
	}
	for field, value := range map[string]string{segment.GroupField(0): "x", segment.ChunkHeads: "x"} {
		b.rdb.HSet(ctx, p.Chunk(1), field, value)
		if _, err := New(b.rdb, b.keys).Get(ctx, "p0003"); err == nil || err == ErrNotFound {
			t.Errorf("with a broken %s: %v", field, err)
		}
	}
	b.rdb.ZAdd(ctx, p.Chunks(), redis.Z{Score: 1001, Member: "x"})
	if _, err := b.Get(ctx, "p0003"); err == nil || !strings.Contains(err.Error(), "member") {
		t.Errorf("with a broken number: %v", err)
	}
}

// What was noted of a packed record is a part of it, unless it is one of its tries.
func TestNotesOfPacked(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.sealed(t, 5, false)
	p := b.keys.Partition(0)
	b.rdb.HSet(t.Context(), p.Record("p0001"), "try.1", "the try", "late.a", "first")
	b.packAll(t)
	b.rdb.HSet(t.Context(), p.Chunk(1), segment.NotesField("p0001"), "late.b the try\nlate.a second\nlate.c third one\n", segment.NotesField("p0002"), "late.b another\n")
	if got := b.record(t, "p0001"); !slices.Equal(got.Late, []string{"second", "third one"}) || len(got.Tries) != 1 {
		t.Errorf("%q, tries %q", got.Late, got.Tries)
	}
	page := b.list(t, Query{Page: 1, Size: 10, Filter: Filter{Exact: push.Job{Csno: "7"}}, Oldest: true})
	if len(page.Records) != 5 || !slices.Equal(page.Records[2].Late, []string{"another"}) || len(page.Records[3].Late) != 0 {
		t.Errorf("%+v", page.Records)
	}
}

// segment.Heads that are remembered of a store that was emptied, or that came from a backup since,
// hide nothing.
func TestHeadsOfAnotherStore(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"before": "1", "after": "5000", "other groups": "1000 1001 1002"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			b.sealed(t, 50, false)
			b.packAll(t)
			heads, err := segment.ParseHeads(text)
			if err != nil {
				t.Fatal(err)
			}
			b.heads.put(groupRef{partition: b.keys.Partition(0), chunk: 1}, heads)
			for i := range 50 {
				if r := b.record(t, fmt.Sprintf("p%04d", i)); r.MsgTitle != "hello" {
					t.Errorf("%+v", r)
				}
			}
			page, err := b.List(t.Context(), Query{Page: 1, Size: 100, Filter: Filter{Exact: push.Job{Csno: "7"}}})
			if err != nil || len(page.Records) != 50 {
				t.Errorf("%d records, %v", len(page.Records), err)
			}
		})
	}
}
