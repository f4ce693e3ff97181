// Command admin serves the push log over HTTP, steers workers and pushes from the
// command line, and keeps the producers' keys.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"pushstream/internal/setting"
	"pushstream/internal/stream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole command; it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli cli
	command, code, ok := setting.Parse(&cli, "admin", "Serves pushstream's log, steers its workers and pushes, keeps its keys.", args, stdout, stderr)
	if !ok {
		return code
	}
	command, _, _ = strings.Cut(command, " <") // "key add <name>"
	app, err := newApp(&cli, command, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "admin: wrong configuration:\n%v\n", err)
		return setting.ExitUsage
	}
	defer app.close()
	switch err := app.do(ctx, &cli, command, stdout, stderr); {
	case err == nil:
		return setting.ExitOK
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "admin: stopped")
	default:
		fmt.Fprintf(stderr, "admin: %v\n", err)
	}
	return setting.ExitFailed
}

// do runs one command, named without its arguments.
func (a *app) do(ctx context.Context, c *cli, command string, stdout, stderr io.Writer) error {
	switch command {
	case "serve":
		return a.serve(ctx, &c.Serve)
	case "worker list":
		return a.workerList(ctx, stdout, stderr)
	case "worker pause":
		return a.workerDesire(ctx, c.Worker.Pause.Name, stream.Paused, stdout)
	case "worker resume":
		return a.workerDesire(ctx, c.Worker.Resume.Name, stream.Running, stdout)
	case "push redrive":
		return a.pushChange(ctx, a.redrive(), stdout, stderr)
	case "push cancel":
		return a.pushChange(ctx, a.cancel(), stdout, stderr)
	case "log export":
		return a.logExport(ctx, c.Log.Export.Output, stdout, stderr)
	case "log flush":
		if c.Log.Flush.Cancel {
			return a.flushCancel(ctx, stdout)
		}
		return a.logFlush(ctx, stdout, stderr)
	case "hold list":
		return a.holdList(ctx, stdout)
	case "hold end":
		return a.holdEnd(ctx, c.Hold.End.Project, stdout)
	case "token list":
		return a.tokenList(ctx, stdout, stderr)
	case "token forget":
		return a.tokenForget(ctx, c.Token.Forget.Hash, stdout)
	case "key add":
		return a.keyAdd(ctx, c.Key.Add.Name, stdout, stderr)
	case "key list":
		return a.keyList(ctx, stdout)
	case "key remove":
		return a.keyRemove(ctx, c.Key.Remove.Name)
	}
	return fmt.Errorf("unknown command %q", command) // a bug: kong knows one more than this list
}
