package redisscript

import (
	"fmt"
	"slices"
	"strings"
)

// guard is what a script does first.
func (l *Library) guard(src string, functions map[string]string) string {
	list := commands(src, functions)
	if len(list) == 0 {
		return ""
	}
	computed := []string(nil)
	if slices.Contains(words.FindAllString(src, -1), "packed") {
		computed = []string{":chunks", ":index"} // else it would be said that a packed push is new
	}
	return fmt.Sprintf("do\n%s\nlocal wrong = check(%s, '^(.-{%s})', %s, %s)\nif wrong then return redis.error_reply(wrong) end\nend\n",
		guard, table(list), l.tag, table(l.samples), table(computed))
}

// table writes texts as a table of Lua.
func table(texts []string) string {
	if len(texts) == 0 {
		return "{}"
	}
	return "{ '" + strings.Join(texts, "', '") + "' }"
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
