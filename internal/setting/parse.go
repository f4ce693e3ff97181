package setting

import (
	"fmt"
	"io"

	"github.com/alecthomas/kong"
)

// Exit codes of every command.
const (
	ExitOK     = 0
	ExitFailed = 1 // the work could not be done
	ExitUsage  = 2 // wrong flags, variables or input format
)

// versionFlag is the flag that every command has besides its own and --help.
type versionFlag struct {
	Version kong.VersionFlag `help:"Print version, commit and Go version, and exit."`
}

// Parse reads a command line into cli, a struct with kong's tags, and returns the command
// that was selected: a pointer to its struct in cli, or nil if cli has no commands. ok is
// false if the process must end at once with code: after --help or --version, or a mistake
// that Parse has named on stderr.
func Parse(cli any, name, description string, args []string, stdout, stderr io.Writer) (command any, code int, ok bool) {
	code = -1
	parser, err := kong.New(cli, kong.Name(name), kong.Description(description),
		kong.Writers(stdout, stderr), kong.Exit(func(c int) { code = c }), WithVersion(name),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}))
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err) // a bug in cli's tags
		return nil, ExitFailed, false
	}
	ctx, err := parser.Parse(args)
	switch {
	case code >= 0: // --help or --version has been written
		return nil, code, false
	case err != nil:
		fmt.Fprintf(stderr, "%s: %v\nsee %s --help\n", name, err, name)
		return nil, ExitUsage, false
	}
	if node := ctx.Selected(); node != nil {
		command = node.Target.Addr().Interface()
	}
	return command, ExitOK, true
}

// WithVersion adds --version to a parser of kong's.
func WithVersion(name string) kong.Option {
	return kong.OptionFunc(func(k *kong.Kong) error {
		if err := kong.Embed(&versionFlag{}).Apply(k); err != nil {
			return err
		}
		return kong.Vars{"version": Version(name)}.Apply(k)
	})
}
