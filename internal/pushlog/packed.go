package pushlog

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"pushstream/internal/pushlog/segment"
)

// The record of a push that was sent long ago may be packed: it has no hash any more, and is in
// a group of its chunk instead. It never has a hash again. So whoever looks for the
// hash first, and then into the chunk, finds it, also if it is packed meanwhile.

// groupRef is a group of a chunk.
type groupRef struct {
	partition Partition
	chunk     int64
	group     int
}

// Hash returns the record of a push as Redis has it, whether it has a hash of its own
// or is packed; empty if there is none.
func (l *Log) Hash(ctx context.Context, id string) (map[string]string, error) {
	hashes, err := l.hashes(ctx, []member{{partition: l.keys.Of(id), id: id}})
	if err != nil {
		return nil, err
	}
	return hashes[0], nil
}

// hashes reads whole records, in the order of members; nil stands for one that is not
// there.
func (l *Log) hashes(ctx context.Context, members []member) ([]map[string]string, error) {
	pipe := l.rdb.Pipeline()
	cmds := make([]*redis.MapStringStringCmd, len(members))
	for i, m := range members {
		cmds[i] = pipe.HGetAll(ctx, m.partition.Record(m.id))
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	hashes := make([]map[string]string, len(members))
	var absent []int
	for i, cmd := range cmds {
		switch h, err := cmd.Result(); {
		case isOtherType(err):
		case err != nil:
			return nil, fmt.Errorf("read records: %w", err)
		case len(h) > 0:
			hashes[i] = h
		default:
			absent = append(absent, i)
		}
	}
	err := l.unpack(ctx, members, absent, func(i int, fields map[string]string) { hashes[i] = fields })
	return hashes, err
}

// unpack finds packed records: those of the members at some places. Those that there
// are not it leaves out. It calls found from several goroutines.
func (l *Log) unpack(ctx context.Context, members []member, places []int, found func(place int, fields map[string]string)) error {
	if len(places) == 0 {
		return nil
	}
	scores, err := l.scores(ctx, members, places)
	if err != nil {
		return err
	}
	chunks, err := l.chunksOf(ctx, members, places, scores)
	if err != nil {
		return err
	}
	there := make([]bool, len(members))
	note := func(i int, fields map[string]string) {
		there[i] = true
		found(i, fields)
	}
	// What is missed is looked for once more, by heads that are not remembered: those
	// may be of a store that was emptied, or of one that came from a backup.
	for _, heads := range []*headsMemory{&l.heads, {}} {
		groups, err := l.groupsOf(ctx, members, places, scores, chunks, heads)
		if err != nil {
			return err
		}
		if err := l.readGroups(ctx, groups, members, note); err != nil {
			return err
		}
		places = slices.DeleteFunc(slices.Clone(places), func(i int) bool { return there[i] || chunks[i] == 0 })
		if len(places) == 0 {
			break
		}
	}
	return nil
}

// readGroups finds the members at the places of each group. It calls found from several
// goroutines.
func (l *Log) readGroups(ctx context.Context, groups map[groupRef][]int, members []member, found func(place int, fields map[string]string)) error {
	pipe := l.rdb.Pipeline()
	cmds := map[groupRef]*redis.SliceCmd{}
	for ref, some := range groups {
		names := []string{segment.GroupField(ref.group), segment.TokenField(ref.group)}
		for _, i := range some {
			names = append(names, segment.NotesField(members[i].id))
		}
		cmds[ref] = pipe.HMGet(ctx, ref.partition.Chunk(ref.chunk), names...)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("read packed records: %w", err)
	}
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for refs := range slices.Chunk(slices.Collect(maps.Keys(groups)), unpackStep) {
		work.Go(func() error {
			for _, ref := range refs {
				if err := l.unpackGroup(cmds[ref].Val(), members, groups[ref], found); err != nil {
					return fmt.Errorf("group %d of %s: %w", ref.group, ref.partition.Chunk(ref.chunk), err)
				}
			}
			return nil
		})
	}
	return work.Wait()
}

// unpackStep is how many groups one goroutine reads.
const unpackStep = 25

// unpackGroup finds the members at some places in a group: values are it, the group's
// tokens, and what was noted of each of the members.
func (l *Log) unpackGroup(values []any, members []member, places []int, found func(place int, fields map[string]string)) error {
	group, _ := values[0].(string)
	tokens, _ := values[1].(string)
	records, err := l.codec.UnpackOnly(group, tokens, func(id []byte) bool {
		return slices.ContainsFunc(places, func(i int) bool { return members[i].id == string(id) })
	})
	if err != nil {
		return err
	}
	for k, i := range places {
		at := slices.IndexFunc(records, func(r segment.Packed) bool { return r.ID == members[i].id })
		if at < 0 {
			continue
		}
		if notes, _ := values[2+k].(string); notes != "" {
			addNotes(records[at].Fields, notes)
		}
		found(i, records[at].Fields)
	}
	return nil
}

// scores are when the members at some places were accepted, in ms; 0 for those that are
// not in the log.
func (l *Log) scores(ctx context.Context, members []member, places []int) (map[int]int64, error) {
	scores := map[int]int64{}
	asked := map[Partition][]int{}
	for _, i := range places {
		if scores[i] = members[i].ms; members[i].ms == 0 {
			asked[members[i].partition] = append(asked[members[i].partition], i)
		}
	}
	if len(asked) == 0 {
		return scores, nil
	}
	pipe := l.rdb.Pipeline()
	cmds := map[Partition]*redis.FloatSliceCmd{}
	for p, some := range asked {
		ids := make([]string, len(some))
		for k, i := range some {
			ids[k] = members[i].id
		}
		cmds[p] = pipe.ZMScore(ctx, p.Index(), ids...)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	for p, some := range asked {
		for k, ms := range cmds[p].Val() {
			scores[some[k]] = int64(ms)
		}
	}
	return scores, nil
}

// chunksOf are the chunks that have the members at some places, by their numbers; 0 if
// none has.
func (l *Log) chunksOf(ctx context.Context, members []member, places []int, scores map[int]int64) (map[int]int64, error) {
	type time struct {
		partition Partition
		ms        int64
	}
	pipe := l.rdb.Pipeline()
	cmds := map[time]*redis.StringSliceCmd{}
	for _, i := range places {
		at := time{members[i].partition, scores[i]}
		if at.ms > 0 && cmds[at] == nil {
			cmds[at] = chunkOf(ctx, pipe, at.partition, at.ms)
		}
	}
	chunks := map[int]int64{}
	if len(cmds) == 0 {
		return chunks, nil
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("read the chunks: %w", err)
	}
	for _, i := range places {
		cmd := cmds[time{members[i].partition, scores[i]}]
		if cmd == nil || len(cmd.Val()) == 0 {
			continue
		}
		n, err := strconv.ParseInt(cmd.Val()[0], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s has the member %.40q", members[i].partition.Chunks(), cmd.Val()[0])
		}
		chunks[i] = n
	}
	return chunks, nil
}

// groupsOf are the groups that may have the members at some places, by the chunks' heads,
// which it remembers.
func (l *Log) groupsOf(ctx context.Context, members []member, places []int, scores, chunks map[int]int64, memory *headsMemory) (map[groupRef][]int, error) {
	pipe := l.rdb.Pipeline()
	cmds := map[groupRef]*redis.StringCmd{}
	chunk := func(i int) groupRef { return groupRef{partition: members[i].partition, chunk: chunks[i]} }
	heads := map[groupRef]segment.Heads{}
	for _, i := range places {
		ref := chunk(i)
		if ref.chunk == 0 || heads[ref] != nil || cmds[ref] != nil {
			continue
		}
		if heads[ref] = memory.get(ref); heads[ref] == nil {
			cmds[ref] = pipe.HGet(ctx, ref.partition.Chunk(ref.chunk), segment.ChunkHeads)
		}
	}
	if len(cmds) > 0 {
		_, _ = pipe.Exec(ctx) // each command has its own error
	}
	for ref, cmd := range cmds {
		text, err := cmd.Result()
		if err == redis.Nil {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read a chunk: %w", err)
		}
		if heads[ref], err = segment.ParseHeads(text); err != nil {
			return nil, err
		}
		memory.put(ref, heads[ref])
	}
	groups := map[groupRef][]int{}
	for _, i := range places {
		ref := chunk(i)
		if ref.group = heads[ref].Group(scores[i], members[i].id); ref.group >= 0 {
			groups[ref] = append(groups[ref], i)
		}
	}
	return groups, nil
}

// mostHeads is how many chunks a headsMemory has at most: some 1.5 KB each.
const mostHeads = 8192

// headsMemory remembers the heads of chunks, which never change once they are there. It
// may be used by several goroutines.
type headsMemory struct {
	mu sync.Mutex
	of map[groupRef]segment.Heads
}

// get returns nil for what it does not know.
func (m *headsMemory) get(chunk groupRef) segment.Heads {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of[chunk]
}

func (m *headsMemory) put(chunk groupRef, heads segment.Heads) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil || len(m.of) >= mostHeads {
		m.of = map[groupRef]segment.Heads{}
	}
	m.of[chunk] = heads
}

// addNotes adds to a record what was noted after it was packed, unless it is one of its
// tries: then a script was run a second time, long after its answer was lost.
func addNotes(fields map[string]string, notes string) {
next:
	for note := range strings.Lines(notes) {
		name, line, _ := strings.Cut(strings.TrimSuffix(note, "\n"), " ")
		for other, value := range fields {
			if value == line && strings.HasPrefix(other, PrefixTry) {
				continue next
			}
		}
		fields[name] = line
	}
}
