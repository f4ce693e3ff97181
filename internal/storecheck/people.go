package storecheck

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// checkPeople compares the list of users with the users that there are, and looks for
// outcomes of actions that are not in the audit log.
func (c *check) checkPeople(ctx context.Context) error {
	base := c.keys.Prefix + ":{access}:user"
	names, err := c.rdb.ZRange(ctx, base+"s", 0, -1).Result()
	if err != nil {
		return fmt.Errorf("list users: %w", err)
	}
	listed := map[string]bool{}
	for _, name := range names {
		listed[name] = true
	}
	for _, key := range c.of[userKey] {
		if name := strings.TrimPrefix(key, base+":"); !listed[name] {
			c.fault("user %s is not in the list of users", name)
		}
	}
	if len(listed) != len(c.of[userKey]) {
		c.fault("%d users are listed, there are %d", len(listed), len(c.of[userKey]))
	}

	audit := c.keys.Prefix + ":{audit}:"
	for cursor := uint64(0); ; {
		pairs, next, err := c.rdb.HScan(ctx, audit+"outcomes", cursor, "", step).Result()
		if err != nil {
			return fmt.Errorf("read outcomes: %w", err)
		}
		entries := map[string]*redis.XMessageSliceCmd{}
		_, err = c.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for i := 0; i < len(pairs); i += 2 {
				entries[pairs[i]] = pipe.XRange(ctx, audit+"entries", pairs[i], pairs[i])
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read audit entries: %w", err)
		}
		for id, entry := range entries {
			if len(entry.Val()) == 0 {
				c.fault("an outcome of %s, which is not in the audit log", id)
			}
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}
