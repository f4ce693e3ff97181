// Command benchmark is what scripts/bench starts after building. It measures
// on this machine, against servers that it starts itself on loopback, and
// prints what it measured.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"pushstream/internal/setting"
)

func main() {
	ctx, stop := setting.UntilSignal()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// cli is every knob of scripts/bench.
type cli struct {
	JSON     bool          `name:"json" help:"Print one JSON object a line instead of a table."`
	Bin      string        `env:"RUN_BIN" default:"bin" help:"Folder of the binaries."`
	Pipeline pipelineFlags `cmd:"" help:"Measure accept, send and settle: Redis CPU a push, pushes/s, consumer CPU, latency."`
	API      apiFlags      `cmd:"" name:"api" help:"Measure the admin over HTTP: pages of a log of a million pushes, logins, and a thousand clients of the live events."`
	Log      logFlags      `cmd:"" help:"Measure pages, filters, searches, export and memory of a log of a million pushes, and the cost of a search for the pipeline."`
}

// run is the whole command; it returns the exit code. A missed target is no
// failure: the figures are there to be read.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli cli
	command, code, ok := setting.Parse(&cli, "bench", "Measures pushstream on this machine.", args, stdout, stderr)
	if !ok {
		return code
	}
	dir, err := os.MkdirTemp("", "pushstream-bench-")
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return setting.ExitFailed
	}
	defer os.RemoveAll(dir)
	p := &pipeline{flags: cli.Pipeline, bin: cli.Bin, dir: dir, stderr: stderr}
	measure := p.measure
	switch command.(type) {
	case *logFlags:
		measure = newLogBench(p, cli.Log).measure
	case *apiFlags:
		measure = newAPIBench(p, cli.API).measure
	}
	results, err := measure(ctx)
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return setting.ExitFailed
	}
	if err := report(stdout, results, cli.JSON); err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return setting.ExitFailed
	}
	return setting.ExitOK
}
