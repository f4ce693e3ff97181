// Command producer puts push jobs on the stream: from a file, from the command
// line, or over HTTP. For benchmarks it fills the log with finished ones.
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
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole command; it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var cli cli
	command, code, ok := parse(&cli, args, stdout, stderr)
	if !ok {
		return code
	}
	app, err := newApp(&cli, command, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "producer: wrong configuration:\n%v\n", err)
		return exitUsage
	}
	defer app.close()
	switch command {
	case "send":
		err = app.send(ctx, &cli.Send, stdout)
	case "serve":
		err = app.serve(ctx, &cli.Serve)
	case "registered <file>":
		err = app.registeredFile(ctx, &cli.Registered, stdin, stdout)
	case benchFillCommand:
		err = app.benchFill(ctx, stdout, stderr)
	default: // load <file>
		err = app.load(ctx, &cli.Load, stdin, stdout, stderr)
	}
	return exitCode(err, stderr)
}
