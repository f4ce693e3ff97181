package main

import (
	"context"
	"errors"

	"pushstream/internal/access"
	"pushstream/internal/health"
	"pushstream/internal/httpapi"
	"pushstream/internal/monitor"
	"pushstream/internal/pushlog"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
)

type serve struct {
	ListenAddr  string `env:"LISTEN_ADDR" default:"127.0.0.1:8081" help:"Serve the HTTP API at this address."`
	OpsAddr     string `env:"OPS_ADDR" help:"Serve /healthz, /readyz and /metrics at this address. Empty: beside the HTTP API."`
	MaxBody     string `env:"MAX_BODY" default:"8388608" help:"Refuse a request body of more bytes than this (413)."`
	MaxJobs     string `env:"MAX_JOBS" default:"10000" help:"Refuse a request with more pushes than this (413)."`
	MaxRequests string `env:"MAX_REQUESTS" default:"64" help:"Serve at most this many requests at the same time, one API token at most half of them. More wait up to 2 s, then get 429."`

	limits serving
}

// serving are the checked numbers of serve.
type serving struct {
	maxBody, maxJobs, maxRequests int
}

// Validate checks the flags.
func (f *serve) Validate(check *setting.Checker) {
	check.Addr("LISTEN_ADDR", f.ListenAddr)
	if f.OpsAddr != "" {
		check.Addr("OPS_ADDR", f.OpsAddr)
	}
	f.limits = serving{
		maxBody:     check.Int("MAX_BODY", f.MaxBody, 1024, 1<<30),
		maxJobs:     check.Int("MAX_JOBS", f.MaxJobs, 1, 1_000_000),
		maxRequests: check.Int("MAX_REQUESTS", f.MaxRequests, 1, 100_000),
	}
}

// Run takes jobs over HTTP until ctx ends.
func (f *serve) Run(ctx context.Context, a *app) error {
	clock := stream.NewClock(a.rdb, a.keys, a.log)
	a.registry.MustRegister(monitor.New(a.rdb, a.keys), clock)
	ops := telemetry.Handler(a.registry, append(health.Checks(a.health), telemetry.Check{Name: "clock", Run: clock.Check})...)
	api := &api{
		producer: a.producer, log: pushlog.New(a.rdb, a.keys), tokens: access.NewGuard(a.rdb, a.keys.Prefix, clock.Now),
		zone: a.zone, serving: f.limits, metrics: httpapi.NewMetrics(a.registry),
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
