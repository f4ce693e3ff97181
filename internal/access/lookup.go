package access

import (
	"context"
	"math"
	"strings"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redisscript"
)

// Sessions and tokens must be known while Redis refuses writes, or no page could be read
// then. These are the scripts that note the use, without the right to write.
var (
	sessionNames      = names{Keys: "session", Args: "K id now_ms idle_ms note_ms longest_ms used_ms"}
	tokenNames        = names{Keys: "token", Args: "now_ms note_ms K"}
	sessionReadScript = library.Load("session", redisscript.Reads, sessionNames)
	tokenReadScript   = library.Load("token", redisscript.Reads, tokenNames)
)

// never is a time between two notes after which there is none.
const never = math.MaxInt32 * 1000

// lookup runs a script that reads a session or token and notes its use now and then; args[note] is the time between two notes, in ms. While Redis refuses
// writes, nothing is noted.
func (s *Store) lookup(ctx context.Context, script, reading *redisscript.Script, note int, keys []string, args ...any) (any, error) {
	answer, err := script.Run(ctx, s.rdb, keys, args...)
	if !refusesWrites(err) {
		return answer, err
	}
	args[note] = never
	answer, err = reading.Run(ctx, s.rdb, keys, args...)
	if err != nil && strings.Contains(err.Error(), "Write commands are not allowed") {
		return nil, nil // it has ended, and can't be removed now
	}
	return answer, err
}

// refusesWrites reports whether Redis reads and does not write: a replica, a disk that
// is full, too few replicas.
func refusesWrites(err error) bool {
	return redis.HasErrorPrefix(err, "READONLY") || redis.HasErrorPrefix(err, "MISCONF") || redis.HasErrorPrefix(err, "NOREPLICAS")
}
