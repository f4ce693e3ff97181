package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	// deadTokenLife is how long a dead token is remembered. One that FCM called
	// unregistered never comes back; the app asks for a new one at its next start.
	// https://firebase.google.com/docs/cloud-messaging/manage-tokens
	deadTokenLife  = 30 * 24 * time.Hour
	mostDeadTokens = 1_000_000
)

// ErrNoToken says that a token is not among the dead.
var ErrNoToken = errors.New("no such dead token")

// DeadToken is a token that FCM called dead: pushes to it fail at once, without
// a request.
type DeadToken struct {
	Hash string    `json:"hash"` // pushlog.TokenHash of the token
	At   string    `json:"at"`   // when FCM said so; RFC 3339, UTC
	Code push.Code `json:"code"` // FCM's
	Push string    `json:"push"` // id of the push that found out
}

// suppress marks deliveries whose token is known to be dead. If Redis does not
// say, they are sent: FCM knows.
func (c *Consumer) suppress(ctx context.Context, deliveries []*delivery) {
	if len(deliveries) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second) // they have a lease to keep
	defer cancel()
	hashes := make([]string, len(deliveries))
	for i, d := range deliveries {
		hashes[i] = pushlog.TokenHash(d.job.DeviceID)
	}
	since, err := c.rdb.ZMScore(ctx, deadKey(c.keys), hashes...).Result()
	if err != nil {
		c.trouble.note("looking for dead tokens", err)
		return
	}
	oldest := time.Now().Add(-deadTokenLife)
	for i, ms := range since {
		if ms == 0 {
			continue
		}
		if at := time.UnixMilli(int64(ms)); at.After(oldest) {
			deliveries[i].suppressed = "FCM said so on " + stamp(at)
		}
	}
}

// bury remembers the dead tokens that settlements found. It comes after they
// were settled; if it fails, the next push to the token finds out again.
func (c *Consumer) bury(ctx context.Context, settled []settlement, now time.Time) {
	head := call{buryScript, []string{deadKey(c.keys), deadWhyKey(c.keys)},
		[]any{now.UnixMilli(), deadTokenLife.Milliseconds(), mostDeadTokens}}
	var b callBatch
	for _, s := range settled {
		if !s.deadToken {
			continue
		}
		b.add(head, []any{pushlog.TokenHash(s.job.DeviceID), s.at.UnixMilli(), string(s.code) + " " + s.job.ID})
	}
	if len(b.calls) == 0 {
		return
	}
	if _, err := run(ctx, c.rdb, b.calls...); err != nil {
		c.trouble.note("remembering dead tokens", err)
	}
}

// DeadTokens returns a page of the dead tokens, newest first, and how many there
// are. Pages count from 1.
func (c *Control) DeadTokens(ctx context.Context, page, size int) ([]DeadToken, int64, error) {
	pipe := c.rdb.Pipeline()
	from := int64(page-1) * int64(size)
	members := pipe.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: deadKey(c.keys), Start: from, Stop: from + int64(size) - 1, Rev: true})
	total := pipe.ZCard(ctx, deadKey(c.keys))
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, 0, fmt.Errorf("list dead tokens: %w", err)
	}
	tokens := []DeadToken{}
	var hashes []string
	for _, z := range members.Val() {
		hash, _ := z.Member.(string)
		hashes = append(hashes, hash)
		tokens = append(tokens, DeadToken{Hash: hash, At: stamp(time.UnixMilli(int64(z.Score)))})
	}
	if len(hashes) == 0 {
		return tokens, total.Val(), nil
	}
	why, err := c.rdb.HMGet(ctx, deadWhyKey(c.keys), hashes...).Result()
	if err != nil {
		return nil, 0, fmt.Errorf("read dead tokens: %w", err)
	}
	for i, text := range why {
		s, _ := text.(string)
		code, id, _ := strings.Cut(s, " ")
		tokens[i].Code, tokens[i].Push = push.Code(code), id
	}
	return tokens, total.Val(), nil
}

// ForgetToken takes a token, by its hash, off the dead ones: pushes to it are
// sent again. ErrNoToken if it was not among them.
func (c *Control) ForgetToken(ctx context.Context, hash string) error {
	var removed *redis.IntCmd
	_, err := c.rdb.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		removed = tx.ZRem(ctx, deadKey(c.keys), hash)
		tx.HDel(ctx, deadWhyKey(c.keys), hash)
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget token: %w", err)
	}
	if removed.Val() == 0 {
		return ErrNoToken
	}
	return nil
}
