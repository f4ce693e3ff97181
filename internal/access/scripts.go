package access

import (
	"context"
	"embed"
	"errors"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redisscript"
)

//go:embed lua/*.lua
var lua embed.FS

// See the head of each file for its contract.
var (
	addUserScript     = load("add_user")
	setRoleScript     = load("set_role")
	setDisabledScript = load("set_disabled")
	setPasswordScript = load("set_password")
	tryScript         = load("try")
	judgeScript       = load("judge")
	rememberScript    = load("remember")
	startScript       = load("start")
	sessionScript     = load("session")
	endScript         = load("end")
	addTokenScript    = load("add_token")
	tokenScript       = load("token")
	removeTokenScript = load("remove_token")
	giveTokenScript   = load("give_token")
	admitScript       = load("admit")
	askScript         = load("ask")
)

// library is the folder lua; its scripts compute names of keys of these kinds.
var library = redisscript.New(lua, "access", ":users", ":user:x", ":session:x", ":sessions:x", ":token:x")

// load: when Redis is out of memory, somebody must still get in to mend it.
func load(verb string) *redis.Script { return library.Load(verb, true) }

// run runs a script. Each is safe to be run twice, since the client repeats what had
// no answer. The last key never exists: scripts touch keys that they compute, and
// while Redis Cluster moves a slot, this has it answer TRYAGAIN instead of running
// them on half of the keys.
func (s *Store) run(ctx context.Context, script *redis.Script, keys []string, args ...any) (any, error) {
	answer, err := script.Run(ctx, s.rdb, append(keys, string(s.keys)+":guard"), args...).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return answer, err
}

// verdict runs a script that answers with a word, and returns the error that it
// stands for; bad are those words.
func (s *Store) verdict(ctx context.Context, script *redis.Script, bad map[string]error, keys []string, args ...any) error {
	answer, err := s.run(ctx, script, keys, args...)
	if err != nil {
		return err
	}
	if word, ok := answer.(string); ok {
		return bad[word]
	}
	return nil
}
