package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"pushstream/internal/access"
	"pushstream/internal/admin"
	"pushstream/internal/audit"
	"pushstream/internal/dashboard"
	"pushstream/internal/fcm"
	"pushstream/internal/health"
	"pushstream/internal/httpapi"
	"pushstream/internal/jobs"
	"pushstream/internal/live"
	"pushstream/internal/monitor"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
)

// validateTimeout is how long FCM has to answer for a test push, less than the API has.
const validateTimeout = 8 * time.Second

// trimEvery is how often entries of the audit log that are too old are removed.
const trimEvery = time.Hour

// serve is the command serve.
type serve struct {
	long
	ListenAddr     string   `env:"LISTEN_ADDR" default:"127.0.0.1:8080" help:"Serve dashboard and API at this address. Beyond loopback it needs TLS_CERT_FILE, or TRUSTED_PROXIES that serve HTTPS, and OPS_ADDR."`
	OpsAddr        string   `env:"OPS_ADDR" help:"Serve /healthz, /readyz and /metrics at this address. Empty: beside dashboard and API."`
	TLSCertFile    string   `env:"TLS_CERT_FILE" placeholder:"FILE" help:"Serve HTTPS with this certificate (PEM). A changed file is read again."`
	TLSKeyFile     string   `env:"TLS_KEY_FILE" placeholder:"FILE" help:"Private key (PEM) of the certificate."`
	BasePath       string   `env:"BASE_PATH" default:"/" help:"Serve dashboard and API below this path, such as /push/, if a proxy passes paths on unchanged."`
	TrustedProxies []string `env:"TRUSTED_PROXIES" placeholder:"CIDR" help:"Trust X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Prefix of proxies in these networks, separated by commas."`
	MaxRequests    string   `env:"MAX_REQUESTS" default:"256" help:"Serve at most this many requests of the API at the same time, and as many of the dashboard's files. More get 429."`
	SessionIdle    string   `env:"SESSION_IDLE" default:"30m" help:"End a session after this time without activity of a person. Requests that a page makes by itself do not count."`
	SessionLength  string   `env:"SESSION_LENGTH" default:"12h" help:"End every session after this time."`
	AuditMaxAge    string   `env:"AUDIT_MAX_AGE" default:"17544h" help:"Keep entries of the audit log for this time."`
	Zone           string   `env:"PUSH_ZONE" default:"Asia/Seoul" help:"Show, search and export times in this time zone, and read reserved times in it."`
	ProjectID      string   `env:"FCM_PROJECT_ID" help:"Validate test pushes with this Firebase project; empty: the project of the credentials."`
	Credentials    string   `env:"GOOGLE_APPLICATION_CREDENTIALS" placeholder:"FILE" help:"Service account file for that. Without it and without FCM_ENDPOINT, a test push is not validated by FCM."`
	Endpoint       string   `env:"FCM_ENDPOINT" placeholder:"URL" help:"Validate with a simulator at this http or https address instead of FCM. The credentials are then not used."`
	Sound          string   `name:"apns-sound" env:"APNS_SOUND" default:"default" help:"Set the sound as the consumers do, so that FCM validates what they would send: default, the name of a sound file in the app, or none."`
	AdminUser      string   `env:"ADMIN_USER" help:"Create this administrator if there are no users yet."`
	AdminPassword  string   `env:"ADMIN_PASSWORD" secret:"" help:"Password of that administrator. Both are ignored once there is a user."`
	oidcFlags
	passwordFlags

	requests               int
	idle, length, auditAge time.Duration
	provider               *access.OIDCConfig // nil: none
	zone                   *time.Location
	cost                   access.Cost
	fcm                    *fcm.Sender // nil: nobody asks FCM
}

// Validate checks the flags.
func (f *serve) Validate(check *setting.Checker) {
	addr := check.Addr("LISTEN_ADDR", f.ListenAddr)
	if f.OpsAddr != "" {
		check.Addr("OPS_ADDR", f.OpsAddr)
	}
	if _, _, err := net.SplitHostPort(addr); err == nil && !setting.Loopback(addr) {
		if f.TLSCertFile == "" && len(f.TrustedProxies) == 0 {
			check.Fault("LISTEN_ADDR", "refusing a non-loopback address without TLS: passwords would be sent unencrypted; "+
				"set TLS_CERT_FILE and TLS_KEY_FILE, or TRUSTED_PROXIES if a proxy serves HTTPS")
		}
		if f.OpsAddr == "" {
			check.Fault("OPS_ADDR", "is required with a non-loopback LISTEN_ADDR: /metrics has no login")
		}
	}
	if !dashboard.ValidBase(f.BasePath) {
		check.Fault("BASE_PATH", fmt.Sprintf("%.80q %s", f.BasePath, dashboard.NoBase))
	}
	for _, network := range f.TrustedProxies {
		_, _, err := net.ParseCIDR(network)
		if err != nil && net.ParseIP(network) == nil {
			check.Fault("TRUSTED_PROXIES", fmt.Sprintf("%.60q must be a network such as 10.0.0.0/8, or an address", network))
		}
	}
	if (f.AdminUser == "") != (f.AdminPassword == "") {
		check.Fault("ADMIN_PASSWORD", "goes together with ADMIN_USER")
	}
	f.requests = check.Int("MAX_REQUESTS", f.MaxRequests, 1, 100_000)
	f.idle = check.Duration("SESSION_IDLE", f.SessionIdle, time.Minute, 24*time.Hour)
	f.length = check.Duration("SESSION_LENGTH", f.SessionLength, time.Minute, 30*24*time.Hour)
	f.provider = f.oidcFlags.check(check, f.BasePath)
	f.auditAge = check.Duration("AUDIT_MAX_AGE", f.AuditMaxAge, 24*time.Hour, 20*366*24*time.Hour)
	f.zone = check.Zone("PUSH_ZONE", f.Zone)
	f.cost = f.passwordFlags.check(check)
	if (f.TLSCertFile == "") != (f.TLSKeyFile == "") {
		check.Fault("TLS_KEY_FILE", "goes together with TLS_CERT_FILE")
	} else if f.TLSCertFile != "" {
		if _, err := telemetry.LoadTLS(zap.NewNop(), f.TLSCertFile, f.TLSKeyFile); err != nil {
			check.Fault("TLS_CERT_FILE", err.Error())
		}
	}
	f.fcm = f.sender(check)
}

// sender asks FCM about test pushes, and sends none; nil if nothing says where it is.
func (f *serve) sender(check *setting.Checker) *fcm.Sender {
	o := fcm.Options{ProjectID: f.ProjectID, Endpoint: f.Endpoint, Concurrency: 4, Timeout: validateTimeout, Sound: f.Sound}
	if f.Endpoint == "" { // else a real token would go to a simulator
		o.CredentialsFile = f.Credentials
	}
	if o.Endpoint == "" && o.CredentialsFile == "" {
		return nil
	}
	sender, err := fcm.New(context.Background(), o) // for its values, of which there are none
	if err != nil {
		check.Add(err)
	}
	return sender
}

// Run serves dashboard and API until ctx ends.
func (f *serve) Run(ctx context.Context, a *app) error {
	main, beside := telemetry.Server{Addr: f.ListenAddr}, telemetry.Server{Addr: f.OpsAddr}
	if f.TLSCertFile != "" {
		var err error
		if main.TLS, err = telemetry.LoadTLS(a.log, f.TLSCertFile, f.TLSKeyFile); err != nil {
			return err
		}
	}
	a.openAccess(access.Options{Cost: f.cost, Idle: f.idle, Absolute: f.length})
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // a search reads tens of MB, and keeps none
	}
	registry := telemetry.NewRegistry()
	registry.MustRegister(monitor.New(a.rdb, a.keys), a.clock, admin.NewEndingCollector(a.access))
	checks := append(health.Checks(a.health), telemetry.Check{Name: "clock", Run: a.clock.Check})
	if f.provider == nil { // else the identity provider says who is an administrator
		checks = append(checks, telemetry.Check{Name: "administrator", Run: a.access.CheckAdmin})
	}
	ops := telemetry.Handler(registry, checks...)
	entries := audit.New(a.rdb, a.keys.Prefix, audit.Options{Keep: f.auditAge})
	var provider *access.OIDC
	if f.provider != nil {
		var err error
		if provider, err = a.access.NewOIDC(*f.provider); err != nil {
			return err // a bug: it was checked
		}
	}
	engine := jobs.New(a.rdb, a.keys, stream.NewName(""), a.log)
	hub := live.NewHub(stream.NewEvents(a.rdb, a.keys), live.Shots(a.control, pushlog.New(a.rdb, a.keys), engine), live.Options{Logger: a.log})
	requests := httpapi.NewMetrics(registry)
	o := admin.Options{Redis: a.rdb, Now: a.clock.Now, Keys: a.keys, Access: a.access, Audit: entries, Live: hub, Jobs: engine, Logger: a.log, OIDC: provider,
		TrustedProxies: f.TrustedProxies, MaxRequests: f.requests, Settings: settings(a.cli), Zone: f.zone, Requests: requests, Registerer: registry}
	if f.fcm != nil { // a nil Sender in it would not be nil
		defer f.fcm.Close()
		o.FCM = f.fcm
	}
	api, err := admin.New(ctx, o)
	if err != nil {
		return err
	}
	all, err := dashboard.New(dashboard.Options{Files: a.build, API: api, Logger: a.log, Base: f.BasePath, TrustedProxies: f.TrustedProxies, MaxRequests: f.requests, Metrics: requests})
	if err != nil {
		return err
	}
	main.Handler, beside.Handler = all, ops
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
		g.Go(func() error { return engine.Run(ctx) })
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
func (a *app) firstUser(ctx context.Context, entries *audit.Log, f *serve) error {
	ctx, cancel := brief(ctx)
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
