package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"os"
	"pushstream/internal/admin"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
	"runtime/debug"
)

// serve serves the API until ctx ends.
func (a *app) serve(ctx context.Context, f *serveFlags) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // a search reads tens of MB, and keeps none
	}
	registry := telemetry.NewRegistry()
	registry.MustRegister(stream.NewBacklogCollector(a.rdb, a.keys))
	ops := telemetry.Handler(registry,
		telemetry.Check{Name: "redis", Run: func(ctx context.Context) error { return redisconn.Check(ctx, a.rdb) }},
		telemetry.Check{Name: "group", Run: func(ctx context.Context) error { return stream.CheckGroups(ctx, a.rdb, a.keys) }})
	var api http.Handler = admin.NewRouter(ctx, pushlog.New(a.rdb, a.keys), a.control, a.log)
	err := telemetry.ServeBoth(ctx, a.log, telemetry.Server{Addr: f.ListenAddr, Handler: api}, telemetry.Server{Addr: f.OpsAddr, Handler: ops}, func(ctx context.Context) error {
		return redisconn.Wait(ctx, a.rdb, a.log, func(ctx context.Context) error {
			err := stream.CheckPartitions(ctx, a.rdb, a.keys)
			if errors.Is(err, stream.ErrPartitions) {
				err = fmt.Errorf("%w: %w", redisconn.ErrUnfit, err)
			}
			return err
		})
	})
	if errors.Is(err, context.Canceled) {
		return nil // asked to stop while it waited
	}
	return err
}
