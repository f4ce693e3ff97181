// Command admin serves the push log over HTTP, and keeps the producers' keys.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"pushstream/internal/setting"
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
	command, code, ok := setting.Parse(&cli, "admin", "Serves pushstream's log and keeps its keys.", args, stdout, stderr)
	if !ok {
		return code
	}
	app, err := newApp(&cli, command, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "admin: wrong configuration:\n%v\n", err)
		return setting.ExitUsage
	}
	defer app.close()
	switch command {
	case "serve":
		err = app.serve(ctx, &cli.Serve)
	case "key add <name>":
		err = app.keyAdd(ctx, cli.Key.Add.Name, stdout, stderr)
	case "key list":
		err = app.keyList(ctx, stdout)
	case "key remove <name>":
		err = app.keyRemove(ctx, cli.Key.Remove.Name)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(stderr, "admin: %v\n", err)
		return setting.ExitFailed
	}
	return setting.ExitOK
}
