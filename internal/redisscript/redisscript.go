// Package redisscript makes scripts for Redis out of embedded Lua files, and puts a
// guard before each: Redis does not roll back, so a script that fails at its second
// write has made its first one. The guard looks, before anything is written, whether the
// Redis user may run every command of the script on every kind of its keys, and whether
// the keys that it is given hold what they should. Else the script answers NOPERM or
// WRONGTYPE, with the command or key, and has changed nothing.
package redisscript

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Library makes the scripts of one folder.
type Library struct {
	files   fs.FS
	lib     string
	bodies  map[string]string // the functions of lib.lua, by name
	tag     string
	samples []string
}

// New reads lua/lib.lua of files, if there is one, which is put before every script. samples are ends of
// the names of keys that scripts compute, one of each kind. They follow the hash tag of
// the script's first key, if that matches tag, a pattern of Lua's.
func New(files fs.FS, tag string, samples ...string) *Library {
	l := &Library{files: files, tag: tag, samples: samples, bodies: map[string]string{}}
	if lib, err := fs.ReadFile(files, "lua/lib.lua"); err == nil { // a folder need not have one
		l.lib = string(lib)
	}
	for _, f := range functions.FindAllStringSubmatch(l.lib, -1) {
		l.bodies[f[1]] = f[0]
	}
	return l
}

var (
	// functions are those of lib.lua: from the left margin to the next end there.
	functions = regexp.MustCompile(`(?ms)^local function (\w+)\(.*?^end$`)
	calls     = regexp.MustCompile(`redis\.p?call\('([A-Z]+)'(?:, '([A-Z]+)')?`)
	built     = regexp.MustCompile(`\{ '(X[A-Z]+)', KEYS`)
	words     = regexp.MustCompile(`\b\w+\b`)
)

// Load returns the script lua/<verb>.lua. With anyMemory it runs when Redis is out of
// memory, too.
func (l *Library) Load(verb string, anyMemory bool) *redis.Script {
	flags := ""
	if anyMemory {
		// https://redis.io/docs/latest/develop/programmability/lua-api/#script-flags
		flags = " flags=allow-oom"
	}
	src := l.read(verb)
	return redis.NewScript("#!lua" + flags + "\n" + l.lib + "\n" + l.guard(src) + src)
}

// LoadReading returns a script that writes nothing: it runs on a replica, and while Redis
// refuses writes. It has no guard.
func (l *Library) LoadReading(verb string) *redis.Script {
	return redis.NewScript("#!lua flags=no-writes\n" + l.lib + "\n" + l.read(verb))
}

// Commands are the commands that a script runs, those of the library's functions that it
// uses among them; a subcommand follows its command after a space.
func (l *Library) Commands(verb string) []string { return l.commands(l.read(verb)) }

func (l *Library) commands(src string) []string {
	var found []string
	add := func(text string) {
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
	seen := map[string]bool{}
	var follow func(text string)
	follow = func(text string) {
		add(text)
		for _, word := range words.FindAllString(text, -1) {
			if body, is := l.bodies[word]; is && !seen[word] {
				seen[word] = true
				follow(body)
			}
		}
	}
	follow(src)
	slices.Sort(found)
	return slices.Compact(found)
}

// guard is what a script does first.
func (l *Library) guard(src string) string {
	commands := l.commands(src)
	if len(commands) == 0 {
		return ""
	}
	quoted := func(list []string) string { return "{ '" + strings.Join(list, "', '") + "' }" }
	samples := "{}"
	if len(l.samples) > 0 {
		samples = quoted(l.samples)
	}
	computed := "{}"
	if slices.Contains(words.FindAllString(src, -1), "packed") {
		computed = "{ ':chunks', ':index' }" // of a push that is not found there it would be said that it is new
	}
	return fmt.Sprintf("do\n%s\nlocal wrong = check(%s, '^(.-{%s})', %s, %s)\nif wrong then return redis.error_reply(wrong) end\nend\n", guard, quoted(commands), l.tag, samples, computed)
}

func (l *Library) read(verb string) string {
	src, err := fs.ReadFile(l.files, "lua/"+verb+".lua")
	if err != nil {
		panic(err) // embedded: a bug in who loads it
	}
	return string(src)
}

// guard is the function check(commands, pattern, samples, computed): what is wrong, or nil.
//
// acl_check_cmd is of Redis 7.0: it asks and runs nothing. A key that only counts or
// tells is left out of the look at types, since its scripts go on without it.
const guard = `
local function kind(key)
  local name = string.match(key, ':{%d+}:(.+)$')
  if not name then return nil end
  if name == 'jobs' or name == 'jobs:urgent' then return 'XLEN', 'stream' end
  if name == 'due' or name == 'index' or name == 'late' or name == 'chunks' or string.sub(name, 1, 6) == 'index:' then return 'ZCARD', 'zset' end
  if name == 'sealed' or name == 'flushed' or string.match(name, '^chunk:%d+$') then return 'HLEN', 'hash' end
end

local function check(commands, pattern, samples, computed)
  for _, command in ipairs(commands) do
    local name, sub = string.match(command, '^(%u+) (%u+)$')
    local may
    -- Some take only keys: each argument is one.
    if name then may = redis.acl_check_cmd(name, sub, KEYS[1], KEYS[1], KEYS[1]) else may = redis.acl_check_cmd(command, KEYS[1], KEYS[1], KEYS[1]) end
    if not may then return 'NOPERM the Redis user may not run ' .. string.lower(command) .. ' on ' .. KEYS[1] end
  end
  local tag = string.match(KEYS[1], pattern)
  local keys = { unpack(KEYS) }
  if tag then for _, sample in ipairs(samples) do keys[#keys + 1] = tag .. sample end end
  for command, does in pairs({ EXISTS = 'read', UNLINK = 'write' }) do
    if not redis.acl_check_cmd(command, unpack(keys)) then
      for _, key in ipairs(keys) do
        if not redis.acl_check_cmd(command, key) then return 'NOPERM the Redis user may not ' .. does .. ' keys like ' .. key .. ', or not run ' .. string.lower(command) end
      end
    end
  end
  local typed = { unpack(KEYS) }
  if tag then for _, name in ipairs(computed) do typed[#typed + 1] = tag .. name end end
  for _, key in ipairs(typed) do
    local command, holds = kind(key)
    if command then
      local answer = redis.pcall(command, key)
      if type(answer) == 'table' and answer.err then return 'WRONGTYPE ' .. key .. ' holds no ' .. holds end
    end
  end
end
`
