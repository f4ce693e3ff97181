package storecheck

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/pushlog/segment"
)

// Packed checks what must hold of packed records at any time, also while pushes are
// unfinished: it returns every fault in words.
func Packed(ctx context.Context, rdb *redis.Client, keys pushlog.Keys) ([]string, error) {
	c := &check{rdb: rdb, keys: keys, of: map[kind][]string{}, records: map[string]Record{}, onlyPacked: true}
	for _, run := range []func(context.Context) error{c.checkKeys, c.checkRecords} {
		if err := run(ctx); err != nil {
			return nil, fmt.Errorf("check packed records: %w", err)
		}
	}
	c.faults = nil // what is unfinished is no fault here
	if err := c.checkPacked(ctx); err != nil {
		return nil, fmt.Errorf("check packed records: %w", err)
	}
	for _, p := range c.keys.All() {
		members, err := c.members(ctx, p.Index())
		if err != nil {
			return nil, fmt.Errorf("check packed records: %w", err)
		}
		for id := range members {
			if c.records[id] == nil {
				c.fault("%s has neither a hash nor a packed record", id)
			}
		}
	}
	return c.faults, nil
}

// checkPacked reads every packed record. One whose push is in the index has no hash, was
// sent, is not late, and is where readers look for it; a chunk knows how many of them it
// has, and how many that are left over from pushes that have gone.
func (c *check) checkPacked(ctx context.Context) error {
	codec := pushlog.NewCodec()
	for _, p := range c.keys.All() {
		numbers, err := c.members(ctx, p.Chunks())
		if err != nil {
			return err
		}
		late, err := c.members(ctx, p.Late())
		if err != nil {
			return err
		}
		for _, n := range slices.Sorted(maps.Keys(numbers)) {
			if err := c.checkGroups(ctx, codec, p, p.Base+":chunk:"+n, late); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkGroups checks the packed records of one chunk.
func (c *check) checkGroups(ctx context.Context, codec *pushlog.Codec, p pushlog.Partition, key string, late map[string]float64) error {
	chunk, err := c.rdb.HGetAll(ctx, key).Result()
	if err != nil {
		return fmt.Errorf("read %s: %w", key, err)
	}
	heads, err := segment.ParseHeads(chunk[segment.ChunkHeads])
	if err != nil {
		c.fault("heads of %s: %v", key, err)
	}
	living, gone := map[string]bool{}, 0
	for _, field := range slices.Sorted(maps.Keys(chunk)) {
		text, ok := strings.CutPrefix(field, "packed.")
		if !ok {
			continue
		}
		group, err := strconv.Atoi(text)
		if err != nil || group < 0 || group >= len(heads) {
			c.fault("%s has %s, and %d groups", key, field, len(heads))
			continue
		}
		rows, err := codec.Unpack(chunk[field], chunk[segment.TokenField(group)])
		if err != nil || len(rows) == 0 {
			c.fault("%s of %s has %d records: %v", field, key, len(rows), err)
			continue
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		scores, err := c.rdb.ZMScore(ctx, p.Index(), ids...).Result() // 0: not in the log
		if err != nil {
			return fmt.Errorf("read %s: %w", p.Index(), err)
		}
		for i, r := range rows {
			if scores[i] < number(chunk[pushlog.ChunkFirst]) || scores[i] > number(chunk[pushlog.ChunkLast]) {
				gone++
				continue
			}
			if c.records[r.ID] != nil {
				c.fault("%s is packed in %s, and has a record elsewhere", r.ID, key)
				continue
			}
			living[r.ID] = true
			c.checkRecord(r.ID, r.Fields)
			if status := c.records[r.ID].Status(); status != push.Sent {
				c.fault("%s is packed, and %s", r.ID, status)
			}
			if at := heads.Group(int64(scores[i]), r.ID); at != group {
				c.fault("%s is in group %d of %s, its place is %d", r.ID, group, key, at)
			}
			if _, is := late[r.ID]; is {
				c.fault("%s is packed, and late", r.ID)
			}
		}
	}
	for _, one := range []struct {
		field string
		is    int
	}{{segment.ChunkPacked, len(living)}, {segment.ChunkGone, gone}} {
		if number(chunk[one.field]) != float64(one.is) {
			c.fault("%s of %s is %q, there are %d", one.field, key, chunk[one.field], one.is)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(chunk)) {
		if id, ok := strings.CutPrefix(field, "late "); ok && !living[id] {
			c.fault("%s has notes of %s, which is not packed there", key, id)
		}
	}
	return nil
}

// number reads a number of a hash; 0 if there is none.
func number(text string) float64 {
	n, _ := strconv.ParseFloat(text, 64)
	return n
}
