package storecheck

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// step is how many keys, members or entries one call reads.
const step = 500

// Record is the record of a push as Redis has it: its hash, or its packed row.
type Record map[string]string

// Status is the state of the push.
func (r Record) Status() push.Status { return push.Status(r[pushlog.FieldStatus]) }

// Options leave out what holds only in small runs; the zero value checks all.
type Options struct {
	SkipCounters bool // the run was longer than the 48 h that those of a minute live
	SkipEvents   bool // the run made more events than the stream keeps; see EventsComplete
}

// Finished checks all that must hold of the store when every push is terminal.
// It returns the records by id, and every fault in words, of which there are
// none in a sound store. The error is Redis's: then the check is not complete.
func Finished(ctx context.Context, rdb *redis.Client, keys pushlog.Keys, o Options) (map[string]Record, []string, error) {
	c := &check{rdb: rdb, keys: keys, of: map[kind][]string{}, records: map[string]Record{}}
	steps := []func(context.Context) error{c.checkKeys, c.checkRecords, c.checkPacked, c.checkIndexes, c.checkChunks, c.checkStreams, c.checkPeople}
	if !o.SkipCounters {
		steps = append(steps, c.checkCounters)
	}
	if !o.SkipEvents {
		steps = append(steps, c.checkEvents)
	}
	for _, run := range steps {
		if err := run(ctx); err != nil {
			return c.records, c.faults, fmt.Errorf("check the store: %w", err)
		}
	}
	return c.records, c.faults, nil
}

// check is one call of Finished: what it has read so far, and found.
type check struct {
	rdb     *redis.Client
	keys    pushlog.Keys
	of      map[kind][]string // the keys that there are; of checkKeys
	records map[string]Record // by id; of checkRecords and checkPacked
	faults  []string

	onlyPacked bool // of the records it is checked only where they are
}

func (c *check) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// hashes reads the hashes of some keys, in their order.
func (c *check) hashes(ctx context.Context, keys []string) ([]map[string]string, error) {
	all := make([]map[string]string, 0, len(keys))
	for len(keys) > 0 {
		n := min(len(keys), step)
		var answers []*redis.MapStringStringCmd
		_, err := c.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for _, key := range keys[:n] {
				answers = append(answers, pipe.HGetAll(ctx, key))
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read hashes: %w", err)
		}
		for _, a := range answers {
			all = append(all, a.Val())
		}
		keys = keys[n:]
	}
	return all, nil
}
