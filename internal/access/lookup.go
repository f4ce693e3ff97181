package access

import (
	"context"
	"math"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Whose a session or token is must be known while Redis refuses writes, or nobody could
// read a page then. These scripts are those that note the use, but may not write.
var (
	sessionReadScript = library.LoadReading("session")
	tokenReadScript   = library.LoadReading("token")
)

// never is a time between two notes after which there is none.
const never = math.MaxInt32 * 1000

// lookup runs a script that looks somebody up and notes now and then that they were
// there; args[note] is the time between two notes, in ms. While Redis refuses
// writes, nothing is noted.
func (s *Store) lookup(ctx context.Context, script, reading *redis.Script, note int, keys []string, args ...any) (any, error) {
	answer, err := s.run(ctx, script, keys, args...)
	if !refusesWrites(err) {
		return answer, err
	}
	args[note] = never
	answer, err = s.run(ctx, reading, keys, args...)
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
