package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
)

// Backlog is the work that is not finished, in one lane or in all.
type Backlog struct {
	Unread  int64         // on a stream, in nobody's hand: not read yet, handed back, or lapsed
	Pending int64         // in some consumer's hand
	Due     int64         // reserved, or waiting for the next try
	Oldest  time.Duration // age of the oldest unread entry; 0 if there is none
}

// ReadBacklog returns the unfinished work over all partitions: of the normal
// lane, of the urgent lane, and what is due later (in the normal one's Due).
//
// Unread is the stream's length less its pending entries, since settled ones
// leave the stream; Redis's own "lag" is lost as soon as an entry is deleted.
func ReadBacklog(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys) (normal, urgent Backlog, err error) {
	for _, p := range keys.All() {
		now, err := redisclock.Time(ctx, rdb, dueKey(p))
		if err != nil {
			return normal, urgent, err
		}
		for _, lane := range []int{laneNormal, laneUrgent} {
			b := &normal
			if lane == laneUrgent {
				b = &urgent
			}
			if err := b.add(ctx, rdb, p, laneKey(p, lane), now); err != nil {
				return normal, urgent, err
			}
		}
		due, err := rdb.ZCard(ctx, dueKey(p)).Result()
		if err != nil {
			return normal, urgent, fmt.Errorf("count due: %w", err)
		}
		normal.Due += due
	}
	return normal, urgent, nil
}

// ageOf is the age of an entry. If its id lies in the future, the record that it names
// tells when it was accepted; a job that was added so has no age.
func ageOf(ctx context.Context, rdb redis.UniversalClient, p pushlog.Partition, entry redis.XMessage, now time.Time) (time.Duration, error) {
	id, _ := entry.Values[push.FieldID].(string)
	if !entryTime(entry.ID).After(now) || id == "" {
		return entryAge(entry.ID, now), nil
	}
	accepted, err := rdb.HGet(ctx, p.Record(id), pushlog.FieldAcceptedAt).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return 0, fmt.Errorf("age of %s: %w", id, err)
	}
	if at := parseStamp(accepted); !at.IsZero() {
		return max(now.Sub(at), 0), nil
	}
	return 0, nil
}

// add adds one stream of a partition, whose node's clock says now.
func (b *Backlog) add(ctx context.Context, rdb redis.UniversalClient, p pushlog.Partition, stream string, now time.Time) error {
	length, err := rdb.XLen(ctx, stream).Result()
	if err != nil {
		return fmt.Errorf("length of %s: %w", stream, err)
	}
	last, pending := "0-0", int64(0)
	groups, err := rdb.XInfoGroups(ctx, stream).Result()
	if err != nil && !redis.HasErrorPrefix(err, "no such key") {
		return fmt.Errorf("group of %s: %w", stream, err)
	}
	for _, g := range groups {
		if g.Name == Group {
			last, pending = g.LastDeliveredID, g.Pending
		}
	}
	owners, err := pendingByOwner(ctx, rdb, stream)
	if err != nil {
		return err
	}
	if owners[nobody] > 0 {
		pending -= owners[nobody]
		last = "0-0" // one of them is the oldest, or as good as
	}
	b.Pending += pending
	b.Unread += max(length-pending, 0)
	first, err := rdb.XRangeN(ctx, stream, "("+last, "+", 1).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("oldest of %s: %w", stream, err)
	}
	if len(first) > 0 {
		age, err := ageOf(ctx, rdb, p, first[0], now)
		if err != nil {
			return err
		}
		b.Oldest = max(b.Oldest, age)
	}
	return nil
}

// pendingByOwner is how many entries of a stream each member of the group has
// pending.
func pendingByOwner(ctx context.Context, rdb redis.UniversalClient, stream string) (map[string]int64, error) {
	summary, err := rdb.XPending(ctx, stream, Group).Result()
	switch {
	case errors.Is(err, redis.Nil) || isNoGroup(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("pending of %s: %w", stream, err)
	}
	return summary.Consumers, nil
}
