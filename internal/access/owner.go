package access

import (
	"context"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
)

// Owners tells of users who own something, such as a key, whether they are shut out:
// what they own does not work then.
type Owners struct {
	rdb  redis.UniversalClient
	keys keys
}

// NewOwners returns the owners below a key prefix.
func NewOwners(rdb redis.UniversalClient, prefix string) Owners { return Owners{rdb, newKeys(prefix)} }

// ShutOut returns which of some users are disabled, or not there at all. The empty name
// is nobody's, and is not shut out.
func (o Owners) ShutOut(ctx context.Context, names ...string) (map[string]bool, error) {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	out := map[string]bool{}
	for some := range slices.Chunk(names, readStep) {
		answers := make([]*redis.SliceCmd, len(some))
		_, err := o.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for i, name := range some {
				answers[i] = pipe.HMGet(ctx, o.keys.user(name), "role", "disabled")
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read owners: %w", err)
		}
		for i, name := range some {
			is := textsOf(answers[i].Val())
			out[name] = is[0] == "" || is[1] == "1"
		}
	}
	return out, nil
}

// Owner checks that somebody can own something, and returns the name as it is kept:
// ErrNoUser, ErrDisabled.
func (o Owners) Owner(ctx context.Context, name string) (string, error) {
	kept, err := canonical(name)
	if err != nil {
		return "", ErrNoUser
	}
	is, err := o.rdb.HMGet(ctx, o.keys.user(kept), "role", "disabled").Result()
	switch of := textsOf(is); {
	case err != nil:
		return "", fmt.Errorf("read owner: %w", err)
	case of[0] == "":
		return "", ErrNoUser
	case of[1] == "1":
		return "", ErrDisabled
	}
	return kept, nil
}
