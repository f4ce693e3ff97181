// Command admin serves the dashboard and its API, controls workers and pushes from the
// command line, and manages users, API tokens and the audit log.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"pushstream/internal/setting"
	"pushstream/webapp"
)

func main() {
	yield()
	ctx, stop := setting.UntilSignal()
	code := run(ctx, webapp.Dist(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole command, with a build of the dashboard; it returns the exit code.
func run(ctx context.Context, build fs.FS, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var cli cli
	selected, code, ok := setting.Parse(&cli, "admin", "Serves pushstream's log, controls its workers and pushes, manages its users and API tokens.", args, stdout, stderr)
	if !ok {
		return code
	}
	cmd := selected.(command)
	app, err := newApp(&cli, cmd, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "admin: wrong configuration:\n%v\n", err)
		return setting.ExitUsage
	}
	defer app.close()
	app.build, app.stdin, app.stdout = build, stdin, stdout
	switch err := app.audited(ctx, cmd); {
	case err == nil:
		return setting.ExitOK
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "admin: stopped")
	default:
		fmt.Fprintf(stderr, "admin: %v\n", err)
	}
	return setting.ExitFailed
}
