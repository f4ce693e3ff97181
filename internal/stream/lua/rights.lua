-- rights: what the Redis user may not do, of what a process needs.
--
-- KEYS  jobs
-- ARGV  number (of commands)
-- REST  name (a command, subcommand after a space; then a key, after '%R~' if it is only read)
-- Returns 'command NAME' for each that it may not run, and 'keys NAME' for each key that
-- it may not read and write, or not read.
--
-- It only asks: nothing is run, and no key is touched.
local missing, key_at = {}, first + number
local usable
for i = key_at, #ARGV do
  local key, reads = string.gsub(ARGV[i + NAME], '^%%R~', '')
  local may = redis.acl_check_cmd('HGET', key, 'x')
  if reads == 0 then
    may = may and redis.acl_check_cmd('HSET', key, 'x', 'x')
    if may then usable = usable or key end
  end
  if not may then missing[#missing + 1] = 'keys ' .. key end
end
if not usable then usable, missing = jobs, {} end -- then it is the commands that are missing, or all keys
-- Some take only keys: each argument is one that it may use.
for i = first, key_at - 1 do
  local name, sub = string.match(ARGV[i + NAME], '^(%u+) (%u+)$')
  local may
  if name then may = redis.acl_check_cmd(name, sub, usable, usable, usable) else may = redis.acl_check_cmd(ARGV[i + NAME], usable, usable, usable) end
  if not may then missing[#missing + 1] = 'command ' .. string.lower(ARGV[i + NAME]) end
end
return missing
