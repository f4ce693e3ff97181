// Package health says whether a process could do its work now, as far as Redis is
// concerned. /readyz runs its checks; what they find is kept for a second,
// so that probes are no load.
package health

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
)

const (
	keptFor = time.Second     // what a check has found
	within  = 2 * time.Second // one check of Redis, shared by all callers
)

// Options say what is checked.
type Options struct {
	Redis      redis.UniversalClient
	Keys       pushlog.Keys
	Role       stream.Role
	WithoutAOF bool // it is ready though Redis has no AOF
}

// Checks are: redis (it answers, is fit, takes writes, and keeps them over a restart; with
// the rights, and keys of the right types), and group (the streams have their group). What
// is wrong with writes alone is telemetry.Writing.
func Checks(o Options) []telemetry.Check {
	return []telemetry.Check{
		{Name: "redis", Run: remembered(o.redis)},
		{Name: "group", Run: remembered(func(ctx context.Context) error {
			err := stream.CheckGroups(ctx, o.Redis, o.Keys)
			if o.Role == stream.RoleAdmin && errors.Is(err, stream.ErrNoGroup) {
				return nil // it reads none: a store where nothing has begun is shown as that
			}
			return o.named(ctx, err)
		})},
	}
}

func (o Options) redis(ctx context.Context) error {
	if err := redisconn.Check(ctx, o.Redis); err != nil {
		return o.named(ctx, err)
	}
	return o.writes(ctx)
}

func (o Options) writes(ctx context.Context) error {
	warning, err := redisconn.CheckDurable(ctx, o.Redis, o.WithoutAOF)
	if err == nil {
		err = Rights(ctx, o)
	}
	if err == nil {
		err = stream.Probe(ctx, o.Redis, o.Keys, o.Role)
	}
	if err != nil {
		return telemetry.Writing{Err: o.named(ctx, err)}
	}
	if warning != nil {
		return telemetry.Note{Err: warning}
	}
	return nil
}

// Rights asks whether the Redis user may do what the process needs, before it first
// writes. The error says what is missing; it is redisconn.ErrUnfit if it is that.
func Rights(ctx context.Context, o Options) error {
	err := stream.CheckRights(ctx, o.Redis, o.Keys, o.Role)
	if f := redisconn.FaultOf(err); err != nil && (errors.Is(err, stream.ErrRights) || f.Kind == redisconn.Rights) {
		return fmt.Errorf("%w: %w", redisconn.ErrUnfit, redisconn.NewFault(redisconn.Rights, err))
	}
	return err
}

// named names an error of Redis.
func (o Options) named(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, stream.ErrKeyType):
		return redisconn.NewFault(redisconn.KeyType, err)
	}
	if f := redisconn.Diagnose(ctx, o.Redis, err); f.Kind != redisconn.Other {
		return f
	}
	return err
}

// remembered runs a check at most once a second, with a deadline of its own, so that a
// caller who gives up does not end it for the others.
func remembered(check func(context.Context) error) func(context.Context) error {
	var mu sync.Mutex
	var looked time.Time
	var found error
	var running chan struct{}
	return func(ctx context.Context) error {
		mu.Lock()
		if time.Since(looked) < keptFor {
			defer mu.Unlock()
			return found
		}
		if running == nil {
			done := make(chan struct{})
			running = done
			go func() {
				limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
				defer cancel()
				err := check(limited)
				mu.Lock()
				defer mu.Unlock()
				found, looked, running = err, time.Now(), nil
				close(done)
			}()
		}
		wait := running
		mu.Unlock()
		select {
		case <-wait:
			mu.Lock()
			defer mu.Unlock()
			return found
		case <-ctx.Done():
			return redisconn.FaultOf(ctx.Err())
		}
	}
}
