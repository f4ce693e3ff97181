package logkeep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/pushlog/segment"
)

const (
	packWork   = 2 * time.Second // longest work in one pass
	packStep   = 50              // chunks that one call examines
	packVain   = 5               // chunks in one pass of which nothing could be packed yet
	packGroups = 6               // in one call of pack: they have at most scriptBatch rows
)

// Packer moves the records of what was sent long ago out of their hashes: they become rows
// of their chunk, compressed in row groups. A push that has failed or has not ended keeps
// its hash, since people work on it.
//
// It goes through all chunks, again and again: what is packable is found by counting. So
// it also packs what was sent late, and writes row groups anew that have rows of pushes
// which left the log.
type Packer struct {
	rdb  redis.UniversalClient
	log  *pushlog.Log
	rank map[int]int64 // by partition: of the chunk to examine next
}

// NewPacker returns a packer of the log that keys name in rdb.
func NewPacker(rdb redis.UniversalClient, keys pushlog.Keys) *Packer {
	return &Packer{rdb: rdb, log: pushlog.New(rdb, keys), rank: map[int]int64{}}
}

// Pass packs what was accepted and sent before a time, in some chunks of a partition, and
// returns how many pushes.
func (k *Packer) Pass(ctx context.Context, p pushlog.Partition, before time.Time) (int, error) {
	packed, vain := 0, 0
	for end := time.Now().Add(packWork); time.Now().Before(end) && vain < packVain; {
		rank := k.rank[p.Number]
		examined, found, err := k.packable(ctx, p, rank, before)
		if err != nil {
			return packed, err
		}
		next := rank + examined
		for _, one := range found {
			if vain == packVain || time.Now().After(end) {
				next = one.rank
				break
			}
			n, err := k.chunk(ctx, p, one.n, before)
			if err != nil {
				return packed, fmt.Errorf("pack chunk %d: %w", one.n, err)
			}
			if packed += n; n == 0 {
				vain++
			}
		}
		last := examined < packStep && next == rank+examined
		if k.rank[p.Number] = next; last {
			k.rank[p.Number] = 0
		}
		if last || len(found) == 0 {
			break
		}
	}
	return packed, nil
}

// rankedChunk is a chunk, by its number, and its place among all.
type rankedChunk struct{ n, rank int64 }

// packable looks at chunks that end before a time, from a rank on, and returns how many,
// and those with something to pack.
func (k *Packer) packable(ctx context.Context, p pushlog.Partition, rank int64, before time.Time) (int64, []rankedChunk, error) {
	keys := []string{p.Index(), p.Chunks()}
	for _, s := range push.Statuses() {
		if s != push.Sent {
			keys = append(keys, p.StatusIndex(s))
		}
	}
	answer, err := packableScript.Run(ctx, k.rdb, keys, p.Base, rank, packStep, before.UnixMilli())
	if err != nil {
		return 0, nil, fmt.Errorf("find what to pack: %w", err)
	}
	list, _ := answer.([]any)
	if len(list)%2 != 1 {
		return 0, nil, errors.New("find what to pack: unexpected answer")
	}
	examined, _ := list[0].(int64)
	var found []rankedChunk
	for pair := range slices.Chunk(list[1:], 2) {
		text, _ := pair[0].(string)
		rank, _ := pair[1].(int64)
		found = append(found, rankedChunk{number(text), rank})
	}
	return examined, found, nil
}

// chunk packs what may be packed of one chunk, and writes the groups anew from which
// pushes have gone. It returns how many rows it added or removed.
func (k *Packer) chunk(ctx context.Context, p pushlog.Partition, n int64, before time.Time) (int, error) {
	w, err := k.Prepare(ctx, p, n, before)
	if err != nil {
		return 0, err
	}
	done := 0
	for some := range slices.Chunk(w.Groups, packGroups) {
		rows, ok, err := k.Write(ctx, w, some)
		if err != nil || !ok {
			return done, err
		}
		done += rows
	}
	return done, nil
}

// Packing is the work on one chunk, as it was read.
type Packing struct {
	partition   pushlog.Partition
	n           int64
	first, last int64  // ms, of the chunk
	packs       string // as the chunk has it
	heads       segment.Heads
	newHeads    string                   // if the chunk has none
	living      map[string]int64         // what is left of its pushes, and when each was accepted
	ready       map[int][]segment.Packed // records that may be packed, by group
	Groups      []int                    // to be written, by number
}

// Prepare reads what is to be done of a chunk.
func (k *Packer) Prepare(ctx context.Context, p pushlog.Partition, n int64, before time.Time) (*Packing, error) {
	// First of all how often it was packed: if that is another when its groups are
	// written, nothing is.
	chunk, err := k.log.ReadChunk(ctx, p, n, segment.ChunkPacks, segment.ChunkGone, pushlog.ChunkFirst, pushlog.ChunkLast, segment.ChunkHeads)
	if err != nil {
		return nil, err
	}
	w := &Packing{
		partition: p, n: n, first: number(chunk[pushlog.ChunkFirst]), last: number(chunk[pushlog.ChunkLast]),
		packs: chunk[segment.ChunkPacks], ready: map[int][]segment.Packed{},
	}
	if w.heads, err = segment.ParseHeads(chunk[segment.ChunkHeads]); err != nil {
		return nil, err
	}
	if len(w.heads) == 0 { // it was sealed before there were groups
		if w.heads, err = k.log.ReadHeads(ctx, p, n); err != nil {
			return nil, err
		}
		w.newHeads = w.heads.String()
	}
	if w.living, err = k.log.ReadSpan(ctx, p, w.first, w.last); err != nil {
		return nil, err
	}
	if err := k.readReady(ctx, w, before); err != nil {
		return nil, err
	}
	for group := range w.heads {
		if len(w.ready[group]) > 0 || number(chunk[segment.ChunkGone]) > 0 {
			w.Groups = append(w.Groups, group)
		}
	}
	return w, nil
}

// readReady reads the records that may be packed.
func (k *Packer) readReady(ctx context.Context, w *Packing, before time.Time) error {
	late, err := k.rdb.ZRangeByScore(ctx, w.partition.Late(), &redis.ZRangeBy{
		Min: strconv.FormatInt(w.first, 10), Max: strconv.FormatInt(w.last, 10),
	}).Result()
	if err != nil {
		return fmt.Errorf("read late: %w", err)
	}
	oldest, err := k.oldestEntries(ctx, w.partition)
	if err != nil {
		return err
	}
	var ids []string
	for id := range w.living {
		if !slices.Contains(late, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for some := range slices.Chunk(ids, scriptBatch) {
		pipe := k.rdb.Pipeline()
		hashes := make([]*redis.MapStringStringCmd, len(some))
		for i, id := range some {
			hashes[i] = pipe.HGetAll(ctx, w.partition.Record(id))
		}
		_, _ = pipe.Exec(ctx) // each command has its own error
		for i, id := range some {
			h, err := hashes[i].Result()
			if redis.HasErrorPrefix(err, "WRONGTYPE") {
				continue // somebody put something else in a record's place
			}
			if err != nil {
				return fmt.Errorf("read records: %w", err)
			}
			if group := w.heads.Group(w.living[id], id); group >= 0 && packableRecord(w.partition, h, before, oldest) {
				w.ready[group] = append(w.ready[group], segment.Packed{ID: id, Fields: h})
			}
		}
	}
	return nil
}

// oldestEntries are the times of the oldest entries of both streams, as records have times;
// of an empty one something later than all.
func (k *Packer) oldestEntries(ctx context.Context, p pushlog.Partition) (map[string]string, error) {
	oldest := map[string]string{}
	for _, stream := range []string{p.Jobs(), p.UrgentJobs()} {
		entries, err := k.rdb.XRangeN(ctx, stream, "-", "+", 1).Result()
		if err != nil {
			return nil, fmt.Errorf("read the oldest entry: %w", err)
		}
		oldest[stream] = "none"
		for _, e := range entries {
			oldest[stream] = stamp(entryTime(e.ID))
		}
	}
	return oldest, nil
}

// packableRecord reports whether a record was sent before a time. A redriven push, which
// may have been cancelled before, waits as long as its stream has entries from before the
// redrive: reap could not see it any more.
func packableRecord(p pushlog.Partition, h map[string]string, before time.Time, oldest map[string]string) bool {
	stream := p.Jobs()
	if h[push.FieldPriority] == string(push.Urgent) {
		stream = p.UrgentJobs()
	}
	redriven, _, _ := strings.Cut(h[pushlog.PrefixRedrive+h["redrives"]], " ")
	return h[pushlog.FieldStatus] == string(push.Sent) && h[pushlog.FieldFCMSendTime] < stamp(before) && redriven < oldest[stream]
}

// Write writes some row groups of a chunk, and returns how many rows it added or removed;
// not ok if the chunk or a record is another by now.
func (k *Packer) Write(ctx context.Context, w *Packing, groups []int) (rows int, ok bool, err error) {
	var names []string
	for _, group := range groups {
		names = append(names, segment.GroupField(group), segment.TokenField(group))
	}
	chunk, err := k.log.ReadChunk(ctx, w.partition, w.n, names...)
	if err != nil {
		return 0, false, err
	}
	var fields, pushes []any
	added, gone := 0, 0
	for _, group := range groups {
		tokens := chunk[segment.TokenField(group)]
		records, err := k.log.Codec().Unpack(chunk[segment.GroupField(group)], tokens)
		if err != nil {
			return 0, false, fmt.Errorf("group %d: %w", group, err)
		}
		before := len(records)
		records = slices.DeleteFunc(records, func(r segment.Packed) bool { _, ok := w.living[r.ID]; return !ok })
		gone += before - len(records)
		for _, r := range w.ready[group] {
			records = append(records, r)
			pushes = append(pushes, packedArgs(r, w.living[r.ID])...)
			added++
		}
		slices.SortFunc(records, func(a, b segment.Packed) int { return strings.Compare(a.ID, b.ID) })
		packed, err := k.log.Codec().Pack(records, tokens)
		if err != nil {
			return 0, false, fmt.Errorf("group %d: %w", group, err)
		}
		fields = append(fields, segment.GroupField(group), packed)
	}
	args := append([]any{w.partition.Base, w.packs, w.newHeads, gone, len(groups)}, fields...)
	done, err := packScript.Run(ctx, k.rdb, []string{w.partition.Index(), w.partition.Late(), w.partition.Chunk(w.n)}, append(args, pushes...)...)
	if err != nil {
		return 0, false, fmt.Errorf("write: %w", err)
	}
	if done != int64(1) {
		return 0, false, nil
	}
	w.packs, w.newHeads = strconv.FormatInt(number(w.packs)+1, 10), ""
	return added + gone, true, nil
}

// packedArgs are what pack.lua takes for a record that is packed.
func packedArgs(r segment.Packed, ms int64) []any {
	var notes []any
	for name, line := range r.Fields {
		if strings.HasPrefix(name, pushlog.PrefixLate) {
			notes = append(notes, name, line)
		}
	}
	return append([]any{r.ID, ms, len(r.Fields), len(notes) / 2}, notes...)
}

// stamp writes a time as records do.
func stamp(t time.Time) string { return t.UTC().Format(pushlog.TimeFormat) }

// entryTime is the time in the id of a stream entry, which may have been given by hand.
func entryTime(entry string) time.Time {
	ms, _, _ := strings.Cut(entry, "-")
	n, err := strconv.ParseUint(ms, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return time.Time{}
	}
	return time.UnixMilli(int64(min(n, latestTime)))
}

// latestTime is the last millisecond of the year 9999, in ms.
const latestTime = 253_402_300_799_999
