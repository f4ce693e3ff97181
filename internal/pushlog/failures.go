package pushlog

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// failureStep is how many pushes one call asks the states or codes of.
const failureStep = 1000

// spanScript answers how many members sorted sets have in a span of scores, and the rank of
// the first of them, at one moment.
//
// KEYS the sets. ARGV 1 least score  2 greatest score. It changes nothing.
var spanScript = redis.NewScript(`#!lua flags=no-writes
local answers = {}
for _, key in ipairs(KEYS) do
  answers[#answers + 1] = redis.call('ZCOUNT', key, ARGV[1], ARGV[2])
  answers[#answers + 1] = redis.call('ZCOUNT', key, '-inf', '(' .. ARGV[1])
end
return answers`)

// Failures returns, by error code, how many pushes have failed with it, and when the
// oldest and the newest of them were accepted, the most frequent first: of those that were
// accepted in [since, until), a zero time for no bound. It is read from indexes; what
// changes meanwhile may be counted as before or after. If ctx ends by its deadline, exact
// is false, and the codes that are missing may be there or not.
//
// A push with a code may also be in another state: one that waits for its next try, or
// expired or was cancelled after one. Those are taken off, or those that failed are
// counted, whichever are fewer.
func (l *Log) Failures(ctx context.Context, since, until time.Time) (groups []CodeCount, exact bool, err error) {
	groups = []CodeCount{}
	f := Filter{Since: since, Until: until}
	if err := f.Validate(); err != nil {
		return nil, false, err
	}
	s := f.span(math.MaxInt64)
	for _, code := range Codes() {
		sum := CodeCount{Code: code}
		for _, p := range l.keys.All() {
			one, err := l.failuresOf(ctx, p, code, s)
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

// run is the part of a sorted set in a span of scores: its first rank, and how many
// members it has.
type run struct {
	key      string
	span     span
	first, n int64
}

// failuresOf counts in a span of one partition.
func (l *Log) failuresOf(ctx context.Context, p Partition, code push.Code, s span) (CodeCount, error) {
	failed := p.StatusIndex(push.Failed)
	keys := []string{p.ErrorCodeIndex(code)}
	for _, s := range push.CodedStatuses() {
		if s != push.Failed {
			keys = append(keys, p.StatusIndex(s))
		}
	}
	from, to := s.bounds()
	answers, err := spanScript.RunRO(ctx, l.rdb, keys, from, to).Int64Slice()
	if err != nil {
		return CodeCount{}, err
	}
	runs, others := make([]run, len(keys)), int64(0)
	for i, key := range keys {
		runs[i] = run{key, s, answers[2*i+1], answers[2*i]}
		if i > 0 {
			others += runs[i].n
		}
	}
	coded := runs[0]
	one := CodeCount{Code: code, Count: coded.n}
	switch {
	case one.Count == 0:
		return one, nil
	case others < one.Count:
		for _, r := range runs[1:] {
			n, err := l.common(ctx, r, coded.key)
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

// common counts the members of a run that are in another sorted set.
func (l *Log) common(ctx context.Context, r run, other string) (n int64, err error) {
	return n, l.eachShared(ctx, r, other, false, func(_ []redis.Z, in []float64) bool {
		for _, score := range in {
			if score > 0 {
				n++
			}
		}
		return true
	})
}

// firstCommon is the score of the first, or last, member of a run that is in another
// sorted set.
func (l *Log) firstCommon(ctx context.Context, r run, other string, last bool) (score float64, is bool, err error) {
	err = l.eachShared(ctx, r, other, last, func(members []redis.Z, in []float64) bool {
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

// eachShared goes through a run and tells which members are in another sorted set: their
// scores there, 0 for none. It goes on as long as do wants.
func (l *Log) eachShared(ctx context.Context, r run, other string, reverse bool, do func(members []redis.Z, in []float64) bool) error {
	for done := int64(0); done < r.n; {
		size := min(failureStep, r.n-done)
		from := r.first + done
		if reverse {
			from = r.first + r.n - done - size
		}
		members, err := l.rdb.ZRangeWithScores(ctx, r.key, from, from+size-1).Result()
		if err != nil || len(members) == 0 {
			return err
		}
		if reverse {
			slices.Reverse(members)
		}
		ids := make([]string, len(members))
		for i, z := range members {
			ids[i], _ = z.Member.(string)
		}
		in, err := l.rdb.ZMScore(ctx, other, ids...).Result()
		if err != nil {
			return err
		}
		for i := range in { // ranks move when members leave meanwhile
			if ms := int64(members[i].Score); ms < r.span.from || ms > r.span.to {
				in[i] = 0
			}
		}
		if !do(members, in) {
			return err
		}
		done += size
	}
	return nil
}
