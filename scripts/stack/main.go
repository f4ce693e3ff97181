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
	Once         string        `placeholder:"FILE" help:"Import FILE into a store of its own, wait until every push has ended, print the summary as JSON, and stop everything. Exit code 0: no accepted push was lost."`
	File         string        `arg:"" optional:"" help:"File to import. Empty: scripts/sample.ndjson."`
	Timeout      time.Duration `default:"75m" help:"Let --once wait this long for the pushes to end."`
	Dir          string        `env:"RUN_DIR" default:".run" help:"Folder of data and logs. A folder belongs to one FCM project: the simulator's is demo."`
	Bin          string        `env:"RUN_BIN" default:"bin" help:"Folder of the binaries."`
	RedisPort    int           `env:"REDIS_PORT" help:"Port of Redis. Empty: 6390, with --once a free port."`
	FCMSimPort   int           `name:"fcmsim-port" env:"FCMSIM_PORT" help:"Port of the FCM simulator. Empty: 8090, with --once a free port."`
	ProducerPort int           `env:"PRODUCER_PORT" help:"Port of the producer. Empty: 8081, with --once a free port."`
	AdminPort    int           `env:"ADMIN_PORT" help:"Port of the admin. Empty: 8080, with --once a free port."`
	ProjectID    string        `env:"FCM_PROJECT_ID" help:"Send to this FCM project instead of the simulator. Needs GOOGLE_APPLICATION_CREDENTIALS."`
	Credentials  string        `env:"GOOGLE_APPLICATION_CREDENTIALS" placeholder:"FILE" help:"Service account file of that project."`
	MinDelay     string        `env:"RETRY_MIN_DELAY" help:"Wait this long after the first failed attempt. Empty: 1s with the simulator, 10s with FCM."`
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
		fmt.Fprintf(stderr, "run: %v\nlogs: %s\n", err, s.Dir)
		return setting.ExitFailed
	}
	if err != nil && cli.Once != "" {
		fmt.Fprintln(stderr, "run: stopped before every job was terminal")
		return setting.ExitFailed
	}
	return setting.ExitOK
}
