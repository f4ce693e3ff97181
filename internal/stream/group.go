package stream

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

// ErrPartitions says that the jobs in Redis are spread over another number of
// partitions than ours: some would never be read.
var ErrPartitions = errors.New("wrong number of partitions")

// CheckPartitions notes our number of partitions in a Redis that has none yet,
// else compares the two.
func CheckPartitions(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys) error {
	before, err := rdb.Get(ctx, partitionsKey(keys)).Result()
	if errors.Is(err, redis.Nil) {
		before, err = rdb.SetArgs(ctx, partitionsKey(keys), keys.Partitions, redis.SetArgs{Mode: "NX", Get: true}).Result()
	}
	switch {
	case errors.Is(err, redis.Nil): // there was none
		return nil
	case err != nil:
		return fmt.Errorf("check partitions: %w", err)
	case before != strconv.Itoa(keys.Partitions):
		return fmt.Errorf("%w: PUSH_PARTITIONS is %d, %s says %s", ErrPartitions, keys.Partitions, partitionsKey(keys), before)
	}
	return nil
}

// EnsureGroups creates the work streams and their group where they are
// missing, after CheckPartitions. It writes nothing if all is there, so that a
// consumer can start on a Redis that is out of memory.
func EnsureGroups(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys) error {
	if err := CheckPartitions(ctx, rdb, keys); err != nil {
		return err
	}
	if CheckGroups(ctx, rdb, keys) == nil {
		return nil
	}
	for _, p := range keys.All() {
		for _, stream := range []string{jobsKey(p), urgentKey(p)} {
			err := rdb.XGroupCreateMkStream(ctx, stream, Group, "0").Err()
			if err != nil && !redis.HasErrorPrefix(err, "BUSYGROUP") {
				return fmt.Errorf("create group %s of %s: %w", Group, stream, err)
			}
		}
	}
	return nil
}

// ErrNoGroup is what CheckGroups finds if a work stream, or its group, is not there.
var ErrNoGroup = errors.New("there is no group")

// CheckGroups returns an error if a work stream has no group: no consumer would
// read it.
func CheckGroups(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys) error {
	for _, p := range keys.All() {
		for _, stream := range []string{jobsKey(p), urgentKey(p)} {
			groups, err := rdb.XInfoGroups(ctx, stream).Result()
			if err != nil && !isNoKey(err) {
				return fmt.Errorf("look at %s: %w", stream, err)
			}
			if !hasGroup(groups) {
				return fmt.Errorf("%w %s of %s: a producer or a consumer makes it when it starts", ErrNoGroup, Group, stream)
			}
		}
	}
	return nil
}

func hasGroup(groups []redis.XInfoGroup) bool {
	for _, g := range groups {
		if g.Name == Group {
			return true
		}
	}
	return false
}

var leaveScript = library.Load("leave_group", redisscript.Writes, redisscript.Names{Keys: "jobs urgent", Args: "group consumer"})

// leave removes a consumer from the groups of a partition, if nothing is pending for it
// there; it reports whether it is removed.
func leave(ctx context.Context, rdb redis.UniversalClient, p pushlog.Partition, consumer string) (bool, error) {
	holding, err := leaveScript.Run(ctx, rdb, []string{jobsKey(p), urgentKey(p)}, Group, consumer)
	if err != nil {
		return false, fmt.Errorf("leave the group: %w", err)
	}
	return holding == int64(0), nil
}

var releaseScript = library.Load("release", redisscript.Writes, redisscript.Names{Keys: "jobs urgent", Args: "group consumer unassigned", Each: "lane entry"})

// release releases all entries that are pending for a consumer in a partition, except
// those that keep names.
func release(ctx context.Context, rdb redis.UniversalClient, p pushlog.Partition, consumer string, keep func(lane int, entry string) bool) (int64, error) {
	var released int64
	for _, lane := range []int{laneUrgent, laneNormal} {
		for from := "-"; from != ""; {
			pending, err := rdb.XPendingExt(ctx, &redis.XPendingExtArgs{
				Stream: laneKey(p, lane), Group: Group, Start: from, End: "+", Count: scriptBatch, Consumer: consumer,
			}).Result()
			if err != nil {
				if err := listError(err); err != nil {
					return released, err
				}
				break
			}
			from = ""
			if len(pending) == scriptBatch {
				from = "(" + pending[scriptBatch-1].ID
			}
			var b redisscript.Batch[string]
			for _, e := range pending {
				if keep == nil || !keep(lane, e.ID) {
					b.Add(releaseCall(p, consumer), e.ID, lane, e.ID)
				}
			}
			if err := b.Run(ctx, rdb); err != nil {
				return released, fmt.Errorf("release: %w", err)
			}
			released += b.Sum()
		}
	}
	return released, ctx.Err()
}

// releaseCall is a call of release.lua without entries.
func releaseCall(p pushlog.Partition, consumer string) redisscript.Call {
	return releaseScript.Call([]string{jobsKey(p), urgentKey(p)}, Group, consumer, unassigned)
}

// listError is nil if the group has vanished: nothing is pending then, and the
// reader creates it again.
func listError(err error) error {
	if isNoGroup(err) {
		return nil
	}
	return fmt.Errorf("list pending: %w", err)
}

// isNoGroup says that the stream or its group has vanished: a flush, a
// failover, an eviction.
func isNoGroup(err error) bool { return redis.HasErrorPrefix(err, "NOGROUP") }

// isNoKey: XINFO says so of a stream that is not there, as in a store where nothing has begun.
func isNoKey(err error) bool { return redis.HasErrorPrefix(err, "no such key") }
