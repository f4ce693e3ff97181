// Command admin serves the dashboard and its API, steers workers and pushes from the
// command line, and keeps users, keys and the audit log.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"pushstream/internal/setting"
	"pushstream/internal/stream"
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
	command, code, ok := setting.Parse(&cli, "admin", "Serves pushstream's log, steers its workers and pushes, keeps its users and keys.", args, stdout, stderr)
	if !ok {
		return code
	}
	command, _, _ = strings.Cut(command, " <") // "key add <name>"
	app, err := newApp(&cli, command, stdin, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "admin: wrong configuration:\n%v\n", err)
		return setting.ExitUsage
	}
	defer app.close()
	app.build = build
	switch err := app.audited(ctx, &cli, command, stderr, func() error { return app.do(ctx, &cli, command, stdout, stderr) }); {
	case err == nil:
		return setting.ExitOK
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "admin: stopped")
	default:
		fmt.Fprintf(stderr, "admin: %v\n", err)
	}
	return setting.ExitFailed
}

// learnTime learns Redis's time. That Redis is away, the command finds out, and says.
func (a *app) learnTime(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	a.clock.Confirm(ctx)
}

// do runs one command, named without its arguments.
func (a *app) do(ctx context.Context, c *cli, command string, stdout, stderr io.Writer) error {
	if command != "serve" { // which goes on learning
		a.learnTime(ctx)
	}
	switch command {
	case "serve":
		return a.serve(ctx, &c.Serve)
	case "worker list":
		return a.workerList(ctx, stdout, stderr)
	case "worker pause":
		return a.workerDesire(ctx, c.Worker.Pause.Name, stream.Paused, stdout)
	case "worker resume":
		return a.workerDesire(ctx, c.Worker.Resume.Name, stream.Running, stdout)
	case "push show":
		return a.pushShow(ctx, c.Push.Show.ID, stdout)
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
	case "project show":
		return a.projectShow(ctx, stdout, stderr)
	case "project set":
		return a.projectSet(ctx, c.Project.Set.Project, stdout)
	case "token list":
		return a.tokenList(ctx, stdout, stderr)
	case "token forget":
		return a.tokenForget(ctx, &c.Token.Forget, stdout, stderr)
	case "key add":
		return a.keyAdd(ctx, &c.Key.Add, stdout, stderr)
	case "key list":
		return a.keyList(ctx, stdout)
	case "key remove":
		return a.keyRemove(ctx, c.Key.Remove.Name)
	case "key transfer":
		return a.keyTransfer(ctx, &c.Key.Transfer)
	case "user add":
		return a.userAdd(ctx, &c.User.Add, stdout, stderr)
	case "user list":
		return a.userList(ctx, stdout)
	case "user role":
		return a.userRole(ctx, &c.User.Role)
	case "user disable":
		return a.userDisable(ctx, c.User.Disable.Name, stderr)
	case "user enable":
		return a.userEnable(ctx, c.User.Enable.Name)
	case "user passwd":
		return a.userPasswd(ctx, &c.User.Passwd, stdout, stderr)
	case "session list":
		return a.sessionList(ctx, c.Session.List.Name, stdout)
	case "session end":
		return a.sessionEnd(ctx, &c.Session.End, stdout)
	case "apitoken add":
		return a.apiTokenAdd(ctx, &c.APIToken.Add, stdout, stderr)
	case "apitoken list":
		return a.apiTokenList(ctx, stdout)
	case "apitoken remove":
		return a.apiTokenRemove(ctx, c.APIToken.Remove.Name)
	case "apitoken transfer":
		return a.apiTokenTransfer(ctx, &c.APIToken.Transfer)
	case "audit list":
		return a.auditList(ctx, stdout, stderr)
	case "audit export":
		return a.auditExport(ctx, &c.Audit.Export, stdout, stderr)
	}
	return fmt.Errorf("unknown command %q", command) // a bug: kong knows one more than this list
}
