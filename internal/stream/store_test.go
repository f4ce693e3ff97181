package stream

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/pushlog/segment"
)

// held is what a test expects of one push.
type held struct {
	status     push.Status
	lane       int
	attempts   int
	deliveries int    // as the record counts them: settled ones
	owner      string // consumer that has it in hand, "" for nobody
	due        int64  // ms, while scheduled or retrying; 0: any time
	at         int64  // ms, accepted
	code       push.Code
	late       bool // it changed after a sealer had its time
	csno       string
	group      string
	token      string
	job        push.Job // as it was handed in, in a model
	old        bool     // its record has no fingerprint
}

// check compares the whole store with what is expected of every push: records,
// indexes, streams, pending lists and the due set, both ways.
func (b *bundle) check(t testing.TB, want map[string]*held) {
	t.Helper()
	ctx := t.Context()
	for _, p := range b.keys.All() {
		var expect = map[string]map[string]bool{} // sorted set: its members
		member := func(key, id string) {
			if expect[key] == nil {
				expect[key] = map[string]bool{}
			}
			expect[key][id] = true
		}
		entries := map[string]string{} // lane key and entry: id
		for id, w := range want {
			if b.keys.Of(id) != p {
				continue
			}
			h := b.hash(t, id)
			got := fmt.Sprint(h[pushlog.FieldStatus], " ", cmpZero(h[pushlog.FieldAttempts]), " ", cmpZero(h[pushlog.FieldDeliveries]), " ", h[pushlog.FieldErrorCode])
			if expected := fmt.Sprint(w.status, " ", w.attempts, " ", w.deliveries, " ", w.code); got != expected {
				t.Fatalf("%s: status, attempts, deliveries, error code are %s, want %s; record %v", id, got, expected, h)
			}
			member(p.Index(), id)
			if w.status != push.Sent {
				member(p.StatusIndex(w.status), id)
			}
			if w.code != "" {
				member(p.ErrorCodeIndex(w.code), id)
			}
			if w.late {
				member(p.Late(), id)
			}
			member(p.ValueIndex(push.FieldDeviceID, w.token), id)
			if w.csno != "" {
				member(p.ValueIndex(push.FieldCsno, w.csno), id)
			}
			if w.group != "" {
				member(p.ValueIndex(push.FieldPushGrpID, w.group), id)
			}
			switch w.status {
			case push.Queued:
				entries[laneKey(p, w.lane)+" "+h["entry"]] = id
			case push.Scheduled, push.Retrying:
				member(dueKey(p), id)
				if due := b.rdb.ZScore(ctx, dueKey(p), id).Val(); w.due != 0 && int64(due) != w.due {
					t.Fatalf("%s is due at %d, want %d", id, int64(due), w.due)
				}
			}
		}
		b.checkPacked(t, p)
		b.checkSets(t, p, expect)
		b.checkStreams(t, p, entries, want)
	}
}

// hash is the record of a push as Redis has it, packed or not.
func (b *bundle) hash(t testing.TB, id string) map[string]string {
	t.Helper()
	h, err := b.log.Hash(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// packed are the ids of a partition that have no hash.
func (b *bundle) packed(t testing.TB, p pushlog.Partition) (ids []string) {
	t.Helper()
	for _, id := range b.rdb.ZRange(t.Context(), p.Index(), 0, -1).Val() {
		if b.rdb.Exists(t.Context(), p.Record(id)).Val() == 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// checkPacked: each push without a hash is packed, once, as what was sent; the chunks
// know how many there are, and how many rows are left of what has gone.
func (b *bundle) checkPacked(t testing.TB, p pushlog.Partition) {
	t.Helper()
	ctx := t.Context()
	scores := map[string]float64{}
	for _, z := range b.rdb.ZRangeWithScores(ctx, p.Index(), 0, -1).Val() {
		scores[z.Member.(string)] = z.Score
	}
	rows := map[string]int{}
	for _, n := range b.rdb.ZRange(ctx, p.Chunks(), 0, -1).Val() {
		chunk := b.rdb.HGetAll(ctx, p.Base+":chunk:"+n).Val()
		living, gone := int64(0), int64(0)
		for field, group := range chunk {
			text, ok := strings.CutPrefix(field, "packed.")
			if !ok {
				continue
			}
			records, err := b.log.Codec().Unpack(group, chunk[segment.TokenField(int(number(text)))])
			if err != nil || len(records) == 0 {
				t.Fatalf("%s of chunk %s: %d records, %v", field, n, len(records), err)
			}
			for _, r := range records {
				if at, ok := scores[r.ID]; !ok || int64(at) > number(chunk[pushlog.ChunkLast]) || int64(at) < number(chunk[pushlog.ChunkFirst]) {
					gone++
					continue
				}
				living++
				rows[r.ID]++
				if r.Fields[pushlog.FieldStatus] != string(push.Sent) {
					t.Fatalf("%s is packed: %v", r.ID, r.Fields)
				}
			}
		}
		if number(chunk[segment.ChunkPacked]) != living || number(chunk[segment.ChunkGone]) != gone {
			t.Fatalf("chunk %s has %s packed and %s gone, it should have %d and %d", n, chunk[segment.ChunkPacked], chunk[segment.ChunkGone], living, gone)
		}
	}
	for _, id := range b.packed(t, p) {
		if rows[id] != 1 {
			t.Fatalf("%s has no hash, and is packed %d times", id, rows[id])
		}
		delete(rows, id)
	}
	if len(rows) > 0 {
		t.Fatalf("these are packed, and have a hash: %v", rows)
	}
}

func cmpZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

var setKey = regexp.MustCompile(`:(index(:.*)?|due|late)$`)

// checkSets compares every sorted set of a partition, and that all sets of a
// push carry the same score.
func (b *bundle) checkSets(t testing.TB, p pushlog.Partition, expect map[string]map[string]bool) {
	t.Helper()
	ctx := t.Context()
	scores := map[string]float64{}
	for _, z := range b.rdb.ZRangeWithScores(ctx, p.Index(), 0, -1).Val() {
		scores[z.Member.(string)] = z.Score
	}
	for _, key := range b.rdb.Keys(ctx, p.Base+":*").Val() {
		if !setKey.MatchString(key) || strings.HasPrefix(key, p.Base+":record:") {
			continue
		}
		for _, z := range b.rdb.ZRangeWithScores(ctx, key, 0, -1).Val() {
			id := z.Member.(string)
			if !expect[key][id] {
				t.Fatalf("%s has %s, which it should not", key, id)
			}
			if key != dueKey(p) && z.Score != scores[id] {
				t.Fatalf("%s has %s at %v, the main index at %v", key, id, z.Score, scores[id])
			}
			delete(expect[key], id)
		}
	}
	for key, left := range expect {
		if len(left) > 0 {
			t.Fatalf("%s lacks %v", key, slices.Collect(maps.Keys(left)))
		}
	}
}

// checkStreams compares the entries of both lanes with the queued pushes, and
// the pending lists with their owners.
func (b *bundle) checkStreams(t testing.TB, p pushlog.Partition, entries map[string]string, want map[string]*held) {
	t.Helper()
	ctx := t.Context()
	for _, lane := range []int{laneNormal, laneUrgent} {
		stream := laneKey(p, lane)
		owners := map[string]string{}
		for _, e := range pendingOf(t, b, stream) {
			owners[e.ID] = e.Consumer
		}
		for _, e := range b.rdb.XRange(ctx, stream, "-", "+").Val() {
			id, ok := entries[stream+" "+e.ID]
			if named, _ := e.Values["id"].(string); (!ok || named != id) && b.leftover[named] && owners[e.ID] == "" {
				continue
			}
			if !ok || e.Values["id"] != id {
				t.Fatalf("%s has entry %s %v, which stands for nothing", stream, e.ID, e.Values)
			}
			if owners[e.ID] != want[id].owner {
				t.Fatalf("%s is in hand of %q, want %q", id, owners[e.ID], want[id].owner)
			}
			delete(entries, stream+" "+e.ID)
			delete(owners, e.ID)
		}
		if len(owners) > 0 {
			t.Fatalf("%s: pending without an entry: %v", stream, owners)
		}
	}
	if len(entries) > 0 {
		t.Fatalf("queued without an entry: %v", entries)
	}
}
