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

	"pushstream/internal/health"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
)

// cli is every knob of the producer.
type cli struct {
	setting.Common
	Zone         string `env:"PUSH_ZONE" default:"Asia/Seoul" help:"Read reserved times (yyyyMMddHHmmss) in this time zone."`
	MaxBacklog   string `env:"MAX_BACKLOG" default:"1000000" help:"Refuse new pushes while more than this many are unfinished: HTTP 429, and load waits. Pushes reserved for later do not count. A tenth as many urgent pushes are accepted above it. 0: no limit."`
	MaxScheduled string `env:"MAX_SCHEDULED" default:"3000000" help:"Refuse new reserved pushes while more than this many wait for their time: HTTP 429, and load waits. Each takes about 1.5 KB of Redis memory. 0: no limit."`

	Load  load  `cmd:"" help:"Import a file of pushes: NDJSON, or CSV with a header. Running it again sends nothing twice."`
	Send  send  `cmd:"" help:"Hand in one push."`
	Serve serve `cmd:"" help:"Serve HTTP: POST /v1/pushes, GET /v1/pushes/{id}, POST /v1/device-tokens/registered."`

	Registered registered `cmd:"" help:"Hand in device tokens that apps have registered again. Those on the suppression list leave it."`

	BenchFill benchFill `cmd:"" help:"Fill an empty log with made-up ended pushes, for benchmarks and demos. Nothing is sent. No push may be handed in meanwhile."`
}

// newCLI returns the command line without anything given.
func newCLI() *cli { return &cli{Send: newSend()} }

// command is one command of the cli: a struct whose exported fields are its flags.
type command interface {
	Run(ctx context.Context, a *app) error
}

// validator is a command with flags to check. Validate names every fault.
type validator interface {
	Validate(check *setting.Checker)
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
	stdin    io.Reader
	stdout   io.Writer
	stderr   io.Writer
}

// newApp checks every flag of the command, and connects to nothing yet.
func newApp(c *cli, cmd command, stderr io.Writer) (*app, error) {
	var check setting.Checker
	a := &app{keys: c.Keys(&check), zone: check.Zone("PUSH_ZONE", c.Zone), registry: telemetry.NewRegistry(), stderr: stderr}
	a.log = telemetry.NewLogger(stderr, c.Level(&check)).Named("producer")
	backlog := check.Int("MAX_BACKLOG", c.MaxBacklog, 0, 1_000_000_000)
	scheduled := check.Int("MAX_SCHEDULED", c.MaxScheduled, 0, 1_000_000_000)
	if v, is := cmd.(validator); is {
		v.Validate(&check)
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
