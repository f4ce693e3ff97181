package pushlog

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"pushstream/internal/push"
)

// Lua has the functions that scripts include to change the log: lua/include/<theme>.lua,
// see internal/redisscript. What scripts know of columns and states is written into
// columns.lua, states.lua and verbs.lua from the tables of internal/push.
var Lua fs.FS = luaFiles{files}

//go:embed lua/include/*.lua
var files embed.FS

// luaFiles are files with tables in the place of marks such as --[[states]].
type luaFiles struct{ embed.FS }

// ReadFile implements fs.ReadFileFS.
func (l luaFiles) ReadFile(name string) ([]byte, error) {
	b, err := l.FS.ReadFile(name)
	return []byte(tables.Replace(string(b))), err
}

var tables = strings.NewReplacer(
	"--[[kept]]", luaList(push.KeptFields()),
	"--[[indexed]]", luaList(push.IndexedFields()),
	"--[[terminal]]", luaSet(push.TerminalStatuses()),
	"--[[takes]]", luaVerbs(),
)

func luaList(names []string) string { return "'" + strings.Join(names, "', '") + "'" }

func luaSet(states []push.Status) string {
	var members []string
	for _, s := range states {
		members = append(members, string(s)+" = true")
	}
	return strings.Join(members, ", ")
}

func luaVerbs() string {
	var verbs []string
	for _, v := range push.Verbs() {
		verbs = append(verbs, fmt.Sprintf("%s = { %s }", v, luaSet(push.StatusesFor(v))))
	}
	return strings.Join(verbs, ", ")
}
