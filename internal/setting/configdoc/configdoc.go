// Package configdoc keeps docs/configuration.md true: each binary's part of that page is
// written from the help of its flags, and a test of the binary compares the two.
package configdoc

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"pushstream/internal/setting"
)

// Common is the name of the part with the settings that several binaries share.
const Common = "common"

// update is the variable that makes Check write the page instead of comparing it.
const update = "UPDATE_DOCS"

// Check compares the part of a binary in docs/configuration.md with cli, its flags. With
// UPDATE_DOCS=1 it writes the part again. Packages that are updated together need
// go test -p 1.
func Check(t testing.TB, cli any, binary string) {
	t.Helper()
	page, err := find("docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	part, err := markdown(cli, binary)
	if err != nil {
		t.Fatal(err)
	}
	start, end := fmt.Sprintf("<!-- flags of %s -->\n", binary), fmt.Sprintf("<!-- end of %s -->\n", binary)
	before, rest, ok := strings.Cut(string(text), start)
	old, after, closed := strings.Cut(rest, end)
	switch {
	case !ok || !closed:
		t.Fatalf("%s has no lines %q and %q", page, start, end)
	case old == part:
	case os.Getenv(update) == "":
		t.Errorf("%s is older than the help of %s; run %s=1 go test -p 1 with this package", page, binary, update)
	default:
		if err := os.WriteFile(page, []byte(before+start+part+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// find returns the path of a file of the repository.
func find(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, name), nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above the test")
		}
	}
}

// markdown is a table of the binary's own flags, then one for each command.
func markdown(cli any, binary string) (string, error) {
	parser, err := kong.New(cli, kong.Name(binary))
	if err != nil {
		return "", err
	}
	shared := map[string]bool{"help": true, "version": true}
	if binary != Common && reflect.TypeOf(cli).Elem().Kind() == reflect.Struct {
		if _, has := reflect.TypeOf(cli).Elem().FieldByName("Common"); has {
			for _, f := range kong.Must(&setting.Common{}).Model.Flags {
				shared[f.Name] = true
			}
		}
	}
	var b strings.Builder
	table(&b, parser.Model.Node, shared)
	_ = kong.Visit(parser.Model, func(visited kong.Visitable, next kong.Next) error {
		if node, is := visited.(*kong.Node); is && node.Type == kong.CommandNode && len(node.Children) == 0 && !node.Hidden {
			fmt.Fprintf(&b, "\n**`%s`** %s\n", usage(node), escape(node.Help))
			table(&b, node, shared)
		}
		return next(nil)
	})
	return b.String(), nil
}

// usage is a command as it is typed, without its flags.
func usage(node *kong.Node) string {
	words := strings.Fields(node.FullPath())
	for _, arg := range node.Positional {
		word := strings.ToUpper(arg.Name)
		if !arg.Required {
			word = "[" + word + "]"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// table lists the arguments and flags of a node.
func table(b *strings.Builder, node *kong.Node, without map[string]bool) {
	var rows []string
	for _, arg := range node.Positional {
		rows = append(rows, fmt.Sprintf("| `%s` | | | %s |\n", strings.ToUpper(arg.Name), escape(arg.Help)))
	}
	for _, f := range node.Flags {
		if without[f.Name] || f.Hidden {
			continue
		}
		variable, preset := strings.Join(f.Envs, " "), f.Default
		if variable == "" {
			variable = f.Tag.Get("variable") // fcmsim's
		}
		rows = append(rows, fmt.Sprintf("| `--%s` | %s | %s | %s |\n", f.Name, code(variable), code(preset), escape(f.Help)))
	}
	if len(rows) > 0 {
		fmt.Fprintf(b, "\n| flag | variable | default | meaning |\n|---|---|---|---|\n%s", strings.Join(rows, ""))
	}
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// escape keeps a text in its cell.
func escape(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`).Replace(s)
}
