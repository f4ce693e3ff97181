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
	cli := newCLI()
	selected, code, ok := setting.Parse(cli, "producer", "Hands in pushes: from a file, from the command line, or over HTTP.", args, stdout, stderr)
	if !ok {
		return code
	}
	cmd := selected.(command)
	app, err := newApp(cli, cmd, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "producer: wrong configuration:\n%v\n", err)
		return setting.ExitUsage
	}
	defer app.close()
	app.stdin, app.stdout = stdin, stdout
	return exitCode(cmd.Run(ctx, app), stderr)
}
