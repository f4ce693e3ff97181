-- rights: what the Redis user may not do, of what a process needs.
--
-- KEYS  1 jobs
-- ARGV  1 how many commands, then each (a subcommand after a space), then keys, those that
--       are only read after '%R~'
-- Returns 'command NAME' for each that it may not run, and 'keys NAME' for each key that
-- it may not read and write, or not read.
--
-- It only asks: nothing is run, and no key is touched.
local missing, first = {}, 2 + ARGV[1]
local usable
for i = first, #ARGV do
  local key, reads = string.gsub(ARGV[i], '^%%R~', '')
  local may = redis.acl_check_cmd('HGET', key, 'x')
  if reads == 0 then
    may = may and redis.acl_check_cmd('HSET', key, 'x', 'x')
    if may then usable = usable or key end
  end
  if not may then missing[#missing + 1] = 'keys ' .. key end
end
if not usable then usable, missing = KEYS[1], {} end -- then it is the commands that are missing, or all keys
-- Some take only keys: each argument is one that it may use.
for i = 2, first - 1 do
  local name, sub = string.match(ARGV[i], '^(%u+) (%u+)$')
  local may
  if name then may = redis.acl_check_cmd(name, sub, usable, usable, usable) else may = redis.acl_check_cmd(ARGV[i], usable, usable, usable) end
  if not may then missing[#missing + 1] = 'command ' .. string.lower(ARGV[i]) end
end
return missing
