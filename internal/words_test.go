package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// wrongWords have one standard name that is used instead: in flight, lease expired, lock,
// matched, examined, circuit breaker open, suppressed token, requires the permission.
var wrongWords = regexp.MustCompile(`(?i)\b(in hand|resen[dt]s?|resending|lapsed?|seized?|buried|whoever|somebody|you may not|is meant|are meant|looked at|called dead|stepped back)\b`)

// An operator reads the helps of all binaries in docs/configuration.md, and begins with
// the README: both use one word for one thing.
func TestPlainWordsOfHelps(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"../README.md", "../docs/configuration.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			if found := wrongWords.FindString(line); found != "" {
				t.Errorf("%s:%d says %q", file, n+1, found)
			}
		}
	}
}

// What commands and the HTTP interfaces answer are texts of these packages.
func TestPlainWordsOfErrors(t *testing.T) {
	t.Parallel()
	for _, root := range []string{"../cmd", "admin", "httpapi", "access", "audit", "setting", "jobfile", "push", "dashboard"} {
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				literal, is := n.(*ast.BasicLit)
				if !is || literal.Kind != token.STRING {
					return true
				}
				text, _ := strconv.Unquote(literal.Value)
				if found := wrongWords.FindString(text); found != "" {
					t.Errorf("%s says %q in %.80q", set.Position(literal.Pos()), found, text)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWrongWordsAreFound(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2 in hand", "Resent", "whoever asks", "65 looked at", "it has stepped back"} {
		if !wrongWords.MatchString(text) {
			t.Errorf("%q is not found", text)
		}
	}
}
