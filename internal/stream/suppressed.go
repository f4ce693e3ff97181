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
	"pushstream/internal/redisscript"
)

const (
	// suppressFor is how long a token is suppressed after FCM's newest answer.
	// https://firebase.google.com/docs/cloud-messaging/manage-tokens
	suppressFor    = 30 * 24 * time.Hour
	mostSuppressed = 1_000_000 // of a project
	// recheckAfter is the time between two pushes to a suppressed token that ask FCM again:
	// its answer is sometimes wrong, or taken back.
	recheckAfter = 24 * time.Hour
)

// ErrNoToken says that a token is not on the suppression list.
var ErrNoToken = errors.New("no such suppressed token")

// SuppressedToken is a token that FCM called invalid for a project: pushes to it fail at once,
// without a request, except one a day.
type SuppressedToken struct {
	Project string    `json:"project"`
	Hash    string    `json:"hash"`   // pushlog.TokenHash of the token
	At      string    `json:"at"`     // when FCM said so last; RFC 3339, UTC
	Code    push.Code `json:"code"`   // FCM's
	Push    string    `json:"push"`   // id of the push that found out
	AskAt   string    `json:"ask_at"` // from when on one push asks FCM again
}

// tokenHash is the hash of the delivery's token.
func (d *delivery) tokenHash() string {
	if d.hash == "" {
		d.hash = pushlog.TokenHash(d.job.DeviceID)
	}
	return d.hash
}

// suppress marks deliveries whose token is suppressed. One push a day to such a
// token asks FCM again, and so does every push that a person has redriven. If Redis
// does not say, they are sent: FCM knows.
func (c *Consumer) suppress(ctx context.Context, deliveries []*delivery) {
	if len(deliveries) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second) // they have a lease to keep
	defer cancel()
	hashes := make([]string, len(deliveries))
	for i, d := range deliveries {
		hashes[i] = d.tokenHash()
	}
	// Mostly no token is on the list: a look writes nothing.
	pipe := c.rdb.Pipeline()
	suppressed := pipe.ZMScore(ctx, suppressedKey(c.keys, c.opt.Project), hashes...)
	waits := pipe.ZMScore(ctx, waitsKey(c.keys, c.opt.Project), hashes...)
	_, err := pipe.Exec(ctx)
	since := suppressed.Val()
	var listed, waiting []*delivery
	for i, d := range deliveries {
		if err == nil && waits.Val()[i] != 0 {
			waiting = append(waiting, d)
		}
	}
	for i, d := range deliveries {
		if err != nil || since[i] != 0 {
			d.listed = true
		}
		if err == nil && since[i] != 0 && !d.redriven {
			listed = append(listed, d)
		}
	}
	if err == nil && len(listed) > 0 {
		err = c.recheck(ctx, listed)
	}
	if err == nil && len(waiting) > 0 {
		err = c.askWaits(ctx, waiting)
	}
	if err != nil {
		c.trouble.note("looking for suppressed tokens", err)
	}
}

var recheckScript = library.Load("recheck_tokens", redisscript.Writes, redisscript.Names{Keys: "tokens reasons", Args: "life_ms recheck_ms", Each: "token id"})

// recheck finds which pushes to suppressed tokens are sent, to ask FCM again about the token.
func (c *Consumer) recheck(ctx context.Context, listed []*delivery) error {
	var b redisscript.Batch[*delivery]
	head := recheckScript.Call(suppressedKeys(c.keys, c.opt.Project), suppressFor.Milliseconds(), recheckAfter.Milliseconds())
	for _, d := range listed {
		b.Add(head, d, d.tokenHash(), d.job.ID)
	}
	if err := b.Run(ctx, c.rdb); err != nil {
		return fmt.Errorf("recheck suppressed tokens: %w", err)
	}
	for d, answer := range b.Answers() {
		if answer == nil {
			return errors.New("recheck suppressed tokens: unexpected answer")
		}
		why, ok := answer.([]any)
		if !ok || len(why) != 3 {
			continue // it is sent
		}
		at, ask := fmt.Sprint(why[0]), fmt.Sprint(why[2])
		d.suppressed = fmt.Sprintf("FCM said %v on %s, and is asked again from %s on", why[1], stampOf(at), stampOf(ask))
	}
	return nil
}

// stampOf writes a time in ms, as scripts return it, as records have it.
func stampOf(ms string) string { return stamp(time.UnixMilli(number(ms))) }

var suppressScript = library.Load("suppress_tokens", redisscript.Adds, redisscript.Names{Keys: "tokens reasons", Args: "life_ms most recheck_ms", Each: "token at_ms code id"})

var restoreScript = library.Load("restore_tokens", redisscript.Writes, redisscript.Names{Keys: "tokens reasons", Each: "token until_ms"})

// suppressTokens puts the invalid tokens that settlements found on the suppression list,
// and takes those off it that FCM has accepted a push for. It comes after they were settled; if it fails, the
// next push to the token finds out again.
func (c *Consumer) suppressTokens(ctx context.Context, settled []settlement) {
	var b redisscript.Batch[string]
	restore := restoreScript.Call(suppressedKeys(c.keys, c.opt.Project))
	wave := c.gate.breaker.toRestore()
	for _, hash := range wave {
		b.Add(restore, hash, hash, "")
	}
	for _, s := range settled {
		switch {
		case s.deadToken && c.gate.breaker.spares(s.tokenHash()): // in a wave: the token may be valid
		case s.deadToken:
			b.Add(suppressCall(c.keys, c.opt.Project), s.tokenHash(), s.tokenHash(), s.at.UnixMilli(), string(s.code), s.job.ID)
		case s.listed && s.status == push.Sent:
			b.Add(restore, s.tokenHash(), s.tokenHash(), s.at.UnixMilli())
		}
	}
	if err := b.Run(ctx, c.rdb); err != nil {
		c.trouble.note("suppressing tokens", err)
		c.gate.breaker.restoreLater(wave)
	}
}

// suppressedKeys are the keys of a project's suppression list: tokens, and why.
func suppressedKeys(keys pushlog.Keys, project string) []string {
	return []string{suppressedKey(keys, project), suppressedWhyKey(keys, project)}
}

// suppressCall is a call of suppress_tokens.lua without tokens.
func suppressCall(keys pushlog.Keys, project string) redisscript.Call {
	return suppressScript.Call(suppressedKeys(keys, project), suppressFor.Milliseconds(), mostSuppressed, recheckAfter.Milliseconds())
}

// restore takes tokens of a project, by their hashes, off its suppression list. It returns
// how many were on it.
func restore(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, project string, hashes []string) (int64, error) {
	if project == "" { // no consumer has run: no token is suppressed
		return 0, nil
	}
	var b redisscript.Batch[string]
	for _, hash := range hashes {
		b.Add(restoreScript.Call(suppressedKeys(keys, project)), hash, hash, "")
	}
	if err := b.Run(ctx, rdb); err != nil {
		return b.Sum(), fmt.Errorf("restore tokens: %w", err)
	}
	return b.Sum(), nil
}

// SuppressedTokens returns a page of the suppressed tokens of a project, newest first, and how many
// there are. Pages count from 1.
func (c *Control) SuppressedTokens(ctx context.Context, project string, page, size int) ([]SuppressedToken, int64, error) {
	pipe := c.rdb.Pipeline()
	from := int64(page-1) * int64(size)
	key := suppressedKey(c.keys, project)
	members := pipe.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: key, Start: from, Stop: from + int64(size) - 1, Rev: true})
	total := pipe.ZCard(ctx, key)
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, 0, fmt.Errorf("list suppressed tokens: %w", err)
	}
	tokens, err := c.describe(ctx, project, members.Val())
	return tokens, total.Val(), err
}

// SuppressedToken returns what is known of a token of a project, by its hash; ErrNoToken if it
// is not on the list.
func (c *Control) SuppressedToken(ctx context.Context, project, hash string) (SuppressedToken, error) {
	at, err := c.rdb.ZScore(ctx, suppressedKey(c.keys, project), hash).Result()
	if errors.Is(err, redis.Nil) {
		return SuppressedToken{}, ErrNoToken
	}
	if err != nil {
		return SuppressedToken{}, fmt.Errorf("look for a suppressed token: %w", err)
	}
	tokens, err := c.describe(ctx, project, []redis.Z{{Score: at, Member: hash}})
	if err != nil {
		return SuppressedToken{}, err
	}
	return tokens[0], nil
}

// describe says of tokens on the list what is known of them.
func (c *Control) describe(ctx context.Context, project string, members []redis.Z) ([]SuppressedToken, error) {
	tokens := []SuppressedToken{}
	var hashes []string
	for _, z := range members {
		hash, _ := z.Member.(string)
		hashes = append(hashes, hash)
		tokens = append(tokens, SuppressedToken{Project: project, Hash: hash, At: stamp(time.UnixMilli(int64(z.Score)))})
	}
	if len(hashes) == 0 {
		return tokens, nil
	}
	why, err := c.rdb.HMGet(ctx, suppressedWhyKey(c.keys, project), hashes...).Result()
	if err != nil {
		return nil, fmt.Errorf("read suppressed tokens: %w", err)
	}
	for i, text := range why {
		s, _ := text.(string)
		words := append(strings.Split(s, " "), "", "")
		tokens[i].Code, tokens[i].Push = push.Code(words[0]), words[1]
		tokens[i].AskAt = stamp(time.UnixMilli(int64(members[i].Score)).Add(recheckAfter))
		if words[2] != "" {
			tokens[i].AskAt = stampOf(words[2])
		}
	}
	return tokens, nil
}

// codeOf is the code in what is known of a token.
func codeOf(why string) push.Code {
	code, _, _ := strings.Cut(why, " ")
	return push.Code(code)
}

// ForgetToken takes a token of a project, by its hash, off the suppression list: pushes to it
// are sent again. ErrNoToken if it was not on it.
func (c *Control) ForgetToken(ctx context.Context, project, hash string) error {
	n, err := restore(ctx, c.rdb, c.keys, project, []string{hash})
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNoToken
	}
	return nil
}
