package pushlog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// cardScript answers the sizes of sorted sets at one moment. A transaction would not
// do: out of memory, Redis refuses to queue even a ZCARD.
//
// KEYS the sets. It changes nothing.
var cardScript = redis.NewScript(`#!lua flags=no-writes
local sizes = {}
for i, key in ipairs(KEYS) do sizes[i] = redis.call('ZCARD', key) end
return sizes`)

// Counts returns the number of records in each state. The sent ones are all that
// are in no other state; so the counts of a partition are taken in one step.
func (l *Log) Counts(ctx context.Context) (map[push.Status]int64, error) {
	counts := map[push.Status]int64{}
	for _, s := range push.Statuses() {
		counts[s] = 0
	}
	for _, p := range l.keys.All() {
		var states []push.Status
		keys := []string{p.Index()}
		for _, s := range push.Statuses() {
			if s != push.Sent {
				states, keys = append(states, s), append(keys, p.StatusIndex(s))
			}
		}
		cards, err := cardScript.RunRO(ctx, l.rdb, keys).Int64Slice()
		if err != nil {
			return nil, fmt.Errorf("count records: %w", err)
		}
		counts[push.Sent] += cards[0]
		for i, s := range states {
			counts[s] += cards[i+1]
			counts[push.Sent] -= cards[i+1]
		}
	}
	return counts, nil
}

// Codes returns the error codes that a record may have.
func Codes() []push.Code {
	codes := slices.DeleteFunc(push.Codes(), func(c push.Code) bool { return c == push.CodeAccepted || c == push.CodeStopped })
	return append(codes, push.CodeInvalidJob, push.CodeSuppressed, push.CodePoison)
}

// CodeCount is how many records have an error code, whatever their state.
type CodeCount struct {
	Code  push.Code `json:"code"`
	Count int64     `json:"count"`
	First string    `json:"first"` // when the oldest of them was accepted
	Last  string    `json:"last"`  // and the newest
}

// ErrorCodes returns the error codes that some record has, the most frequent
// first.
func (l *Log) ErrorCodes(ctx context.Context) ([]CodeCount, error) {
	type answer struct {
		code        push.Code
		card        *redis.IntCmd
		first, last *redis.ZSliceCmd
	}
	var answers []answer
	_, err := l.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, code := range Codes() {
			for _, p := range l.keys.All() {
				key := p.ErrorCodeIndex(code)
				answers = append(answers, answer{code, pipe.ZCard(ctx, key),
					pipe.ZRangeWithScores(ctx, key, 0, 0), pipe.ZRangeWithScores(ctx, key, -1, -1)})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count error codes: %w", err)
	}
	counts := []CodeCount{}
	for _, a := range answers {
		first, last := a.first.Val(), a.last.Val()
		if len(first) == 0 || len(last) == 0 { // nothing, or not any more
			continue
		}
		one := CodeCount{a.code, a.card.Val(), accepted(first[0].Score), accepted(last[0].Score)}
		if n := len(counts); n > 0 && counts[n-1].Code == a.code { // of another partition
			sum := &counts[n-1]
			sum.Count, sum.First, sum.Last = sum.Count+one.Count, min(sum.First, one.First), max(sum.Last, one.Last)
			continue
		}
		counts = append(counts, one)
	}
	slices.SortStableFunc(counts, func(a, b CodeCount) int { return cmp.Compare(b.Count, a.Count) })
	return counts, nil
}

// accepted is the time that a score of an index stands for, as records write it.
func accepted(score float64) string { return time.UnixMilli(int64(score)).UTC().Format(TimeFormat) }

// Counters is what happened in one minute or hour, by when it happened. A push that
// is retried or redriven is counted each time.
type Counters struct {
	At        time.Time           `json:"at"` // it begins
	Accepted  int64               `json:"accepted"`
	Sent      int64               `json:"sent"`
	Failed    int64               `json:"failed"`
	Expired   int64               `json:"expired"`
	Cancelled int64               `json:"cancelled"`
	Retrying  int64               `json:"retrying"` // tries after which another was to come
	Redriven  int64               `json:"redriven"`
	Errors    map[push.Code]int64 `json:"errors,omitempty"` // error codes of what failed, expired or was to be retried
}

// How long Redis keeps the counters of a minute and of an hour.
const (
	KeptMinutes = 48 * time.Hour
	KeptHours   = 400 * 24 * time.Hour
)

// ErrStep says that there are no counters of such a step.
var ErrStep = errors.New("counters are kept by the minute and by the hour")

// Counters returns what happened in [since, until), in steps of time.Minute or
// time.Hour, none left out. Since and until are rounded away from each other to
// whole steps.
func (l *Log) Counters(ctx context.Context, since, until time.Time, step time.Duration) ([]Counters, error) {
	key := Partition.Minute
	switch step {
	case time.Minute:
	case time.Hour:
		key = Partition.Hour
	default:
		return nil, ErrStep
	}
	all := []Counters{}
	for at := since.UTC().Truncate(step); at.Before(until); at = at.Add(step) {
		all = append(all, Counters{At: at})
	}
	const inOneTrip = 500 // hashes
	partitions := l.keys.All()
	for some := range slices.Chunk(all, max(1, inOneTrip/len(partitions))) {
		var hashes []*redis.MapStringStringCmd
		_, _ = l.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error { // each command has its own error
			for _, c := range some {
				for _, p := range partitions {
					hashes = append(hashes, pipe.HGetAll(ctx, key(p, c.At)))
				}
			}
			return nil
		})
		for i, hash := range hashes {
			if err := hash.Err(); err != nil && !isOtherType(err) { // such counters are left out
				return nil, fmt.Errorf("read counters: %w", err)
			}
			some[i/len(partitions)].add(hash.Val())
		}
	}
	return all, nil
}

// add adds the hash of one partition. What it does not know it leaves out.
func (c *Counters) add(hash map[string]string) {
	for name, text := range hash {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			continue
		}
		if code, is := strings.CutPrefix(name, "error."); is {
			if c.Errors == nil {
				c.Errors = map[push.Code]int64{}
			}
			c.Errors[push.Code(code)] += n
			continue
		}
		if counter := c.counter(name); counter != nil {
			*counter += n
		}
	}
}

// counter is the counter of a name that the scripts use.
func (c *Counters) counter(name string) *int64 {
	switch name {
	case "accepted":
		return &c.Accepted
	case "redriven":
		return &c.Redriven
	case string(push.Sent):
		return &c.Sent
	case string(push.Failed):
		return &c.Failed
	case string(push.Expired):
		return &c.Expired
	case string(push.Cancelled):
		return &c.Cancelled
	case string(push.Retrying):
		return &c.Retrying
	}
	return nil
}
