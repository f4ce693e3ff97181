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

// Parse reads a command line into cli, a struct with kong's tags. ok is false
// if the process is to end at once with code: after --help or --version, or a
// mistake that it has named on stderr.
func Parse(cli any, name, description string, args []string, stdout, stderr io.Writer) (command string, code int, ok bool) {
	code = -1
	parser, err := kong.New(cli, kong.Name(name), kong.Description(description),
		kong.Writers(stdout, stderr), kong.Exit(func(c int) { code = c }), WithVersion(name),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}))
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err) // a bug in cli's tags
		return "", ExitFailed, false
	}
	ctx, err := parser.Parse(args)
	switch {
	case code >= 0: // --help or --version has been written
		return "", code, false
	case err != nil:
		fmt.Fprintf(stderr, "%s: %v\nsee %s --help\n", name, err, name)
		return "", ExitUsage, false
	}
	return ctx.Command(), ExitOK, true
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
