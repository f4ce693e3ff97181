package access

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Still returns what somebody in a session may do by now; or ErrNoSession if the
// session has ended, or its user is disabled. It is no use of the session, and writes
// nothing.
func (s *Store) Still(ctx context.Context, who Actor) (Actor, error) {
	var session, user *redis.SliceCmd
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		session = pipe.HMGet(ctx, s.keys.session(who.Session), "user", "seen_ms", "ends_ms")
		user = pipe.HMGet(ctx, s.keys.user(who.Name), "role", "reveal", "disabled")
		return nil
	})
	if err != nil {
		return Actor{}, fmt.Errorf("read session: %w", err)
	}
	is, of, now := textsOf(session.Val()), textsOf(user.Val()), s.opt.Now()
	if is[0] != who.Name || of[0] == "" || of[2] == "1" || !now.Before(msTime(is[2])) || !now.Before(msTime(is[1]).Add(s.opt.Idle)) {
		return Actor{}, ErrNoSession
	}
	return userActor(who.Name, Role(of[0]), of[1] == "1", who.Session), nil
}

// textsOf are three values of a hash; empty if they are not there.
func textsOf(values []any) (texts [3]string) {
	for i := range min(len(values), len(texts)) {
		texts[i], _ = values[i].(string)
	}
	return texts
}
