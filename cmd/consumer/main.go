// Command consumer is a member of the consumer group: it sends to FCM what is
// on the stream, and writes down what came of it. Run as many as are needed.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"pushstream/internal/health"
	"pushstream/internal/jobs"
	"pushstream/internal/logkeep"
	"pushstream/internal/monitor"
	"pushstream/internal/redisclock"
	"pushstream/internal/redisconn"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
)

func main() {
	ctx, stop := setting.UntilSignal()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	os.Exit(code)
}

// run is the whole command; it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli cli
	if _, code, ok := setting.Parse(&cli, "consumer", "Sends the pushes on pushstream's stream to FCM.", args, stdout, stderr); !ok {
		return code
	}
	cfg, err := cli.check(ctx)
	if err != nil {
		fmt.Fprintf(stderr, "consumer: wrong configuration:\n%v\n", err)
		return setting.ExitUsage
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // measured: a fifth less CPU for some MB of memory
	}
	log := telemetry.NewLogger(stderr, cfg.level).Named("consumer")
	err = consume(ctx, cfg, log)
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(stderr, "consumer: %v\n", err)
		return setting.ExitFailed
	}
	return setting.ExitOK
}

// consume wires the consumer and runs it until ctx ends.
func consume(ctx context.Context, cfg *config, log *zap.Logger) error {
	defer cfg.sender.Close()
	rdb, err := redisconn.Open(cfg.redisURL)
	if err != nil {
		return err
	}
	defer rdb.Close()
	blocking, err := redisconn.OpenBlocking(cfg.redisURL)
	if err != nil {
		return err
	}
	defer blocking.Close()

	ln, err := net.Listen("tcp", cfg.opsAddr)
	if err != nil {
		return fmt.Errorf("listen for ops: %w", err)
	}
	log.Info("listening", zap.String("for", "ops"), zap.Stringer("addr", ln.Addr()))
	opsCtx, stopOps := context.WithCancel(context.WithoutCancel(ctx))
	ops := make(chan error, 1)
	cfg.registry.MustRegister(monitor.New(rdb, cfg.keys))
	clock := stream.NewClock(rdb, cfg.keys, log)
	cfg.registry.MustRegister(clock)
	cfg.stream.Clock = clock
	cfg.stream.OpsAddr, cfg.stream.Logger, cfg.stream.Registerer = ln.Addr().String(), log, cfg.registry
	consumer := stream.NewConsumer(rdb, blocking, cfg.keys, cfg.sender, cfg.stream)
	cfg.logkeep.Logger, cfg.logkeep.Registerer, cfg.logkeep.OnError = log, cfg.registry, consumer.NoteError
	engine := jobs.New(rdb, cfg.keys, consumer.Name(), log)
	sealer, retainer := logkeep.NewSealer(rdb, cfg.keys, cfg.logkeep), logkeep.NewRetainer(rdb, cfg.keys, cfg.logkeep)
	go func() {
		ops <- telemetry.Serve(opsCtx, ln, telemetry.Handler(cfg.registry, checks(rdb, cfg, consumer, clock)...))
	}()
	defer func() { stopOps(); <-ops }()

	if err := redisconn.Wait(ctx, rdb, log, func(ctx context.Context) error { return health.Rights(ctx, cfg.healthOf(rdb)) }); err != nil {
		return err
	}
	roles, ctx := errgroup.WithContext(ctx)
	roles.Go(func() error { return consumer.Run(ctx) })
	for _, role := range []func(context.Context) error{sealer.Run, retainer.Run, engine.Run} {
		roles.Go(func() error {
			select {
			case <-consumer.Joined(): // not before it is known that the store has as many partitions
				return role(ctx)
			case <-ctx.Done():
				return nil
			}
		})
	}
	return roles.Wait()
}

// checks are what /readyz looks at.
func checks(rdb redis.UniversalClient, cfg *config, consumer *stream.Consumer, clock *redisclock.Clock) []telemetry.Check {
	return append(health.Checks(cfg.healthOf(rdb)), []telemetry.Check{
		{Name: "clock", Run: clock.Check},
		{Name: "credential", Run: func(ctx context.Context) error {
			err := cfg.sender.Check(ctx)
			if err != nil && consumer.Held() != nil {
				return telemetry.Note{Err: err} // nobody gets through: another process would fare no better
			}
			return err
		}},
		{Name: "fcm", Run: func(context.Context) error { return consumer.SteppedBack() }},
		{Name: "hold", Run: func(context.Context) error {
			if err := consumer.Held(); err != nil {
				return telemetry.Note{Err: err}
			}
			return nil
		}},
	}...)
}

// healthOf is what is looked at of Redis.
func (c *config) healthOf(rdb redis.UniversalClient) health.Options {
	return health.Options{Redis: rdb, Keys: c.keys, Role: stream.RoleConsumer, WithoutAOF: c.withoutAOF}
}
