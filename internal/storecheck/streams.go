package storecheck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// group is the consumer group of the work streams (design, §5).
const group = "fcm"

// lanes are the work streams of a partition.
func lanes(p pushlog.Partition) []string { return []string{p.Base + ":jobs", p.Base + ":jobs:urgent"} }

// checkStreams: a settled entry leaves the stream, and nothing waits. What is
// left all the same is named, and whether it leads to a record.
func (c *check) checkStreams(ctx context.Context) error {
	for _, p := range c.keys.All() {
		for _, lane := range lanes(p) {
			if err := c.checkLane(ctx, lane); err != nil {
				return err
			}
		}
		due := p.Base + ":due"
		members, err := c.members(ctx, due)
		if err != nil {
			return err
		}
		if len(members) > 0 {
			c.fault("%d pushes are due in %s: %v", len(members), due, difference(members, nil))
		}
		var nameless []string
		for id := range members {
			if c.records[id] == nil {
				nameless = append(nameless, id)
			}
		}
		if slices.Sort(nameless); len(nameless) > 0 {
			c.fault("%d pushes are due in %s and have no record: %v", len(nameless), due, first(nameless))
		}
	}
	return nil
}

func (c *check) checkLane(ctx context.Context, lane string) error {
	n, err := c.rdb.XLen(ctx, lane).Result()
	if err != nil {
		return fmt.Errorf("length of %s: %w", lane, err)
	}
	if n > 0 {
		entries, err := c.rdb.XRangeN(ctx, lane, "-", "+", step).Result()
		if err != nil {
			return fmt.Errorf("read %s: %w", lane, err)
		}
		var names, nameless []string
		for _, e := range entries {
			names = append(names, e.ID)
			if id := fmt.Sprint(e.Values[push.FieldID]); c.records[id] == nil {
				nameless = append(nameless, e.ID+" "+id)
			}
		}
		c.fault("%s has %d entries: %v", lane, n, first(names))
		if len(nameless) > 0 {
			c.fault("%s has %d entries that lead to no record: %v", lane, len(nameless), first(nameless))
		}
	}
	pending, err := c.rdb.XPending(ctx, lane, group).Result()
	switch {
	case redis.HasErrorPrefix(err, "NOGROUP"):
		c.fault("%s has no group %s", lane, group)
	case err != nil:
		return fmt.Errorf("pending list of %s: %w", lane, err)
	case pending.Count != 0:
		c.fault("%s has %d pending entries, of %v", lane, pending.Count, pending.Consumers)
	}
	return nil
}

// Member is a name in the consumer group.
type Member struct {
	Name    string
	Pending int64 // in all streams
}

// Members returns who is in the group of any work stream, by name. Where there
// is no group there is no consumer.
func Members(ctx context.Context, rdb *redis.Client, keys pushlog.Keys) ([]Member, error) {
	pending := map[string]int64{}
	for _, p := range keys.All() {
		for _, lane := range lanes(p) {
			consumers, err := rdb.XInfoConsumers(ctx, lane, group).Result()
			if missing(err) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("members of %s: %w", lane, err)
			}
			for _, m := range consumers {
				pending[m.Name] += m.Pending
			}
		}
	}
	var members []Member
	for name, n := range pending {
		members = append(members, Member{name, n})
	}
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	return members, nil
}

// missing says that there is no such group, or no such stream.
func missing(err error) bool {
	return redis.HasErrorPrefix(err, "NOGROUP") || err != nil && strings.Contains(err.Error(), "no such key") || errors.Is(err, redis.Nil)
}
