package logkeep

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/redisscript"
	"pushstream/internal/redistest"
)

// refused runs a script that must answer 0 and change nothing.
func (b *bundle) refused(t *testing.T, what string, c redisscript.Call) {
	t.Helper()
	before := redistest.Dump(t, b.rdb)
	answers, err := redisscript.Run(t.Context(), b.rdb, c)
	if err != nil || answers[0] != int64(0) {
		t.Errorf("%s: %v, %v", what, answers, err)
	}
	if after := redistest.Dump(t, b.rdb); !maps.Equal(before, after) {
		t.Errorf("%s:\n%s", what, diff(before, after))
	}
}

// done runs a script that must answer 1.
func (b *bundle) done(t *testing.T, what string, c redisscript.Call) {
	t.Helper()
	if answers, err := redisscript.Run(t.Context(), b.rdb, c); err != nil || answers[0] != int64(1) {
		t.Errorf("%s: %v, %v", what, answers, err)
	}
}

// Nothing is marked on top of another's mark, nor a millisecond that is not over.
func TestMark(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	mark := func(before, until int64) redisscript.Call {
		return markScript.Call([]string{p.Sealed()}, p.Base, before, until)
	}
	b.refused(t, "a mark that is not there", mark(5, 1000))
	b.refused(t, "a time to come", mark(0, time.Now().Add(time.Hour).UnixMilli()))
	b.done(t, "the first", mark(0, 1000))
	b.refused(t, "twice", mark(0, 1000))
	b.refused(t, "an older mark", mark(999, 2000))
	b.done(t, "the next", mark(1000, 2000))

	src, err := lua.ReadFile("lua/mark.lua")
	if err != nil {
		t.Fatal(err)
	}
	lib, err := library.Included("accepted")
	if err != nil {
		t.Fatal(err)
	}
	// The present millisecond, within it.
	script := redis.NewScript(lib + `
local function mark(sealed, base, known_ms, until_ms) ` + string(src) + ` end
local function ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local now, got
repeat
  now = ms()
  redis.call('DEL', KEYS[1])
  got = mark(KEYS[1], 'K', '0', string.format('%.0f', now + ARGV[1]))
until ms() == now
return got`)
	for after, want := range map[int]int64{-1: 1, 0: 0, 1: 0} {
		if got, err := script.Run(t.Context(), b.rdb, []string{p.Sealed()}, after).Int64(); err != nil || got != want {
			t.Errorf("%d ms after the present one: %d, want %d, %v", after, got, want, err)
		}
	}
}

// A chunk is written once, for what was marked; the index of error codes gets what it
// lacks of it, and nothing else.
func TestSealScript(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.accept(t, job("failed"), job("recovered"), job("plain"), job("unindexed"))
	b.deliver(t, func(*push.Job) push.Outcome { return unregistered })
	b.rdb.HSet(t.Context(), p.Record("recovered"), "error_code", "")
	b.rdb.HDel(t.Context(), p.Record("plain"), "error_code")
	at := b.rdb.ZScore(t.Context(), p.Index(), "failed").Val()
	b.rdb.ZRem(t.Context(), p.Index(), "unindexed")
	b.rdb.Del(t.Context(), p.ErrorCodeIndex(push.CodeUnregistered))
	b.rdb.HSet(t.Context(), p.Sealed(), "until_ms", 77)
	seal := func(n, till int64, fields ...any) redisscript.Call {
		coded := []any{"failed", "recovered", "plain", "unindexed", "ghost"}
		args := append([]any{p.Base, n, till, len(coded)}, coded...)
		return sealScript.Call([]string{p.Sealed(), p.Chunks(), p.Chunk(n)}, append(args, fields...)...)
	}
	chunk := []any{"first_ms", 70, "last_ms", 77, "rows", 4}
	b.refused(t, "another number", seal(2, 77, chunk...))
	b.refused(t, "another mark", seal(1, 76, chunk...))
	b.done(t, "the chunk", seal(1, 77, chunk...))
	b.refused(t, "twice", seal(1, 77, chunk...))
	if got := fmt.Sprint(b.rdb.HGetAll(t.Context(), p.Sealed()).Val()); got != "map[next:2 until_ms:77 written_ms:77]" {
		t.Errorf("sealed: %s", got)
	}
	if got := fmt.Sprint(b.rdb.ZRangeWithScores(t.Context(), p.Chunks(), 0, -1).Val(), b.rdb.HGetAll(t.Context(), p.Chunk(1)).Val()); got != "[{70 1}] map[first_ms:70 last_ms:77 rows:4]" {
		t.Errorf("the chunk: %s", got)
	}
	if keys := b.rdb.Keys(t.Context(), p.Base+":index:error_code:*").Val(); len(keys) != 1 || keys[0] != p.ErrorCodeIndex(push.CodeUnregistered) {
		t.Errorf("indexes of error codes: %q", keys)
	}
	if got := b.rdb.ZRangeWithScores(t.Context(), p.ErrorCodeIndex(push.CodeUnregistered), 0, -1).Val(); len(got) != 1 || got[0] != (redis.Z{Score: at, Member: "failed"}) {
		t.Errorf("in the index of the error code: %v", got)
	}

	// Nothing is left of what was marked: no chunk.
	b.rdb.HSet(t.Context(), p.Sealed(), "until_ms", 80)
	b.done(t, "no chunk", seal(2, 80))
	if got := fmt.Sprint(b.rdb.HGetAll(t.Context(), p.Sealed()).Val(), b.rdb.ZCard(t.Context(), p.Chunks()).Val()); got != "map[next:2 until_ms:80 written_ms:80] 1" {
		t.Errorf("sealed: %s", got)
	}
}

// What was read of late pushes is merged only if it is still so.
func TestMergeScript(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.rdb.HSet(t.Context(), p.Chunk(1), "folds", 3, "rows", 9)
	b.rdb.HSet(t.Context(), p.Record("a"), "status", "failed", "error_code", "INTERNAL", "result", "r", "sndn_rsev_hour", "h", "fcm_send_time", "t")
	b.rdb.HSet(t.Context(), p.Record("b"), "status", "cancelled")
	for i, id := range []string{"a", "b", "c"} {
		b.rdb.ZAdd(t.Context(), p.Late(), redis.Z{Score: float64(i), Member: id})
	}
	merge := func(folds int, a ...any) redisscript.Call {
		args := append([]any{p.Base, folds, 3, "status", "S", "error_code", "E", "result", "R", "b", "cancelled", "", "", "", "", "a"}, a...)
		return mergeScript.Call([]string{p.Chunk(1), p.Late()}, args...)
	}
	b.refused(t, "another merge", merge(2, "failed", "INTERNAL", "r", "h", "t"))
	b.refused(t, "another state", merge(3, "sent", "INTERNAL", "r", "h", "t"))
	b.refused(t, "another code", merge(3, "failed", "", "r", "h", "t"))
	b.refused(t, "another result", merge(3, "failed", "INTERNAL", "", "h", "t"))
	b.refused(t, "another reserved time", merge(3, "failed", "INTERNAL", "r", "", "t"))
	b.refused(t, "another time of sending", merge(3, "failed", "INTERNAL", "r", "h", "u"))
	b.done(t, "what is so", merge(3, "failed", "INTERNAL", "r", "h", "t"))
	b.refused(t, "twice", merge(3, "failed", "INTERNAL", "r", "h", "t"))
	if got := fmt.Sprint(b.rdb.HGetAll(t.Context(), p.Chunk(1)).Val(), b.rdb.ZRange(t.Context(), p.Late(), 0, -1).Val()); got != "map[error_code:E folds:4 result:R rows:9 status:S] [c]" {
		t.Errorf("merged: %s", got)
	}
}

// reap keeps as many pushes as it is told, packed ones too.
func TestReapKeepsPacked(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.send(t, several("sent", 20)...)
	b.pack(t)
	some := b.candidates(t, "sent-000", "sent-001", "sent-002", "sent-003", "sent-004")
	for _, want := range []Reaped{{3, 2}, {0, 2}} {
		if got, err := Reap(t.Context(), b.rdb, p, 17, some); err != nil || got != want {
			t.Errorf("%+v, want %+v, %v", got, want, err)
		}
	}
	b.checkPacked(t)
}
