package storecheck

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"pushstream/internal/pushlog"
)

// checkChunks: every chunk is in the sorted set of chunks, and every member of that is
// a chunk; they don't overlap, they leave no push out, and some push of each is still
// there. What is late is a push that a chunk has, or is about to have.
//
// A sealer may still be at work: what it adds meanwhile is sound, too.
func (c *check) checkChunks(ctx context.Context) error {
	unlisted := map[string]bool{}
	for _, key := range c.of[chunkKey] {
		unlisted[key] = true
	}
	for _, p := range c.keys.All() {
		members, err := c.members(ctx, p.Chunks())
		if err != nil {
			return err
		}
		end := int64(-1)
		for _, n := range slices.SortedFunc(maps.Keys(members), func(a, b string) int { return cmp.Compare(members[a], members[b]) }) {
			key := p.Base + ":chunk:" + n
			delete(unlisted, key)
			if end, err = c.checkChunk(ctx, p, key, members[n], end); err != nil {
				return err
			}
		}
		sealed, err := c.sealed(ctx, p)
		if err != nil {
			return err
		}
		if end > sealed {
			c.fault("the chunks of %s end at %d, it is sealed until %d", p.Base, end, sealed)
		}
		if err := c.checkLate(ctx, p, sealed); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(unlisted)) {
		c.fault("%s is not among the chunks", key)
	}
	return nil
}

// sealed is up to when, in ms, pushes are in chunks or about to be.
func (c *check) sealed(ctx context.Context, p pushlog.Partition) (int64, error) {
	h, err := c.rdb.HGetAll(ctx, p.Sealed()).Result()
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", p.Sealed(), err)
	}
	if len(h) == 0 {
		return 0, nil
	}
	until, err := strconv.ParseInt(h["until_ms"], 10, 64)
	if err != nil {
		c.fault("until_ms of %s is %q", p.Sealed(), h["until_ms"])
	}
	return until, nil
}

// checkChunk checks one chunk, which is in the set of chunks at a time, and returns
// when it ends; before is when the one before it does.
func (c *check) checkChunk(ctx context.Context, p pushlog.Partition, key string, at float64, before int64) (int64, error) {
	fields := []string{"first_ms", "last_ms", "rows"}
	values, err := c.rdb.HMGet(ctx, key, fields...).Result()
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", key, err)
	}
	if !slices.ContainsFunc(values, func(v any) bool { return v != nil }) {
		c.fault("%s is among the chunks, and is gone", key)
		return before, nil
	}
	var numbers [3]int64
	for i, v := range values {
		text, _ := v.(string)
		if numbers[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			c.fault("%s of %s is %q", fields[i], key, text)
			return before, nil
		}
	}
	first, last, rows := numbers[0], numbers[1], numbers[2]
	if float64(first) != at {
		c.fault("%s begins at %d, the chunks have it at %.0f", key, first, at)
	}
	if first <= before || first > last {
		c.fault("%s is from %d to %d, the one before it ends at %d", key, first, last, before)
	}
	living, err := c.rdb.ZCount(ctx, p.Index(), strconv.FormatInt(first, 10), strconv.FormatInt(last, 10)).Result()
	if err != nil {
		return 0, fmt.Errorf("count the pushes of %s: %w", key, err)
	}
	if living == 0 || living > rows {
		c.fault("%s was sealed with %d pushes, there are %d", key, rows, living)
	}
	between, err := c.rdb.ZCount(ctx, p.Index(), "("+strconv.FormatInt(before, 10), "("+strconv.FormatInt(first, 10)).Result()
	if err != nil {
		return 0, fmt.Errorf("count the pushes before %s: %w", key, err)
	}
	if between > 0 {
		c.fault("%d pushes before %s are in no chunk", between, key)
	}
	return last, nil
}

// checkLate: what is late is a push that was accepted when the set says, and not
// after what is sealed.
func (c *check) checkLate(ctx context.Context, p pushlog.Partition, sealed int64) error {
	late, err := c.members(ctx, p.Late())
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(late)) {
		if c.records[id] == nil || c.keys.Of(id) != p {
			c.fault("%s is late in %s, which has no such record", id, p.Base)
			continue
		}
		at, err := time.Parse(pushlog.TimeFormat, c.records[id][pushlog.FieldAcceptedAt])
		if err == nil && float64(at.UnixMilli()) != late[id] {
			c.fault("%s is late at %.0f, it was accepted at %d", id, late[id], at.UnixMilli())
		}
		if late[id] > float64(sealed) {
			c.fault("%s is late at %.0f, %s is sealed until %d", id, late[id], p.Base, sealed)
		}
	}
	return nil
}
