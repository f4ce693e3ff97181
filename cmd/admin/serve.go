package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"pushstream/internal/access"
	"pushstream/internal/admin"
	"pushstream/internal/apikey"
	"pushstream/internal/audit"
	"pushstream/internal/dashboard"
	"pushstream/internal/health"
	"pushstream/internal/httpapi"
	"pushstream/internal/live"
	"pushstream/internal/monitor"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
)

// serve serves dashboard and API until ctx ends.
func (a *app) serve(ctx context.Context, f *serveFlags) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // a search reads tens of MB, and keeps none
	}
	registry := telemetry.NewRegistry()
	registry.MustRegister(monitor.New(a.rdb, a.keys), a.clock, admin.NewEndingCollector(a.access, apikey.New(a.rdb, a.keys.Prefix)))
	checks := append(health.Checks(a.health), telemetry.Check{Name: "clock", Run: a.clock.Check})
	if a.serving.oidc == nil { // else the identity provider says who is an administrator
		checks = append(checks, telemetry.Check{Name: "administrator", Run: a.access.CheckAdmin})
	}
	ops := telemetry.Handler(registry, checks...)
	entries := audit.New(a.rdb, a.keys.Prefix, audit.Options{Keep: a.serving.auditAge})
	var provider *access.OIDC
	if a.serving.oidc != nil {
		var err error
		if provider, err = a.access.NewOIDC(*a.serving.oidc); err != nil {
			return err // a bug: it was checked
		}
	}
	bulk := stream.NewBulk(a.rdb, a.keys, stream.NewName(""), a.log)
	hub := live.NewHub(stream.NewEvents(a.rdb, a.keys), live.Shots(a.control, pushlog.New(a.rdb, a.keys), bulk), live.Options{Logger: a.log})
	requests := httpapi.NewMetrics(registry)
	o := admin.Options{Redis: a.rdb, Now: a.clock.Now, Keys: a.keys, Access: a.access, Audit: entries, Live: hub, Bulk: bulk, Logger: a.log, OIDC: provider,
		TrustedProxies: f.TrustedProxies, MaxRequests: a.serving.maxRequests, Settings: a.serving.settings, Zone: a.serving.zone, Requests: requests, Registerer: registry}
	if a.serving.fcm != nil { // a nil Sender in it would not be nil
		defer a.serving.fcm.Close()
		o.FCM = a.serving.fcm
	}
	api, err := admin.New(ctx, o)
	if err != nil {
		return err
	}
	all, err := dashboard.New(dashboard.Options{Files: a.build, API: api, Logger: a.log, Base: f.BasePath, TrustedProxies: f.TrustedProxies, MaxRequests: a.serving.maxRequests, Metrics: requests})
	if err != nil {
		return err
	}
	main, beside := telemetry.Server{Addr: f.ListenAddr, Handler: all, TLS: a.serving.tls}, telemetry.Server{Addr: f.OpsAddr, Handler: ops}
	err = telemetry.ServeBoth(ctx, a.log, main, beside, func(ctx context.Context) error {
		err := redisconn.Wait(ctx, a.rdb, a.log, func(ctx context.Context) error {
			if err := health.Rights(ctx, a.health); err != nil {
				return err
			}
			if err := a.clock.Learn(ctx); err != nil {
				return err
			}
			err := stream.CheckPartitions(ctx, a.rdb, a.keys)
			if errors.Is(err, stream.ErrPartitions) {
				err = fmt.Errorf("%w: %w", redisconn.ErrUnfit, err)
			}
			return err
		})
		if err == nil {
			err = a.firstUser(ctx, entries, f)
		}
		if err != nil {
			return err
		}
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error { return hub.Run(ctx) })
		g.Go(func() error { return a.clock.Run(ctx) })
		g.Go(func() error { return bulk.Run(ctx) })
		a.keepAudit(ctx, entries)
		return g.Wait()
	})
	if errors.Is(err, context.Canceled) {
		return nil // asked to stop while it waited
	}
	return err
}

// firstUser makes the first administrator, if there is no user at all, and says so
// if there is still none.
func (a *app) firstUser(ctx context.Context, entries *audit.Log, f *serveFlags) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if f.AdminUser == "" {
		list, err := a.access.Users(ctx)
		if err == nil && len(list) == 0 {
			a.log.Warn("there is no user yet: admin user add NAME --role admin")
		}
		return err
	}
	list, err := a.access.Users(ctx)
	if err != nil || len(list) > 0 {
		return err
	}
	id, err := entries.Begin(ctx, audit.Entry{Kind: audit.System, Actor: "serve", Action: audit.UserAdd, Subject: f.AdminUser, Details: map[string]string{"role": "admin"}})
	if err != nil {
		return err
	}
	made, err := a.access.EnsureFirst(ctx, f.AdminUser, f.AdminPassword)
	if err != nil {
		return errors.Join(fmt.Errorf("ADMIN_USER: %w", err), entries.End(ctx, id, audit.Failed, nil))
	}
	if !made { // somebody else did in the same moment
		return entries.End(ctx, id, audit.Refused, nil)
	}
	a.log.Info("the first administrator", zap.String("user", f.AdminUser))
	return entries.End(ctx, id, audit.Done, nil)
}

// trimEvery is how often entries of the audit log that are too old go.
const trimEvery = time.Hour

// keepAudit keeps the audit log no longer than it is to be, until ctx ends.
func (a *app) keepAudit(ctx context.Context, entries *audit.Log) {
	for {
		if n, err := entries.Trim(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("the audit log can't be trimmed", zap.Error(err))
		} else if n > 0 {
			a.log.Info("old entries left the audit log", zap.Int("entries", n))
		}
		select {
		case <-time.After(trimEvery):
		case <-ctx.Done():
			return
		}
	}
}

// settings are the knobs of serve, to be shown.
func settings(c *cli) []admin.Setting {
	var all []admin.Setting
	values, _ := setting.Effective(c, "serve") // it was parsed: it can't fail
	for _, v := range values {
		all = append(all, admin.Setting(v))
	}
	return all
}
