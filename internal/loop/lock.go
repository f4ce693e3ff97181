package loop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrLost says that a lock is not held any more: its TTL has run out, or it has another owner.
var ErrLost = errors.New("the lock is lost")

// Lock is a key in Redis that has an owner for a TTL. It saves work and no more: what is
// done under a lock must be right if two processes do it at once, since a process may be
// stopped for longer than the TTL.
type Lock struct {
	rdb   redis.UniversalClient
	key   string
	owner string
	ttl   time.Duration
}

// NewLock returns a lock. The owner must be unique for each process and each use of the key.
func NewLock(rdb redis.UniversalClient, key, owner string, ttl time.Duration) *Lock {
	return &Lock{rdb: rdb, key: key, owner: owner, ttl: ttl}
}

// The scripts of a lock. They run when Redis is out of memory, too. A crash comes before
// the only write of each, or after it.
var (
	// lockScript takes or renews a lock. ARGV: owner, TTL (ms), 1 to renew only. It returns
	// Redis's time (ms), or 0 if the lock is another's, or is to be renewed and is nobody's.
	// A TTL longer than this one is from before Redis's clock was set back: the lock is free.
	// Twice: the owner has it for a TTL from the second time on.
	lockScript = redis.NewScript(`#!lua flags=allow-oom
local owner, ttl = ARGV[1], tonumber(ARGV[2])
local has = redis.call('GET', KEYS[1])
if has ~= owner then
  if ARGV[3] == '1' then return 0 end
  if has and redis.call('PTTL', KEYS[1]) <= ttl then return 0 end
end
redis.call('SET', KEYS[1], owner, 'PX', ttl)
local t = redis.call('TIME')
return t[1] * 1000 + math.floor(t[2] / 1000)
`)
	// unlockScript deletes a lock if it is the owner's. Twice: the second deletes nothing.
	unlockScript = redis.NewScript(`#!lua flags=allow-oom
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)
)

// Acquire takes the lock, or keeps it for another TTL if the owner has it already. It
// returns Redis's time; the zero time if the lock has another owner.
func (l *Lock) Acquire(ctx context.Context) (time.Time, error) {
	now, err := l.set(ctx, 0)
	if err != nil {
		return time.Time{}, fmt.Errorf("acquire lock %s: %w", l.key, err)
	}
	return now, nil
}

// Renew keeps the lock for another TTL, and returns Redis's time; ErrLost if the owner
// does not have it any more.
func (l *Lock) Renew(ctx context.Context) (time.Time, error) {
	now, err := l.set(ctx, 1)
	if err == nil && now.IsZero() {
		err = ErrLost
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("renew lock %s: %w", l.key, err)
	}
	return now, nil
}

// Release gives the lock up if the owner has it. A lock that has another owner by now
// stays.
func (l *Lock) Release(ctx context.Context) error {
	if err := unlockScript.Run(ctx, l.rdb, []string{l.key}, l.owner).Err(); err != nil {
		return fmt.Errorf("release lock %s: %w", l.key, err)
	}
	return nil
}

func (l *Lock) set(ctx context.Context, renew int) (time.Time, error) {
	ms, err := lockScript.Run(ctx, l.rdb, []string{l.key}, l.owner, max(l.ttl.Milliseconds(), 1), renew).Int64()
	if err != nil || ms == 0 {
		return time.Time{}, err
	}
	return time.UnixMilli(ms), nil
}
