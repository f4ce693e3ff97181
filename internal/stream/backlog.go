package stream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
)

// Backlog is the work that is not finished, in one lane or in all.
type Backlog struct {
	Unread  int64         // on a stream and not in flight: not read yet, or unassigned
	Pending int64         // in flight in some consumer
	Due     int64         // reserved, or waiting for the next try
	Oldest  time.Duration // age of the oldest entry, unread or in flight; 0 if there is none
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
	pending := int64(0)
	groups, err := rdb.XInfoGroups(ctx, stream).Result()
	if err != nil && !isNoKey(err) {
		return fmt.Errorf("group of %s: %w", stream, err)
	}
	for _, g := range groups {
		if g.Name == Group {
			pending = g.Pending
		}
	}
	owners, err := pendingByOwner(ctx, rdb, stream)
	if err != nil {
		return err
	}
	pending -= owners[unassigned]
	b.Pending += pending
	b.Unread += max(length-pending, 0)
	first, err := rdb.XRangeN(ctx, stream, "-", "+", 1).Result() // what has ended leaves the stream
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

// Unfinished is all that should have been sent by now and has not ended: on the streams,
// waiting for the next try, or reserved and due. That is what MAX_BACKLOG counts.
type Unfinished struct {
	Pushes   int64
	Retrying int64         // of them, waiting for the next try
	Oldest   time.Duration // how long the oldest has been due; 0 if there is none
}

// ReadUnfinished returns it over all partitions; normal and urgent are what ReadBacklog
// has found.
func ReadUnfinished(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, normal, urgent Backlog) (Unfinished, error) {
	u := Unfinished{Oldest: max(normal.Oldest, urgent.Oldest)}
	var err error
	if u.Pushes, _, err = CountRoom(ctx, rdb, keys); err != nil {
		return u, err
	}
	overdue, err := ReadOverdue(ctx, rdb, keys)
	if err != nil {
		return u, err
	}
	u.Oldest = max(u.Oldest, overdue.Oldest)
	for _, p := range keys.All() {
		n, err := rdb.ZCard(ctx, p.StatusIndex(push.Retrying)).Result()
		if err != nil {
			return u, fmt.Errorf("count retries: %w", err)
		}
		if n == 0 {
			continue
		}
		u.Retrying += n
		age, err := oldestRetry(ctx, rdb, p)
		if err != nil {
			return u, err
		}
		u.Oldest = max(u.Oldest, age)
	}
	return u, nil
}

// retriesSeen is how many of the pushes that wait for their next try are looked at, those
// first that were accepted first. Only a reserved push is due later than it was accepted.
const retriesSeen = 50

// oldestRetry is how long the oldest push that waits for its next try has been due.
func oldestRetry(ctx context.Context, rdb redis.UniversalClient, p pushlog.Partition) (oldest time.Duration, err error) {
	now, err := redisclock.Time(ctx, rdb, dueKey(p))
	if err != nil {
		return 0, err
	}
	first, err := rdb.ZRangeWithScores(ctx, p.StatusIndex(push.Retrying), 0, retriesSeen-1).Result()
	if err != nil {
		return 0, fmt.Errorf("oldest retries: %w", err)
	}
	ends := make([]*redis.SliceCmd, len(first))
	pipe := rdb.Pipeline()
	for i, z := range first {
		id, _ := z.Member.(string)
		ends[i] = pipe.HMGet(ctx, p.Record(id), pushlog.FieldExpiresAt, push.FieldTTL)
	}
	if _, err := pipe.Exec(ctx); err != nil && len(first) > 0 {
		return 0, fmt.Errorf("read the oldest retries: %w", err)
	}
	for i, z := range first {
		due := time.UnixMilli(int64(z.Score))
		if is := ends[i].Val(); len(is) == 2 {
			if start := startOf(is[0], is[1]); start.After(due) {
				due = start
			}
		}
		oldest = max(oldest, now.Sub(due))
	}
	return oldest, nil
}

// startOf is when a push's ttl began: when it was accepted, was due, or was redriven.
func startOf(expires, ttl any) time.Time {
	end, _ := expires.(string)
	seconds, _ := ttl.(string)
	n, err := strconv.Atoi(seconds)
	if at := parseStamp(end); err == nil && !at.IsZero() {
		return at.Add(-time.Duration(n) * time.Second)
	}
	return time.Time{}
}
