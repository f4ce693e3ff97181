package storecheck

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// checkIndexes compares every index with the one that the records make.
func (c *check) checkIndexes(ctx context.Context) error {
	want := map[string]map[string]float64{}
	for _, id := range slices.Sorted(maps.Keys(c.records)) {
		at, err := time.Parse(pushlog.TimeFormat, c.records[id][pushlog.FieldAcceptedAt])
		if err != nil {
			c.fault("accepted_at of %s: %v", id, err)
		}
		for _, index := range c.indexesOf(id) {
			if want[index] == nil {
				want[index] = map[string]float64{}
			}
			want[index][id] = float64(at.UnixMilli())
		}
	}
	got := map[string]map[string]float64{}
	for _, index := range c.of[indexKey] {
		members, err := c.members(ctx, index)
		if err != nil {
			return err
		}
		got[index] = members
	}
	for _, index := range slices.Sorted(maps.Keys(want)) {
		if !maps.Equal(got[index], want[index]) {
			c.fault("%s has %d members, by the records it should have %d; they differ in %v",
				index, len(got[index]), len(want[index]), difference(got[index], want[index]))
		}
		delete(got, index)
	}
	for _, index := range slices.Sorted(maps.Keys(got)) {
		c.fault("%s has members %v that no record asks for", index, first(slices.Sorted(maps.Keys(got[index]))))
	}
	return nil
}

// indexesOf are the indexes that a push belongs into. What became of an entry
// that could not be read has no fields to be found by.
func (c *check) indexesOf(id string) []string {
	r, p := c.records[id], c.keys.Of(id)
	in := []string{p.Index()}
	if r.Status() != push.Sent {
		in = append(in, p.StatusIndex(r.Status()))
	}
	code := push.Code(r[pushlog.FieldErrorCode])
	if code != "" {
		in = append(in, p.ErrorCodeIndex(code))
	}
	if code == push.CodeInvalidJob {
		return in
	}
	var j push.Job
	for _, f := range push.Columns() {
		f.Set(&j, r[f.Name])
	}
	return append(in, p.ValueIndexes(&j)...)
}

// members reads a whole sorted set.
func (c *check) members(ctx context.Context, key string) (map[string]float64, error) {
	all := map[string]float64{}
	for from := int64(0); ; from += step {
		part, err := c.rdb.ZRangeWithScores(ctx, key, from, from+step-1).Result()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", key, err)
		}
		for _, z := range part {
			all[member(z)] = z.Score
		}
		if len(part) < step {
			return all, nil
		}
	}
}

func member(z redis.Z) string {
	name, _ := z.Member.(string)
	return name
}

// difference names some keys whose values differ.
func difference(a, b map[string]float64) []string {
	var names []string
	for id, score := range a {
		if other, ok := b[id]; !ok || other != score {
			names = append(names, id)
		}
	}
	for id := range b {
		if _, ok := a[id]; !ok {
			names = append(names, id)
		}
	}
	slices.Sort(names)
	return first(names)
}

// first are the first few of many names.
func first(names []string) []string { return names[:min(len(names), 5)] }
