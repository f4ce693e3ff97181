// Command storm is what scripts/chaos starts after building: the proof by
// chaos that nothing accepted is lost. It starts Redis, the FCM simulator, two
// producers and some consumers, hands in pushes, and breaks what can break:
// processes, connections, scripts, the consumer group, Redis, FCM. Then it
// heals everything, waits until the dust has settled, and judges: what was
// lost, what was sent twice and whose fault that was, how long take-overs took,
// and whether the store is sound.
//
//	main.go         flags, exit code
//	storm.go        the phases: start, storm, heal, dust, stop, judge
//	system.go       the processes; unit.go is one of them, that dies and comes back
//	weather.go      which fault strikes when, drawn from the seed
//	consumers.go producers.go redis.go fcm.go
//	                the faults of each
//	parties.go      instead of all that: one party after the other is in trouble (--parties)
//	load.go         jobs over HTTP; imports.go, byhand.go: the other ways in; jobs.go: what they are
//	journal.go      every fault with its time
//	takeover.go     how long entries of a silent consumer stay its own
//	ledger.go       what the simulator saw
//	judge.go        why a push was sent twice
//	report.go       the last line, and what it means
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/setting"
)

func main() {
	redis.SetLogger(silence{}) // that Redis is away we know: we did it
	ctx, stop := setting.UntilSignal()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// silence is a logger.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// defaultLease is the consumer's own; the promise of 15 s is made for it.
const defaultLease = 10 * time.Second

// cli is every knob of scripts/chaos.
type cli struct {
	Seconds     int           `default:"30" help:"Inject faults for this many seconds, or longer if --kills asks for it. Recovery and checks take about 15 s and three leases more."`
	Seed        uint64        `default:"1" help:"Seed of the random numbers: which faults, when, and how FCM answers. Two runs with one seed are similar, not identical, since processes are not synchronised."`
	Kills       int           `default:"0" help:"Continue until this many processes were killed with kill -9, at most 10 s for each."`
	Rate        int           `default:"300" help:"Hand in this many pushes a second, by HTTP, import and XADD together."`
	Consumers   int           `default:"4" help:"Run this many consumers. At most half of them are down at the same time."`
	Lease       time.Duration `default:"10s" help:"Lease of the consumers (CONSUMER_LEASE). Only with 10s the check wants work reclaimed within 15 s."`
	Appendfsync string        `enum:"always,everysec,no" default:"always" help:"appendfsync of Redis: always, everysec or no. kill -9 loses nothing with any of them; a power failure would."`
	Parties     bool          `help:"Run another test instead: one party after the other has a fault (a device over its rate, a worker without a connection to FCM, the clock of Redis, its writes), and no push of the others may wait longer than 5 s."`
	Keep        bool          `help:"Keep the folder of data and logs, and print the journal of faults, also after a success."`
	Bin         string        `env:"RUN_BIN" default:"bin" help:"Folder of the binaries."`
}

// check names every wrong value.
func (c *cli) check() error {
	var check setting.Checker
	least := func(flag string, value, least int) {
		if value < least {
			check.Fault(flag, fmt.Sprintf("%d must be at least %d", value, least))
		}
	}
	least("--seconds", c.Seconds, 1)
	least("--kills", c.Kills, 0)
	least("--rate", c.Rate, 1)
	least("--consumers", c.Consumers, 2)
	if c.Lease < 500*time.Millisecond || c.Lease > time.Hour {
		check.Fault("--lease", fmt.Sprintf("%v must be 500ms to 1h", c.Lease))
	}
	return check.Err()
}

// run is the whole command; it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli cli
	if _, code, ok := setting.Parse(&cli, "chaos", "Injects faults while pushes flow, and proves that no push is lost. "+
		"The last line is one JSON object; the exit code is 0 if every promise was kept.", args, stdout, stderr); !ok {
		return code
	}
	if err := cli.check(); err != nil {
		fmt.Fprintf(stderr, "chaos: %v\n", err)
		return setting.ExitUsage
	}
	s, err := newStorm(&cli, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "chaos: %v\n", err)
		return setting.ExitFailed
	}
	r, err := s.run(ctx)
	s.clear(err == nil && r.OK || ctx.Err() != nil)
	if err != nil {
		fmt.Fprintf(stderr, "chaos: %v\n", err)
		return setting.ExitFailed
	}
	if err := json.NewEncoder(stdout).Encode(r); err != nil {
		fmt.Fprintf(stderr, "chaos: %v\n", err)
		return setting.ExitFailed
	}
	if !r.OK {
		return setting.ExitFailed
	}
	return setting.ExitOK
}
