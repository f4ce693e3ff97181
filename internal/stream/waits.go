package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/redisscript"
)

const (
	mostWaits   = 100_000 // device tokens of a project that wait at a time
	mostOwn     = 10_000  // of them, that a worker knows by itself
	lastChance  = 5 * time.Second
	lastPortion = 4 // of a push's life: its last try is no earlier before its end
)

// ownWaits are the device tokens that wait because of what FCM told this worker. What it
// has read already asks here; what it reads later asks Redis.
type ownWaits struct {
	mu    sync.Mutex
	until map[string]time.Time // by the hash of the token
}

func (w *ownWaits) add(token string, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.until) >= mostOwn {
		now := time.Now()
		for t, at := range w.until {
			if at.Before(now) {
				delete(w.until, t)
			}
		}
	}
	if len(w.until) >= mostOwn {
		return // Redis knows it
	}
	if w.until == nil {
		w.until = map[string]time.Time{}
	}
	w.until[token] = until
}

// left is how much longer a token waits; 0 if it does not.
func (w *ownWaits) left(token string, now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, ok := w.until[token]
	if !ok {
		return 0
	}
	if !at.After(now) {
		delete(w.until, token)
		return 0
	}
	return at.Sub(now)
}

var readWaitsScript = library.Load("read_waits", redisscript.Writes, redisscript.Names{Keys: "waits lengths", Each: "token"})

// askWaits notes how much longer the tokens of deliveries wait. If Redis does not say,
// they are sent: FCM knows.
func (c *Consumer) askWaits(ctx context.Context, deliveries []*delivery) error {
	var b redisscript.Batch[*delivery]
	for _, d := range deliveries {
		b.Add(readWaitsScript.Call([]string{waitsKey(c.keys, c.opt.Project), waitLengthsKey(c.keys, c.opt.Project)}), d, d.tokenHash())
	}
	if err := b.Run(ctx, c.rdb); err != nil {
		return fmt.Errorf("ask for waits: %w", err)
	}
	for d, answer := range b.Answers() {
		ms, ok := answer.(int64)
		if !ok {
			return errors.New("ask for waits: unexpected answer")
		}
		d.waits = time.Duration(ms) * time.Millisecond
	}
	return nil
}

var addWaitsScript = library.Load("add_waits", redisscript.Writes, redisscript.Names{Keys: "waits lengths", Args: "most", Each: "token wait_ms"})

// noteWaits has the device tokens wait that settlements found over their limit. It comes
// after they were settled; if it fails, the next push to the token finds out.
func (c *Consumer) noteWaits(ctx context.Context, settled []settlement) {
	var b redisscript.Batch[string]
	head := addWaitsScript.Call([]string{waitsKey(c.keys, c.opt.Project), waitLengthsKey(c.keys, c.opt.Project)}, mostWaits)
	for _, s := range settled {
		if s.tokenWait > 0 {
			b.Add(head, s.tokenHash(), s.tokenHash(), s.tokenWait.Milliseconds())
		}
	}
	if err := b.Run(ctx, c.rdb); err != nil {
		c.trouble.note("noting waits of device tokens", err)
	}
}

// tokenWait is how long the token of a push waits after a try; 0 if the trouble is not
// the token's.
func tokenWait(o push.Outcome) time.Duration {
	if o.Code != push.CodeQuotaExceeded || o.Scope == push.ScopeProject {
		return 0
	}
	return quotaWait(o)
}

// postpone settles a delivery whose token waits for so much longer: no request is made, and
// no attempt spent. It reports false if the token does not wait, or the push would expire
// before it is sent: then it has its last try now.
func (p policy) postpone(d *delivery, left time.Duration, now time.Time) (settlement, bool) {
	if left <= 0 {
		return settlement{}, false
	}
	due := now.Add(left + time.Duration(p.random()*0.2*float64(left)))
	if !d.expiresAt.IsZero() && !due.Before(d.expiresAt) {
		var ok bool
		if due, ok = lastTry(d, now); !ok {
			return settlement{}, false
		}
	}
	return settlement{delivery: d, status: push.Retrying, code: push.CodeQuotaExceeded, tried: d.attempts, at: now, due: due,
		result: "QUOTA_EXCEEDED: not sent yet, its device token is over a limit of FCM's and waits"}, true
}

// lastTry is when a push is tried once more whose next try would come after its end: five
// seconds before that, or a quarter of its life if that is shorter. It reports false if
// that time has come: then it had its last try.
func lastTry(d *delivery, now time.Time) (time.Time, bool) {
	margin := lastChance
	if life := d.expiresAt.Sub(d.acceptedAt); life > 0 {
		margin = min(margin, life/lastPortion)
	}
	left := d.expiresAt.Sub(now)
	if left <= margin {
		return time.Time{}, false
	}
	return now.Add(max(left-margin, left/2)), true
}
