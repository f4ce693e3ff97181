package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/fill"
	"pushstream/internal/health"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
)

const exitUsage = setting.ExitUsage

// benchFillCommand is how the command line names it.
const benchFillCommand = "bench-fill <n>"

// cli is every knob of the producer.
type cli struct {
	setting.Common
	Zone         string `env:"PUSH_ZONE" default:"Asia/Seoul" help:"Read reserved times (yyyyMMddHHmmss) in this time zone."`
	MaxBacklog   string `env:"MAX_BACKLOG" default:"1000000" help:"Refuse new pushes while more than this many are unfinished: HTTP 429, and load waits. Pushes reserved for later do not count. A tenth as many urgent pushes are accepted above it. 0: no limit."`
	MaxScheduled string `env:"MAX_SCHEDULED" default:"3000000" help:"Refuse new reserved pushes while more than this many wait for their time: HTTP 429, and load waits. Each takes about 1.5 KB of Redis memory. 0: no limit."`

	Load  loadFlags  `cmd:"" help:"Import a file of pushes: NDJSON, or CSV with a header. Running it again sends nothing twice."`
	Send  sendFlags  `cmd:"" help:"Hand in one push."`
	Serve serveFlags `cmd:"" help:"Serve HTTP: POST /v1/pushes, GET /v1/pushes/{id}, POST /v1/device-tokens/registered."`

	Registered registeredFlags `cmd:"" help:"Hand in device tokens that apps have registered again. Those on the suppression list leave it."`

	BenchFill benchFillFlags `cmd:"" help:"Fill an empty log with made-up ended pushes, for benchmarks and demos. Nothing is sent. No push may be handed in meanwhile."`
}

type benchFillFlags struct {
	N          string `arg:"" help:"Number of pushes, up to 100000000. Each takes about 1.5 KB of Redis memory."`
	Days       string `default:"30" help:"Spread the times of acceptance over this many days up to now, 1 to 400, with more pushes by day than by night (PUSH_ZONE)."`
	Unfinished string `default:"0" placeholder:"K" help:"Add this many reserved pushes that are due within the next week. A consumer sends them at their time."`
	Seed       string `default:"1" help:"Seed of the random numbers. The same seed makes the same pushes, apart from their times."`
}

type loadFlags struct {
	File         string `arg:"" help:"File to import, plain or gzip; - for standard input."`
	Format       string `enum:"auto,ndjson,csv" default:"auto" help:"Format of the file: auto, ndjson or csv. auto decides by the first character."`
	Encoding     string `default:"auto" help:"Encoding of the file: auto, utf-8, cp949 (\"CSV\" of Korean Excel), utf-16le or utf-16be. auto decides by the byte order mark; without a mark, the whole file must be UTF-8. With a named encoding, only the lines that are not in it are rejected, and standard input is imported while it is read."`
	Rejects      string `placeholder:"FILE" help:"Write rejected lines to this file unchanged, to be corrected and imported again; FILE.reasons.ndjson beside it has the reasons. Empty: the name of the import with .rejected and its extension."`
	Batch        string `placeholder:"NAME" help:"Name this import. A push without an id gets one from this name, its fields, and the number of equal lines before it. Empty: the name of the file without its extension. Required for standard input with pushes without an id. Another name sends the same pushes again."`
	FailOnReject bool   `help:"Exit with code 1 if any line was not accepted. Without it, rejected lines leave the exit code 0."`
}

type registeredFlags struct {
	File string `arg:"" help:"File with one device token a line; - for standard input."`
}

type sendFlags struct {
	ID          string            `help:"Unique id and idempotency key of the push. Empty: generated."`
	DeviceID    string            `required:"" help:"Device token (FCM registration token)."`
	Title       string            `help:"Title. A title or contents is required."`
	Contents    string            `help:"Body."`
	Data        map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"Data for the app. May be given several times."`
	Csno        string            `help:"Customer number."`
	UUIDID      string            `name:"uuid-id" help:"UUID of the app."`
	Servicename string            `help:"Service (D_servicename)."`
	PushGrpID   string            `help:"Push group."`
	CustTelno   string            `help:"Phone number of the customer."`
	At          string            `placeholder:"TIME" help:"Send at this time, within 366 days: yyyyMMddHHmmss or 2026-11-22 09:30 in PUSH_ZONE, or RFC 3339. Empty: now."`
	Urgent      bool              `help:"Send before normal pushes, with FCM priority high."`
	TTL         string            `name:"ttl" placeholder:"SECONDS" help:"Lifetime in seconds, 1 to 2419200. Empty: 3600."`
}

type serveFlags struct {
	ListenAddr  string `env:"LISTEN_ADDR" default:"127.0.0.1:8081" help:"Serve the HTTP API at this address."`
	OpsAddr     string `env:"OPS_ADDR" help:"Serve /healthz, /readyz and /metrics at this address. Empty: beside the HTTP API."`
	MaxBody     string `env:"MAX_BODY" default:"8388608" help:"Refuse a request body of more bytes than this (413)."`
	MaxJobs     string `env:"MAX_JOBS" default:"10000" help:"Refuse a request with more pushes than this (413)."`
	MaxRequests string `env:"MAX_REQUESTS" default:"64" help:"Serve at most this many requests at the same time, one API token at most half of them. More wait up to 2 s, then get 429."`
}

func parse(c *cli, args []string, stdout, stderr io.Writer) (string, int, bool) {
	return setting.Parse(c, "producer", "Hands in pushes: from a file, from the command line, or over HTTP.", args, stdout, stderr)
}

// app is what the commands share.
type app struct {
	rdb      redis.UniversalClient
	keys     pushlog.Keys
	zone     *time.Location
	producer *stream.Producer
	registry *prometheus.Registry
	health   health.Options
	log      *zap.Logger
	serving  serving
	filling  fill.Options
}

// serving are the checked numbers of serve.
type serving struct {
	maxBody, maxJobs, maxRequests int
}

// newApp checks every knob of the command and connects nothing yet.
func newApp(c *cli, command string, stderr io.Writer) (*app, error) {
	var check setting.Checker
	a := &app{keys: c.Keys(&check), zone: check.Zone("PUSH_ZONE", c.Zone), registry: telemetry.NewRegistry()}
	a.log = telemetry.NewLogger(stderr, c.Level(&check)).Named("producer")
	backlog := check.Int("MAX_BACKLOG", c.MaxBacklog, 0, 1_000_000_000)
	scheduled := check.Int("MAX_SCHEDULED", c.MaxScheduled, 0, 1_000_000_000)
	switch command {
	case "serve":
		a.serving = c.Serve.check(&check)
	case benchFillCommand:
		a.filling = c.BenchFill.check(&check, a.zone)
	}
	rdb, err := redisconn.Open(c.RedisURL)
	if err != nil {
		check.Fault("REDIS_URL", err.Error())
	}
	if err := check.Err(); err != nil {
		if rdb != nil {
			_ = rdb.Close() // it never connected
		}
		return nil, err
	}
	a.rdb = rdb
	a.health = health.Options{Redis: rdb, Keys: a.keys, Role: stream.RoleProducer, WithoutAOF: c.AllowNoAOF}
	a.producer = stream.NewProducer(rdb, a.keys, stream.ProducerOptions{MaxBacklog: backlog, MaxScheduled: scheduled, Registerer: a.registry})
	return a, nil
}

func (f *serveFlags) check(check *setting.Checker) serving {
	check.Addr("LISTEN_ADDR", f.ListenAddr)
	if f.OpsAddr != "" {
		check.Addr("OPS_ADDR", f.OpsAddr)
	}
	return serving{
		maxBody:     check.Int("MAX_BODY", f.MaxBody, 1024, 1<<30),
		maxJobs:     check.Int("MAX_JOBS", f.MaxJobs, 1, 1_000_000),
		maxRequests: check.Int("MAX_REQUESTS", f.MaxRequests, 1, 100_000),
	}
}

// ready waits for Redis, and makes sure that it is one to hand jobs to.
func (a *app) ready(ctx context.Context) error {
	return redisconn.Wait(ctx, a.rdb, a.log, func(ctx context.Context) error {
		if err := health.Rights(ctx, a.health); err != nil {
			return err
		}
		err := stream.EnsureGroups(ctx, a.rdb, a.keys)
		if errors.Is(err, stream.ErrPartitions) {
			err = fmt.Errorf("%w: %w", redisconn.ErrUnfit, err)
		}
		return err
	})
}

func (a *app) close() { _ = a.rdb.Close() }

// errUsage marks mistakes of the caller.
var errUsage = errors.New("")

func usage(format string, args ...any) error {
	return fmt.Errorf("%w"+format, append([]any{errUsage}, args...)...)
}

func exitCode(err error, stderr io.Writer) int {
	var faults push.Faults
	switch {
	case err == nil:
		return setting.ExitOK
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "producer: stopped")
		return setting.ExitFailed
	}
	fmt.Fprintf(stderr, "producer: %v\n", err)
	if errors.Is(err, errUsage) || errors.As(err, &faults) {
		return setting.ExitUsage
	}
	return setting.ExitFailed
}
