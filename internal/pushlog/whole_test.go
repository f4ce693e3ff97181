package pushlog

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// wholes are values that have each other in them, at a start, an end or over the end of
// a row; in other letters; with what could be taken for an end; and empty.
var wholes = []string{"체결", "미체결", "체결 안내", "체", "결", "", "ab", "AB", "Ab", "abab", "a", "b", "xab", "abx", "ab\n", "ab\nab", "\nab", "\x00",
	"ab\x00", "x\x00y", "ab ", " ab", "ａｂ", "ß", "ss", "\u1100\u1161", "가", "010-1234-5678", "1234", "", "ab"}

// seedWholes makes a push of each value in every column that can be searched, in order.
func (b *bundle) seedWholes(t *testing.T) (records []Record, ms []int64) {
	t.Helper()
	for i, value := range wholes {
		fields := []string{}
		for _, name := range SearchColumns() {
			fields = append(fields, name, value)
		}
		id := fmt.Sprintf("p%02d", i)
		b.seed(t, id, int64(1000+i), push.Failed, fields...)
		records, ms = append(records, b.record(t, id)), append(ms, int64(1000+i))
	}
	return records, ms
}

// checkWholes asks for each value as the whole of each column, and wants what a look at
// every record finds: newest first, and the ones of a state.
func (b *bundle) checkWholes(t *testing.T, how How) {
	t.Helper()
	var all []Record
	for i := range wholes {
		all = append([]Record{b.record(t, fmt.Sprintf("p%02d", i))}, all...)
	}
	for _, name := range SearchColumns() {
		for _, word := range append(slices.Clone(wholes), "nowhere", "체결체결", "a체", "FILL") {
			if word == "" {
				continue
			}
			want := []string{}
			f, how := Filter{Text: Text{Column: name, Word: word, Whole: true}}, how
			for _, r := range all {
				is := column(&r, name) == word
				if name == push.FieldCustTelno && push.PhoneDigits(word) != "" {
					is = push.PhoneDigits(r.CustTelno) == push.PhoneDigits(word)
				}
				if is {
					want = append(want, r.ID)
				}
			}
			if name == FieldFCMSendYN { // no state is that
				how = ByIndex
			}
			if how == ByWalk {
				f.Statuses = []push.Status{push.Failed}
			}
			page := b.list(t, Query{Page: 1, Size: 100, Filter: f})
			if got := idsOf(page.Records); !slices.Equal(got, want) || page.Total != int64(len(want)) || !page.Exact || page.How != how {
				t.Errorf("%s is %q: %q of %d by %s, want %q by %s", name, word, got, page.Total, page.How, want, how)
			}
		}
	}
}

// A column that must be a word is no other one, letter by letter: of records, in chunks,
// and packed.
func TestWhole(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx, p := t.Context(), b.keys.Partition(0)
	records, ms := b.seedWholes(t)
	b.checkWholes(t, ByScan)
	b.checkWholes(t, ByWalk)

	b.rdb.HSet(ctx, p.Chunk(1), b.codec.Seal(records, ms))
	b.rdb.ZAdd(ctx, p.Chunks(), redis.Z{Score: float64(ms[0]), Member: 1})
	b.checkWholes(t, ByScan)
	b.checkWholes(t, ByWalk)
	// What a chunk says is what is found: these are no records that were looked at.
	b.rdb.HSet(ctx, p.Record("p00"), push.FieldMsgTitle, "another")
	page := b.list(t, Query{Page: 1, Size: 10, Filter: Filter{Text: Text{Column: push.FieldMsgTitle, Word: "체결", Whole: true}}})
	if got := idsOf(page.Records); !slices.Equal(got, []string{"p00"}) {
		t.Errorf("%q", got)
	}
	b.rdb.HSet(ctx, p.Record("p00"), push.FieldMsgTitle, "체결")

	// A result that changed after its chunk was written.
	for id, result := range map[string]string{"p06": "체결", "p00": "체결 안내", "p05": "now", "p07": ""} {
		b.rdb.HSet(ctx, p.Record(id), FieldResult, result)
		b.rdb.ZAdd(ctx, p.Late(), redis.Z{Score: b.rdb.ZScore(ctx, p.Index(), id).Val(), Member: id})
	}
	b.checkWholes(t, ByScan)
	for word, want := range map[string][]string{"체결": {"p06"}, "체결 안내": {"p02", "p00"}, "now": {"p05"}, "AB": {}} {
		page := b.list(t, Query{Page: 1, Size: 10, Filter: Filter{Text: Text{Column: FieldResult, Word: word, Whole: true}}})
		if got := idsOf(page.Records); !slices.Equal(got, want) {
			t.Errorf("the result is %q: %q, want %q", word, got, want)
		}
	}
	b.rdb.Del(ctx, p.Late())
	for i := range wholes {
		id := fmt.Sprintf("p%02d", i)
		b.rdb.HSet(ctx, p.Record(id), FieldStatus, string(push.Sent), FieldResult, wholes[i])
		b.rdb.ZRem(ctx, p.StatusIndex(push.Failed), id)
	}
	b.packAll(t)
	b.checkWholes(t, ByScan)
}

// With what has an index it is that one that is looked through, and both must hold.
func TestWholeWithAnotherFilter(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx, p := t.Context(), b.keys.Partition(0)
	records, ms := b.seedWholes(t)
	b.rdb.HSet(ctx, p.Chunk(1), b.codec.Seal(records, ms))
	b.rdb.ZAdd(ctx, p.Chunks(), redis.Z{Score: float64(ms[0]), Member: 1})
	for i, r := range records {
		if r.Csno != "" {
			b.rdb.ZAdd(context.Background(), p.ValueIndex(push.FieldCsno, r.Csno), redis.Z{Score: float64(ms[i]), Member: r.ID})
		}
	}
	whole := Text{Column: push.FieldUUIDID, Word: "ab", Whole: true}
	for _, tt := range []struct {
		name   string
		filter Filter
		want   []string
		how    How
	}{
		{"and the customer", Filter{Exact: push.Job{Csno: "ab"}, Text: whole}, []string{"p30", "p06"}, ByWalk},
		{"and another customer", Filter{Exact: push.Job{Csno: "AB"}, Text: whole}, []string{}, ByWalk},
		{"two customers", Filter{Exact: push.Job{Csno: "AB"}, Text: Text{Column: push.FieldCsno, Word: "ab", Whole: true}}, []string{}, ByWalk},
		{"a customer twice", Filter{Exact: push.Job{Csno: "ab"}, Text: Text{Column: push.FieldCsno, Word: "ab", Whole: true}}, []string{"p30", "p06"}, ByWalk},
		{"and the service", Filter{Exact: push.Job{ServiceName: "ab"}, Text: whole}, []string{"p30", "p06"}, ByScan},
		{"and another service", Filter{Exact: push.Job{ServiceName: "abab"}, Text: whole}, []string{}, ByScan},
		{"and sent", Filter{Statuses: []push.Status{push.Sent}, Text: whole}, []string{}, ByScan},
		{"a part of it", Filter{Text: Text{Column: push.FieldUUIDID, Word: "BAB"}}, []string{"p09"}, ByScan},
	} {
		page := b.list(t, Query{Page: 1, Size: 10, Filter: tt.filter})
		if got := idsOf(page.Records); !slices.Equal(got, tt.want) || page.How != tt.how {
			t.Errorf("%s: %q by %s, want %q by %s", tt.name, got, page.How, tt.want, tt.how)
		}
	}
}
