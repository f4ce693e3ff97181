package stream

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

// listStep is how many suppressed tokens are read at a time.
const listStep = 500

// TokenFilter selects suppressed tokens. The zero value is all of them.
type TokenFilter struct {
	Code  push.Code // what FCM said; empty: whatever it was
	Since time.Time // those of which FCM said so then or later; zero: whenever it was
}

// InvalidTokenCodes are the codes with which FCM says that a token is invalid.
func InvalidTokenCodes() []push.Code {
	return []push.Code{push.CodeUnregistered, push.CodeInvalidArgument}
}

// CountSuppressed counts the suppressed tokens of a project that a filter selects, and
// returns since when the oldest is; the zero time if there is none.
func (c *Control) CountSuppressed(ctx context.Context, project string, f TokenFilter) (n int64, oldest time.Time, err error) {
	least := int64(math.MaxInt64)
	if f.Code == "" {
		from := "-inf"
		if !f.Since.IsZero() {
			from = strconv.FormatInt(f.Since.UnixMilli(), 10)
		}
		pipe := c.rdb.Pipeline()
		count := pipe.ZCount(ctx, suppressedKey(c.keys, project), from, "+inf")
		first := pipe.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: suppressedKey(c.keys, project), ByScore: true, Start: from, Stop: "+inf", Count: 1})
		if _, err := pipe.Exec(ctx); err != nil {
			return 0, oldest, fmt.Errorf("count suppressed tokens: %w", err)
		}
		n = count.Val()
		for _, z := range first.Val() {
			least = int64(z.Score)
		}
	} else if err := c.eachSuppressed(ctx, project, f, func(args []any) error {
		n += int64(len(args)) / 2
		for i := 1; i < len(args); i += 2 {
			text, _ := args[i].(string)
			least = min(least, number(text))
		}
		return nil
	}); err != nil {
		return n, oldest, err
	}
	if least < math.MaxInt64 {
		oldest = time.UnixMilli(least)
	}
	return n, oldest, nil
}

// ForgetTokens takes the tokens that a filter selects off the list, in small steps, and
// returns how many there were, with an error too. One that FCM calls invalid again
// meanwhile stays.
func (c *Control) ForgetTokens(ctx context.Context, project string, f TokenFilter) (int64, error) {
	var n int64
	err := c.eachSuppressed(ctx, project, f, func(args []any) error {
		var b redisscript.Batch[any]
		for i := 0; i < len(args); i += 2 {
			b.Add(restoreScript.Call(suppressedKeys(c.keys, project)), args[i], args[i], args[i+1])
		}
		err := b.Run(ctx, c.rdb)
		n += b.Sum()
		if err != nil {
			return fmt.Errorf("restore tokens: %w", err)
		}
		return nil
	})
	return n, err
}

// eachSuppressed walks over the tokens that a filter selects: hash and time of FCM's word,
// of up to 500 at a time.
func (c *Control) eachSuppressed(ctx context.Context, project string, f TokenFilter, do func([]any) error) error {
	key, cursor := suppressedKey(c.keys, project), uint64(0)
	for {
		found, next, err := c.rdb.ZScan(ctx, key, cursor, "", listStep).Result()
		if err != nil {
			return fmt.Errorf("list suppressed tokens: %w", err)
		}
		for len(found) > 1 {
			n := min(len(found), 2*listStep)
			args, err := c.selected(ctx, project, f, found[:n])
			if err != nil {
				return err
			}
			if len(args) > 0 {
				if err := do(args); err != nil {
					return err
				}
			}
			found = found[n:]
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// selected are those of a list of hashes and times that a filter selects.
func (c *Control) selected(ctx context.Context, project string, f TokenFilter, found []string) ([]any, error) {
	var hashes []string
	var args []any
	for i := 0; i+1 < len(found); i += 2 {
		at, err := strconv.ParseFloat(found[i+1], 64)
		if err != nil || math.IsNaN(at) || !f.Since.IsZero() && int64(at) < f.Since.UnixMilli() {
			continue
		}
		hashes = append(hashes, found[i])
		args = append(args, found[i], strconv.FormatInt(int64(at), 10))
	}
	if f.Code == "" || len(hashes) == 0 {
		return args, nil
	}
	why, err := c.rdb.HMGet(ctx, suppressedWhyKey(c.keys, project), hashes...).Result()
	if err != nil {
		return nil, fmt.Errorf("read suppressed tokens: %w", err)
	}
	var of []any
	for i, text := range why {
		s, _ := text.(string)
		if codeOf(s) == f.Code {
			of = append(of, args[2*i], args[2*i+1])
		}
	}
	return of, nil
}

// Registered takes device tokens that the app has registered again off the list of the
// project that the store sends to. It returns how many were on it.
func (p *Producer) Registered(ctx context.Context, tokens []string) (int64, error) {
	project, err := ReadProject(ctx, p.rdb, p.keys)
	if err != nil || project == "" { // without a consumer there has been no suppression
		return 0, err
	}
	hashes := make([]string, len(tokens))
	for i, token := range tokens {
		hashes[i] = pushlog.TokenHash(token)
	}
	return restore(ctx, p.rdb, p.keys, project, hashes)
}
