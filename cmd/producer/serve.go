package main

import (
	"context"
	"errors"

	"pushstream/internal/apikey"
	"pushstream/internal/health"
	"pushstream/internal/httpapi"
	"pushstream/internal/monitor"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
)

// serve takes jobs over HTTP until ctx ends.
func (a *app) serve(ctx context.Context, f *serveFlags) error {
	clock := stream.NewClock(a.rdb, a.keys, a.log)
	a.registry.MustRegister(monitor.New(a.rdb, a.keys), clock)
	ops := telemetry.Handler(a.registry, append(health.Checks(a.health), telemetry.Check{Name: "clock", Run: clock.Check})...)
	api := &api{
		producer: a.producer, log: pushlog.New(a.rdb, a.keys), keys: apikey.NewGuard(apikey.New(a.rdb, a.keys.Prefix).By(clock.Now)),
		zone: a.zone, serving: a.serving, metrics: httpapi.NewMetrics(a.registry),
	}
	err := telemetry.ServeBoth(ctx, a.log, telemetry.Server{Addr: f.ListenAddr, Handler: api.router(a.log)}, telemetry.Server{Addr: f.OpsAddr, Handler: ops}, func(ctx context.Context) error {
		if err := a.ready(ctx); err != nil {
			return err
		}
		return clock.Run(ctx)
	})
	if errors.Is(err, context.Canceled) {
		return nil // told to stop while it waited for Redis
	}
	return err
}
