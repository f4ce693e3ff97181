// Package internal_test keeps the arrows between the packages of pushstream:
// see docs/architecture.md.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "pushstream/"

// imports maps each package of the module, by its folder, to what its files
// import; files are those with tests, or only those without.
func imports(t *testing.T, tests bool) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && file != ".." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || !tests && strings.HasSuffix(name, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(filepath.Dir(strings.TrimPrefix(file, ".."+string(filepath.Separator))))
		all[folder] = append(all[folder], "")
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			all[folder] = append(all[folder], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all["internal/push"]) == 0 || len(all["cmd/consumer"]) == 0 {
		t.Fatalf("the tree was not found: %d folders", len(all))
	}
	return all
}

// ours are the imported packages of this module.
func ours(list []string) []string {
	var own []string
	for _, one := range list {
		if folder, ok := strings.CutPrefix(one, module); ok && !slices.Contains(own, folder) {
			own = append(own, folder)
		}
	}
	slices.Sort(own)
	return own
}

// What a package may import of ours. Each of these carries a promise of the
// design; others may import what they need.
func TestArrows(t *testing.T) {
	t.Parallel()
	all := imports(t, false)
	for folder, allowed := range map[string][]string{
		"internal/push":            nil,
		"internal/pushlog":         {"internal/push", "internal/pushlog/segment"},
		"internal/pushlog/segment": {"internal/push"},
		"internal/stream":          {"internal/loop", "internal/push", "internal/pushlog", "internal/redisclock", "internal/redismemory", "internal/redisscript"},
		"internal/logkeep":         {"internal/loop", "internal/push", "internal/pushlog", "internal/pushlog/segment", "internal/redismemory", "internal/redisscript"},
		"internal/redismemory":     nil,
		"internal/redisscript":     nil,
		"internal/loop":            nil,
		"internal/fcm":             {"internal/push"},
		"internal/fcm/fcmsim":      nil,
		"internal/share":           nil,
		"internal/httpapi":         {"internal/push", "internal/redisconn", "internal/share", "internal/telemetry"},
		"internal/dashboard":       {"internal/httpapi"},
		"webapp":                   nil,
		"internal/access":          {"internal/loop", "internal/redisscript", "internal/share"},
		"internal/access/oidctest": nil,
		"internal/audit":           {"internal/redisscript"},
		"internal/telemetry":       nil,
		"internal/redisconn":       nil,
		"internal/redistest":       {"internal/faketime", "internal/launch"},
		"internal/faketime":        nil,
		"internal/redisclock":      nil,
		"internal/launch":          nil,
		"internal/corpus":          {"internal/push"},
		"internal/export":          {"internal/audit", "internal/push", "internal/pushlog"},
		"internal/monitor":         {"internal/push", "internal/pushlog", "internal/stream"},
		"internal/jobs":            {"internal/loop", "internal/push", "internal/pushlog", "internal/redisclock", "internal/redisscript", "internal/stream"},
		"internal/live":            {"internal/jobs", "internal/push", "internal/pushlog", "internal/stream"},
		"internal/fill":            {"internal/corpus", "internal/push", "internal/pushlog", "internal/stream"},
		"internal/jobfile":         {"internal/push", "internal/pushlog"},
		"internal/storecheck":      {"internal/push", "internal/pushlog", "internal/pushlog/segment"},
	} {
		if all[folder] == nil {
			t.Errorf("there is no %s", folder)
		}
		for _, one := range ours(all[folder]) {
			if !slices.Contains(allowed, one) {
				t.Errorf("%s imports %s; it may import %q", folder, one, allowed)
			}
		}
	}
}

// The vocabulary can be imported by everyone, since it brings nothing along but
// Unicode's tables.
func TestPushImportsOnlyTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for _, one := range imports(t, false)["internal/push"] {
		if one != "golang.org/x/text/unicode/norm" && strings.Contains(one, ".") || strings.HasPrefix(one, module) {
			t.Errorf("it imports %s", one)
		}
	}
}

// FCM's SDK may be changed, or replaced, in one place.
func TestOnlyFCMImportsFirebase(t *testing.T) {
	t.Parallel()
	for folder, list := range imports(t, false) {
		for _, one := range list {
			if strings.HasPrefix(one, "firebase.google.com/") && folder != "internal/fcm" {
				t.Errorf("%s imports %s", folder, one)
			}
		}
	}
	for folder, list := range imports(t, true) {
		for _, one := range list {
			if strings.HasPrefix(one, "firebase.google.com/") && folder != "internal/fcm" && folder != "internal/fcm/fcmsim" {
				t.Errorf("%s imports %s in a test", folder, one)
			}
		}
	}
}

// Redis is not FCM's business, nor FCM that of the stream, not even in tests of
// the one; and nobody reaches into a command.
func TestNoShortcuts(t *testing.T) {
	t.Parallel()
	for folder, list := range imports(t, true) {
		for _, one := range list {
			redis := strings.Contains(one, "redis/go-redis") || one == module+"internal/redisconn"
			if (strings.HasPrefix(folder, "internal/fcm") || folder == "internal/pushlog/segment") && redis {
				t.Errorf("%s imports %s", folder, one)
			}
			if strings.HasPrefix(one, module+"cmd/") || strings.HasPrefix(one, module+"e2e") {
				t.Errorf("%s imports %s", folder, one)
			}
		}
	}
	for folder, list := range imports(t, false) {
		for _, one := range ours(list) {
			if one == "internal/redistest" || one == "internal/access/oidctest" {
				t.Errorf("%s imports %s outside of its tests", folder, one)
			}
			if strings.HasPrefix(one, "internal/fcm") && !strings.HasPrefix(folder, "cmd/") && !strings.HasPrefix(folder, "scripts/") && folder != "e2e" {
				t.Errorf("%s imports %s; only commands wire", folder, one)
			}
		}
	}
}

// Every binary knows the time zones, also on a machine that has none.
func TestZonesAreEmbedded(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"producer", "consumer", "admin"} {
		out, err := exec.Command("go", "list", "-deps", "../cmd/"+name).Output()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(strings.Fields(string(out)), "time/tzdata") {
			t.Errorf("%s does not embed time/tzdata", name)
		}
	}
}

// A folder's name says what is in it.
func TestNoDrawers(t *testing.T) {
	t.Parallel()
	for folder := range imports(t, true) {
		if name := path.Base(folder); slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc", "shared"}, name) {
			t.Errorf("%s is a drawer", folder)
		}
	}
}

// A reader finds what a package is for in one place: its doc.go, the main.go of a
// command, or the only file that it has. Another file with a comment before its package
// clause would be read as a part of it.
func TestPackagesSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	files, comments := map[string][]string{}, map[string][]string{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && file != ".." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		folder := filepath.Dir(file)
		files[folder] = append(files[folder], name)
		if parsed.Doc == nil {
			return nil
		}
		comments[folder] = append(comments[folder], name)
		want := "Package " + parsed.Name.Name + " "
		if parsed.Name.Name == "main" {
			want = "Command " + filepath.Base(folder) + " "
		}
		if !strings.HasPrefix(parsed.Doc.Text(), want) {
			t.Errorf("%s begins with %.40q, not with %q", file, parsed.Doc.Text(), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, names := range files {
		switch found := comments[folder]; {
		case len(found) != 1:
			t.Errorf("%s has %d package comments, in %q; want one", folder, len(found), found)
		case len(names) > 1 && found[0] != "doc.go" && found[0] != "main.go":
			t.Errorf("%s has its package comment in %s; want it in doc.go", folder, found[0])
		}
	}
}
