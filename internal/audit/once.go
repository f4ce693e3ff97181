package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redisscript"
)

// onceScript writes an entry unless there is one.
var onceScript = load("begin_once", redisscript.Names{Keys: "entries once", Args: "life_ms operation", Rest: "field value"})

// BeginOnce is Begin for what is done again and again, such as by a page that is open: it
// writes one entry in each `every` for the same actor and the same what, whichever
// process does it. Else the id is that of the entry that stands for it. Either way the
// entry is written when it returns.
func (l *Log) BeginOnce(ctx context.Context, e Entry, what string, every time.Duration) (id string, err error) {
	fields, err := e.fields()
	if err != nil {
		return "", fmt.Errorf("audit: %w", err)
	}
	answer, err := onceScript.Run(ctx, l.rdb, []string{l.keys.entries(), l.keys.once(e.Kind, e.Actor, what)},
		append([]any{every.Milliseconds(), rand.Text()}, fields...)...)
	id, _ = answer.(string)
	if err != nil {
		return "", fmt.Errorf("write to the audit log: %w", err)
	}
	return id, nil
}

// Begun returns the id of the entry that stands for what an actor does, and whether it has
// its outcome; an empty one if BeginOnce would write one.
func (l *Log) Begun(ctx context.Context, kind Kind, actor, what string) (id string, ended bool, err error) {
	id, err = l.rdb.Get(ctx, l.keys.once(kind, actor, what)).Result()
	if errors.Is(err, redis.Nil) {
		return "", false, nil
	}
	if err == nil {
		ended, err = l.rdb.HExists(ctx, l.keys.outcomes(), id).Result()
	}
	if err != nil {
		return "", false, fmt.Errorf("read the audit log: %w", err)
	}
	return id, ended, nil
}
