package storecheck

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
)

// checkEvents: the last event of each push says its state. That needs the
// whole history.
func (c *check) checkEvents(ctx context.Context) error {
	last := map[string]string{}
	for _, p := range c.keys.All() {
		if err := c.readEvents(ctx, p.Base+":events", last); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.records)) {
		if status := string(c.records[id].Status()); last[id] != status {
			c.fault("%s is %s, its last event says %q", id, status, last[id])
		}
		delete(last, id)
	}
	if len(last) > 0 {
		c.fault("%d pushes have events and no record: %v", len(last), first(slices.Sorted(maps.Keys(last))))
	}
	return nil
}

// readEvents notes the last state of each push that the events tell of, in the
// field changes: "id status id status …". Events of other kinds are passed over.
func (c *check) readEvents(ctx context.Context, key string, last map[string]string) error {
	for from := "-"; ; {
		entries, err := c.rdb.XRangeN(ctx, key, from, "+", step).Result()
		if err != nil {
			return fmt.Errorf("read %s: %w", key, err)
		}
		for _, e := range entries {
			from = "(" + e.ID
			changes, ok := e.Values["changes"].(string)
			words := strings.Fields(changes)
			if ok && len(words) == 0 || len(words)%2 != 0 {
				c.fault("event %s of %s is %q", e.ID, key, changes)
				continue
			}
			for i := 0; i < len(words); i += 2 {
				last[words[i]] = words[i+1]
			}
		}
		if len(entries) < step {
			return nil
		}
	}
}

// EventsComplete reports whether no event was cut off yet, so that Finished may
// look at them.
func EventsComplete(ctx context.Context, rdb *redis.Client, keys pushlog.Keys) (bool, error) {
	for _, p := range keys.All() {
		info, err := rdb.XInfoStream(ctx, p.Base+":events").Result()
		if missing(err) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("look at the events: %w", err)
		}
		if info.EntriesAdded != info.Length {
			return false, nil
		}
	}
	return true, nil
}
