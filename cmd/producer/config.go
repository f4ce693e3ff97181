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
	Zone         string `env:"PUSH_ZONE" default:"Asia/Seoul" help:"Time zone of reserved times (yyyyMMddHHmmss)."`
	MaxBacklog   string `env:"MAX_BACKLOG" default:"1000000" help:"Unfinished pushes above which new ones are refused: HTTP 429, and load waits; 0 is no limit. Those reserved for later don't count. A tenth as many urgent pushes are taken above it."`
	MaxScheduled string `env:"MAX_SCHEDULED" default:"3000000" help:"Reserved pushes above which new reserved ones are refused: HTTP 429, and load waits; 0 is no limit."`

	Load  loadFlags  `cmd:"" help:"Import a file of jobs, NDJSON or CSV with a header. May be run again without sending anything twice."`
	Send  sendFlags  `cmd:"" help:"Hand in one job."`
	Serve serveFlags `cmd:"" help:"Take jobs over HTTP: POST /v1/pushes, GET /v1/pushes/{id}, POST /v1/device-tokens/registered."`

	Registered registeredFlags `cmd:"" help:"Hand in device tokens that apps have registered anew: those that FCM had called dead are sent to again."`

	BenchFill benchFillFlags `cmd:"" help:"Fill an empty log with made-up finished pushes, for benchmarks and demos. Nothing is sent; nobody else may hand in jobs meanwhile."`
}

type benchFillFlags struct {
	N          string `arg:"" help:"How many, up to 100,000,000; about 1.5 KB of Redis's memory each."`
	Days       string `default:"30" help:"Accepted within so many days up to now, more by day than by night (PUSH_ZONE); 1 to 400."`
	Unfinished string `default:"0" placeholder:"K" help:"Reserved pushes besides, due within the next week; a consumer sends them when they are due. Default 0."`
	Seed       string `default:"1" help:"The same seed makes the same pushes, but for their times."`
}

type loadFlags struct {
	File         string `arg:"" help:"File to import, which may be packed with gzip; - for standard input."`
	Format       string `enum:"auto,ndjson,csv" default:"auto" help:"auto, ndjson or csv; auto goes by the file's first character."`
	Encoding     string `default:"auto" help:"utf-8, cp949 (Korean Excel's \"CSV\"), utf-16le or utf-16be; auto goes by the byte order mark, and without one takes a file that is UTF-8 as a whole. With a name, only lines that are not in that encoding are rejected, and standard input is read as it comes."`
	Rejects      string `placeholder:"FILE" help:"Where lines that can't be accepted go, as they are, to be mended and handed in again; beside it FILE.reasons.ndjson says why. Default: the import's name with .rejected and its extension."`
	Batch        string `placeholder:"NAME" help:"A push without an id is known again by this name, its fields, and how many equal ones come before it in the file. Default: the file's name without its extension; needed if standard input has a push without an id. Give another one to send the same pushes again."`
	FailOnReject bool   `help:"Exit with 1 if any line was not accepted. Without it the exit code is 0 when every line was accepted, repeated or rejected."`
}

type registeredFlags struct {
	File string `arg:"" help:"File of device tokens, one a line; - for standard input."`
}

type sendFlags struct {
	ID          string            `help:"Unique id of the push, and its idempotency key; made up if absent."`
	DeviceID    string            `required:"" help:"FCM registration token."`
	Title       string            `help:"Title; title or contents is needed."`
	Contents    string            `help:"Body."`
	Data        map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"Data for the app; may be repeated."`
	Csno        string            `help:"Customer number."`
	UUIDID      string            `name:"uuid-id" help:"The app's uuid."`
	Servicename string            `help:"Service (D_servicename)."`
	PushGrpID   string            `help:"Push group."`
	CustTelno   string            `help:"Customer's phone."`
	At          string            `placeholder:"TIME" help:"Reserved time in PUSH_ZONE, yyyyMMddHHmmss or as in 2026-11-22 09:30, or RFC 3339; within 366 days."`
	Urgent      bool              `help:"Overtake normal pushes; FCM priority high."`
	TTL         string            `name:"ttl" placeholder:"SECONDS" help:"Seconds in which it is of use, 1 to 2419200. Default 3600."`
}

type serveFlags struct {
	ListenAddr  string `env:"LISTEN_ADDR" default:"127.0.0.1:8081" help:"Address of the HTTP interface."`
	OpsAddr     string `env:"OPS_ADDR" help:"Address of /healthz, /readyz and /metrics; beside the interface if empty."`
	MaxBody     string `env:"MAX_BODY" default:"8388608" help:"Greatest body of a request in bytes; above it 413."`
	MaxJobs     string `env:"MAX_JOBS" default:"10000" help:"Most jobs in one request; above it 413."`
	MaxRequests string `env:"MAX_REQUESTS" default:"64" help:"Requests served at the same time, at most half of them of one key; above it they wait up to 2 s, then 429."`
}

func parse(c *cli, args []string, stdout, stderr io.Writer) (string, int, bool) {
	return setting.Parse(c, "producer", "Puts push jobs on pushstream's stream.", args, stdout, stderr)
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
