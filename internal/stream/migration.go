package stream

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/redisscript"
)

const (
	migrateEvery = time.Minute // consumers of the version before may still run, and write
	migrateStep  = scriptBatch // tokens that one step takes over
)

// migrate brings what the version before has written into the form of this one: its list of
// suppressed tokens, which was one for all projects. Several consumers may do it at once.
func (c *Consumer) migrate(ctx context.Context) error {
	kept, dropped, err := c.migrateTokens(ctx)
	if kept+dropped > 0 {
		c.log.Info("migrated the suppressed tokens of the version before", zap.Int("kept", kept), zap.Int("dropped", dropped))
	}
	return err
}

// migrateTokens moves the old list to that of our project. It drops tokens of which
// nothing is known, and those of SENDER_ID_MISMATCH, which says nothing of a token. If
// one was another project's, FCM is asked about it within a day, as about all.
//
// A crash in between leaves a token on both lists, and the next step moves it again.
func (c *Consumer) migrateTokens(ctx context.Context) (kept, dropped int, err error) {
	list, reasons := oldSuppressedKey(c.keys), oldSuppressedWhyKey(c.keys)
	for {
		old, err := c.rdb.ZRangeWithScores(ctx, list, 0, migrateStep-1).Result()
		if err != nil {
			return kept, dropped, fmt.Errorf("read the old list: %w", err)
		}
		if len(old) == 0 {
			// Without the list, the reasons are not read.
			if err := c.rdb.Del(ctx, reasons).Err(); err != nil {
				return kept, dropped, fmt.Errorf("remove the old list: %w", err)
			}
			return kept, dropped, nil
		}
		hashes := make([]string, len(old))
		members := make([]any, len(old))
		for i, z := range old {
			hashes[i], _ = z.Member.(string)
			members[i] = z.Member
		}
		why, err := c.rdb.HMGet(ctx, reasons, hashes...).Result()
		if err != nil {
			return kept, dropped, fmt.Errorf("read the old list: %w", err)
		}
		var b redisscript.Batch[string]
		n := 0
		for i, z := range old {
			text, _ := why[i].(string)
			code, id, _ := strings.Cut(text, " ")
			if code := push.Code(code); code == push.CodeUnregistered || code == push.CodeInvalidArgument {
				b.Add(suppressCall(c.keys, c.opt.Project), id, hashes[i], int64(z.Score), string(code), id)
				n++
			}
		}
		if err := b.Run(ctx, c.rdb); err != nil {
			return kept, dropped, err
		}
		_, err = c.rdb.TxPipelined(ctx, func(tx redis.Pipeliner) error {
			tx.ZRem(ctx, list, members...)
			tx.HDel(ctx, reasons, hashes...)
			return nil
		})
		if err != nil {
			return kept, dropped, fmt.Errorf("shorten the old list: %w", err)
		}
		kept, dropped = kept+n, dropped+len(old)-n
	}
}
