package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	// deadTokenLife is how long a dead token is remembered after FCM's newest word.
	// https://firebase.google.com/docs/cloud-messaging/manage-tokens
	deadTokenLife  = 30 * 24 * time.Hour
	mostDeadTokens = 1_000_000 // of a project
	// reaskAfter is the time between two pushes to a dead token that ask FCM whether
	// it still is: FCM's word is sometimes wrong, or taken back.
	reaskAfter = 24 * time.Hour
	// forgiveBatch is the greatest number of tokens that forgive.lua takes.
	forgiveBatch = 500
)

// ErrNoToken says that a token is not among the dead.
var ErrNoToken = errors.New("no such dead token")

// DeadToken is a token that FCM called dead for a project: pushes to it fail at once,
// without a request, but for one a day.
type DeadToken struct {
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

// suppress marks deliveries whose token is known to be dead. One push a day to such a
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
	dead := pipe.ZMScore(ctx, deadKey(c.keys, c.opt.Project), hashes...)
	waits := pipe.ZMScore(ctx, waitsKey(c.keys, c.opt.Project), hashes...)
	_, err := pipe.Exec(ctx)
	since := dead.Val()
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
		err = c.reask(ctx, listed)
	}
	if err == nil && len(waiting) > 0 {
		err = c.askWaits(ctx, waiting)
	}
	if err != nil {
		c.trouble.note("looking for dead tokens", err)
	}
}

// reask settles which of some pushes to dead tokens ask FCM again.
func (c *Consumer) reask(ctx context.Context, listed []*delivery) error {
	head := call{reaskScript, []string{deadKey(c.keys, c.opt.Project), deadWhyKey(c.keys, c.opt.Project)},
		[]any{deadTokenLife.Milliseconds(), reaskAfter.Milliseconds()}}
	var b callBatch
	for _, d := range listed {
		b.add(head, []any{d.tokenHash(), d.job.ID})
	}
	answers, err := run(ctx, c.rdb, b.calls...)
	if err != nil {
		return fmt.Errorf("reask: %w", err)
	}
	for i, d := range listed {
		list, _ := answers[i/scriptBatch].([]any)
		if i%scriptBatch >= len(list) {
			return errors.New("reask: unexpected answer")
		}
		why, ok := list[i%scriptBatch].([]any)
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

// bury remembers the dead tokens that settlements found, and takes those off the list
// that FCM has accepted a push for. It comes after they were settled; if it fails, the
// next push to the token finds out again.
func (c *Consumer) bury(ctx context.Context, settled []settlement) {
	keys := []string{deadKey(c.keys, c.opt.Project), deadWhyKey(c.keys, c.opt.Project)}
	var b callBatch
	wave := c.gate.breaker.toForgive()
	for _, hash := range wave {
		b.add(call{forgiveScript, keys, nil}, []any{hash, ""})
	}
	for _, s := range settled {
		switch {
		case s.deadToken && c.gate.breaker.forgives(s.tokenHash()): // in a wave: not the token's fault
		case s.deadToken:
			b.add(buryCall(c.keys, c.opt.Project), []any{s.tokenHash(), s.at.UnixMilli(), string(s.code), s.job.ID})
		case s.listed && s.status == push.Sent:
			b.add(call{forgiveScript, keys, nil}, []any{s.tokenHash(), s.at.UnixMilli()})
		}
	}
	if len(b.calls) == 0 {
		return
	}
	if _, err := run(ctx, c.rdb, b.calls...); err != nil {
		c.trouble.note("remembering dead tokens", err)
		c.gate.breaker.forgiveLater(wave)
	}
}

// buryCall is a call of bury.lua without tokens.
func buryCall(keys pushlog.Keys, project string) call {
	return call{buryScript, []string{deadKey(keys, project), deadWhyKey(keys, project)},
		[]any{deadTokenLife.Milliseconds(), mostDeadTokens, reaskAfter.Milliseconds()}}
}

// forgive takes tokens of this consumer's project, by their hashes, off the dead ones.
// It returns how many were among them.
func (c *Consumer) forgive(ctx context.Context, hashes []string) (int64, error) {
	return forgive(ctx, c.rdb, c.keys, c.opt.Project, hashes)
}

// forgive takes tokens of a project, by their hashes, off the dead ones.
func forgive(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, project string, hashes []string) (int64, error) {
	var forgiven int64
	for some := range slices.Chunk(hashes, forgiveBatch) {
		args := make([]any, 0, 2*len(some))
		for _, hash := range some {
			args = append(args, hash, "")
		}
		answers, err := run(ctx, rdb, call{forgiveScript, []string{deadKey(keys, project), deadWhyKey(keys, project)}, args})
		if err != nil {
			return forgiven, fmt.Errorf("forgive tokens: %w", err)
		}
		n, _ := answers[0].(int64)
		forgiven += n
	}
	return forgiven, nil
}

// DeadTokens returns a page of the dead tokens of a project, newest first, and how many
// there are. Pages count from 1.
func (c *Control) DeadTokens(ctx context.Context, project string, page, size int) ([]DeadToken, int64, error) {
	pipe := c.rdb.Pipeline()
	from := int64(page-1) * int64(size)
	key := deadKey(c.keys, project)
	members := pipe.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: key, Start: from, Stop: from + int64(size) - 1, Rev: true})
	total := pipe.ZCard(ctx, key)
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, 0, fmt.Errorf("list dead tokens: %w", err)
	}
	tokens, err := c.describe(ctx, project, members.Val())
	return tokens, total.Val(), err
}

// DeadToken returns what is known of a token of a project, by its hash; ErrNoToken if it
// is not among the dead.
func (c *Control) DeadToken(ctx context.Context, project, hash string) (DeadToken, error) {
	at, err := c.rdb.ZScore(ctx, deadKey(c.keys, project), hash).Result()
	if errors.Is(err, redis.Nil) {
		return DeadToken{}, ErrNoToken
	}
	if err != nil {
		return DeadToken{}, fmt.Errorf("look for a dead token: %w", err)
	}
	tokens, err := c.describe(ctx, project, []redis.Z{{Score: at, Member: hash}})
	if err != nil {
		return DeadToken{}, err
	}
	return tokens[0], nil
}

// describe says of tokens on the list what is known of them.
func (c *Control) describe(ctx context.Context, project string, members []redis.Z) ([]DeadToken, error) {
	tokens := []DeadToken{}
	var hashes []string
	for _, z := range members {
		hash, _ := z.Member.(string)
		hashes = append(hashes, hash)
		tokens = append(tokens, DeadToken{Project: project, Hash: hash, At: stamp(time.UnixMilli(int64(z.Score)))})
	}
	if len(hashes) == 0 {
		return tokens, nil
	}
	why, err := c.rdb.HMGet(ctx, deadWhyKey(c.keys, project), hashes...).Result()
	if err != nil {
		return nil, fmt.Errorf("read dead tokens: %w", err)
	}
	for i, text := range why {
		s, _ := text.(string)
		words := append(strings.Split(s, " "), "", "")
		tokens[i].Code, tokens[i].Push = push.Code(words[0]), words[1]
		tokens[i].AskAt = stamp(time.UnixMilli(int64(members[i].Score)).Add(reaskAfter))
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

// ForgetToken takes a token of a project, by its hash, off the dead ones: pushes to it
// are sent again. ErrNoToken if it was not among them.
func (c *Control) ForgetToken(ctx context.Context, project, hash string) error {
	n, err := forgive(ctx, c.rdb, c.keys, project, []string{hash})
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNoToken
	}
	return nil
}
