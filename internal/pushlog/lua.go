package pushlog

import "embed"

// Lua has the functions that scripts include to change the log: lua/include/<theme>.lua,
// see internal/redisscript.
//
//go:embed lua/include/*.lua
var Lua embed.FS
