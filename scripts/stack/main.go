// Command stack is what scripts/run starts after building: Redis, the FCM
// simulator, a producer, two consumers and the admin on loopback, and an import.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"pushstream/internal/setting"
)

func main() {
	ctx, stop := setting.UntilSignal()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// cli is every knob of scripts/run.
type cli struct {
	Once         string        `placeholder:"FILE" help:"Import FILE in a store of its own, wait until every job is terminal, print the summary as JSON, stop everything. Exit code 0 if nothing was lost."`
	File         string        `arg:"" optional:"" help:"File to import; scripts/sample.ndjson if there is none."`
	Timeout      time.Duration `default:"75m" help:"How long --once waits for the jobs to end."`
	Dir          string        `env:"RUN_DIR" default:".run" help:"Data and logs."`
	Bin          string        `env:"RUN_BIN" default:"bin" help:"Where the binaries are."`
	RedisPort    int           `env:"REDIS_PORT" help:"Redis; 6390, with --once a free one."`
	FCMSimPort   int           `name:"fcmsim-port" env:"FCMSIM_PORT" help:"FCM simulator; 8090, with --once a free one."`
	ProducerPort int           `env:"PRODUCER_PORT" help:"Producer's HTTP interface; 8081, with --once a free one."`
	AdminPort    int           `env:"ADMIN_PORT" help:"Admin API; 8080, with --once a free one."`
	ProjectID    string        `env:"FCM_PROJECT_ID" help:"With the next one: send to real FCM, not to the simulator."`
	Credentials  string        `env:"GOOGLE_APPLICATION_CREDENTIALS" placeholder:"FILE" help:"Service account file."`
	MinDelay     string        `env:"RETRY_MIN_DELAY" help:"Wait after the first failed try; 1s with the simulator, 10s with FCM."`
}

// run is the whole command; it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli cli
	if _, code, ok := setting.Parse(&cli, "run", "Starts all of pushstream on this machine and imports a file.", args, stdout, stderr); !ok {
		return code
	}
	s, err := newStack(&cli, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "run: %v\n", err)
		return setting.ExitUsage
	}
	if cli.Once != "" {
		err = s.once(ctx, cli.Once, cli.Timeout)
	} else {
		err = s.stay(ctx)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(stderr, "run: %v\nlogs: %s\n", err, s.dir)
		return setting.ExitFailed
	}
	if err != nil && cli.Once != "" {
		fmt.Fprintln(stderr, "run: stopped before every job was terminal")
		return setting.ExitFailed
	}
	return setting.ExitOK
}
