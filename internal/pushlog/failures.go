package pushlog

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// failureStep is how many pushes one call asks the states or codes of.
const failureStep = 1000

// Failures returns, by error code, how many pushes have failed with it, and when the
// oldest and the newest of them were accepted, the most frequent first. It is read from
// indexes; what changes meanwhile may be counted as before or after. If ctx ends by its
// deadline, exact is false, and the codes that are missing may be there or not.
//
// A push with a code may also be in another state: one that waits for its next try, or
// expired or was cancelled after one. Those are taken off, or those that failed are
// counted, whichever are fewer.
func (l *Log) Failures(ctx context.Context) (groups []CodeCount, exact bool, err error) {
	groups = []CodeCount{}
	for _, code := range Codes() {
		sum := CodeCount{Code: code}
		for _, p := range l.keys.All() {
			one, err := l.failuresOf(ctx, p, code)
			if err != nil {
				if timeIsUp(ctx) {
					return groups, false, nil
				}
				return nil, false, fmt.Errorf("count failures: %w", err)
			}
			if one.Count == 0 {
				continue
			}
			if sum.Count == 0 {
				sum.First, sum.Last = one.First, one.Last
			}
			sum.Count, sum.First, sum.Last = sum.Count+one.Count, min(sum.First, one.First), max(sum.Last, one.Last)
		}
		if sum.Count > 0 {
			groups = append(groups, sum)
		}
	}
	slices.SortStableFunc(groups, func(a, b CodeCount) int { return cmp.Compare(b.Count, a.Count) })
	return groups, true, nil
}

// codedStates are the states other than failed in which a push may have an error code.
var codedStates = []push.Status{push.Queued, push.Retrying, push.Expired, push.Cancelled}

// failuresOf counts in one partition.
func (l *Log) failuresOf(ctx context.Context, p Partition, code push.Code) (CodeCount, error) {
	coded, failed := p.ErrorCodeIndex(code), p.StatusIndex(push.Failed)
	keys := []string{coded}
	for _, s := range codedStates {
		keys = append(keys, p.StatusIndex(s))
	}
	sizes, err := cardScript.RunRO(ctx, l.rdb, keys).Int64Slice()
	if err != nil {
		return CodeCount{}, err
	}
	one, others := CodeCount{Code: code, Count: sizes[0]}, int64(0)
	for _, n := range sizes[1:] {
		others += n
	}
	switch {
	case one.Count == 0:
		return one, nil
	case others < one.Count:
		for _, key := range keys[1:] {
			n, err := l.common(ctx, key, coded)
			if err != nil {
				return one, err
			}
			one.Count -= n
		}
	default:
		if one.Count, err = l.common(ctx, coded, failed); err != nil {
			return one, err
		}
	}
	if one.Count = max(0, one.Count); one.Count == 0 {
		return one, nil
	}
	first, is, err := l.firstCommon(ctx, coded, failed, false)
	if err != nil || !is {
		return CodeCount{}, err
	}
	last, _, err := l.firstCommon(ctx, coded, failed, true)
	one.First, one.Last = accepted(first), accepted(last)
	return one, err
}

// common counts the members of a sorted set that are in another.
func (l *Log) common(ctx context.Context, key, other string) (n int64, err error) {
	return n, l.eachShared(ctx, key, other, false, func(_ []redis.Z, in []float64) bool {
		for _, score := range in {
			if score > 0 {
				n++
			}
		}
		return true
	})
}

// firstCommon is the score of the first, or last, member of a sorted set that is in
// another.
func (l *Log) firstCommon(ctx context.Context, key, other string, last bool) (score float64, is bool, err error) {
	err = l.eachShared(ctx, key, other, last, func(members []redis.Z, in []float64) bool {
		for i := range in {
			if in[i] > 0 {
				score, is = members[i].Score, true
				return false
			}
		}
		return true
	})
	return score, is, err
}

// eachShared goes through a sorted set and tells which members are in another: their scores
// there, 0 for none. It goes on as long as do wants.
func (l *Log) eachShared(ctx context.Context, key, other string, reverse bool, do func(members []redis.Z, in []float64) bool) error {
	for from := int64(0); ; from += failureStep {
		members, err := l.rdb.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: key, Start: from, Stop: from + failureStep - 1, Rev: reverse}).Result()
		if err != nil || len(members) == 0 {
			return err
		}
		ids := make([]string, len(members))
		for i, z := range members {
			ids[i], _ = z.Member.(string)
		}
		in, err := l.rdb.ZMScore(ctx, other, ids...).Result()
		if err != nil || !do(members, in) || len(members) < failureStep {
			return err
		}
	}
}
