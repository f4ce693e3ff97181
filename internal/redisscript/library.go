package redisscript

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Library makes the scripts of a package.
type Library struct {
	folders []fs.FS
	tag     string
	samples []string
}

// New returns the library of the scripts lua/<name>.lua in the first of the folders.
// Included files are lua/include/<theme>.lua in any of them.
//
// samples are ends of the names of keys that the scripts compute, one of each kind. They
// follow the hash tag of the script's first key, if that matches tag, a pattern of Lua's.
func New(tag string, samples []string, folders ...fs.FS) *Library {
	return &Library{folders: folders, tag: tag, samples: samples}
}

// Mode is what a script may do when Redis is in trouble.
type Mode int

// The modes.
const (
	Writes Mode = iota // runs when Redis is out of memory, too
	Adds               // is refused when Redis is out of memory
	Reads              // writes nothing: runs on a replica, and while Redis refuses writes; it has no guard
)

// flags are the first line of a script:
// https://redis.io/docs/latest/develop/programmability/lua-api/#script-flags
func (m Mode) flags() string {
	return [...]string{"#!lua flags=allow-oom\n", "#!lua\n", "#!lua flags=no-writes\n"}[m]
}

// Load returns a script, to be called with what names says. It panics if that is not
// what the head of its file says: a mistake of a caller is found when the process starts.
func (l *Library) Load(name string, mode Mode, names Names) *Script {
	s, err := l.load(name, mode, names)
	if err != nil {
		panic(err) // embedded: a bug
	}
	return s
}

func (l *Library) load(name string, mode Mode, names Names) (*Script, error) {
	file, err := l.read(name)
	if err != nil {
		return nil, err
	}
	src, functions, err := l.include(file.head.include)
	if err != nil {
		return nil, fmt.Errorf("%s.lua: %w", name, err)
	}
	layout, err := newLayout(names)
	if err == nil {
		err = layout.match(file.head)
	}
	if err == nil {
		err = layout.unambiguous(functions, file.body)
	}
	if err != nil {
		return nil, fmt.Errorf("%s.lua: %w", name, err)
	}
	if mode != Reads {
		src += l.guard(file.body, functions)
	}
	src += layout.prelude() + file.body
	return &Script{name: name, layout: &layout, source: redis.NewScript(mode.flags() + src)}, nil
}

// LoadUnnamed is Load for a script whose head names nothing yet: all that can be included
// is, and nothing of a call is checked.
func (l *Library) LoadUnnamed(name string, mode Mode) *Script {
	file, err := l.read(name)
	if err != nil {
		panic(err)
	}
	src, functions, err := l.include(l.themes())
	if err != nil {
		panic(err)
	}
	return &Script{name: name, source: redis.NewScript(mode.flags() + src + l.guard(file.body, functions) + file.body)}
}

// themes are all that can be included.
func (l *Library) themes() []string {
	var all []string
	for _, folder := range l.folders {
		files, _ := fs.Glob(folder, "lua/include/*.lua")
		for _, f := range files {
			all = append(all, strings.TrimSuffix(path.Base(f), ".lua"))
		}
	}
	return all
}

// Scripts are the names of all scripts.
func (l *Library) Scripts() []string {
	files, _ := fs.Glob(l.folders[0], "lua/*.lua") // the pattern is right
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".lua")
	}
	return files
}

// Commands are the commands that a script runs, those of the included functions that it
// uses among them; a subcommand follows its command after a space.
func (l *Library) Commands(name string) []string {
	file, err := l.read(name)
	if err != nil {
		panic(err)
	}
	themes := file.head.include
	if file.head.unnamed {
		themes = l.themes()
	}
	_, functions, err := l.include(themes)
	if err != nil {
		panic(err)
	}
	return commands(file.body, functions)
}

// file is a Lua file in two parts.
type file struct {
	head head
	body string // with the head's comment
}

func (l *Library) read(name string) (file, error) {
	src, err := fs.ReadFile(l.folders[0], "lua/"+name+".lua")
	if err != nil {
		return file{}, err
	}
	return newFile(name, string(src))
}

func newFile(name, src string) (file, error) {
	h, err := parseHead(src)
	if err != nil {
		return file{}, fmt.Errorf("%s.lua: %w", name, err)
	}
	return file{h, src}, nil
}

// Included is the text of included files, for a script that is made elsewhere.
func (l *Library) Included(themes ...string) (string, error) {
	text, _, err := l.include(themes)
	return text, err
}

// include returns the text of included files, each once, what it needs before it; and
// the functions in it, by name.
func (l *Library) include(themes []string) (string, map[string]string, error) {
	var text strings.Builder
	functions, seen := map[string]string{}, map[string]bool{}
	var add func(themes []string) error
	add = func(themes []string) error {
		for _, theme := range themes {
			if seen[theme] {
				continue
			}
			seen[theme] = true // also if it includes itself by others
			f, err := l.readIncluded(theme)
			if err != nil {
				return err
			}
			if err := add(f.head.include); err != nil {
				return err
			}
			for _, found := range function.FindAllStringSubmatch(f.body, -1) {
				functions[cmp.Or(found[1], found[2])] = found[0]
			}
			text.WriteString(f.body)
		}
		return nil
	}
	err := add(themes)
	return text.String(), functions, err
}

func (l *Library) readIncluded(theme string) (file, error) {
	for _, folder := range l.folders {
		if src, err := fs.ReadFile(folder, "lua/include/"+theme+".lua"); err == nil {
			return newFile("include/"+theme, string(src))
		}
	}
	return file{}, fmt.Errorf("no included file %q", theme)
}

var (
	// function is one of an included file: a line, or from the left margin to the next end there.
	function = regexp.MustCompile(`(?m)^local function (\w+)\([^\n]* end$|(?ms)^local function (\w+)\(.*?^end$`)
	calls    = regexp.MustCompile(`redis\.p?call\('([A-Z]+)'(?:, '([A-Z]+)')?`)
	built    = regexp.MustCompile(`\{ '(X[A-Z]+)', KEYS`)
	words    = regexp.MustCompile(`\b\w+\b`)
)

// commands are those of a script, and of the functions that it uses.
func commands(src string, functions map[string]string) []string {
	var found []string
	for _, text := range append(used(src, functions), src) {
		for _, c := range calls.FindAllStringSubmatch(text, -1) {
			name := c[1]
			if c[2] != "" && (name == "XGROUP" || name == "XINFO") {
				name += " " + c[2]
			}
			found = append(found, name)
		}
		for _, c := range built.FindAllStringSubmatch(text, -1) {
			found = append(found, c[1])
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// used are the functions that a script uses, and those that they use.
func used(src string, functions map[string]string) []string {
	var bodies []string
	seen := map[string]bool{}
	var follow func(text string)
	follow = func(text string) {
		for _, word := range words.FindAllString(text, -1) {
			if body, is := functions[word]; is && !seen[word] {
				seen[word] = true
				bodies = append(bodies, body)
				follow(body)
			}
		}
	}
	follow(src)
	return bodies
}
