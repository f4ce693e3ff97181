-- token: whose it is, and what it may do. That it was used is noted from time to time.
--
-- KEYS  1 token
-- ARGV  1 now (ms)  2 time between two notes (ms)  3 K
-- Returns {name, scopes, role of its owner or ''}; 'stopped' if its owner is disabled,
-- or gone; or nil if there is none, or it has expired.
--
-- Crash before: as it was. Crash after: noted. Twice: the same.
local t = redis.call('HMGET', KEYS[1], 'name', 'scopes', 'expires_ms', 'used_ms', 'owner')
if not t[1] or tonumber(ARGV[1]) >= tonumber(t[3]) then return false end
local role = ''
if t[5] and t[5] ~= '' then
  local u = redis.call('HMGET', ARGV[3] .. ':user:' .. t[5], 'role', 'disabled')
  if not u[1] or u[2] == '1' then return 'stopped' end
  role = u[1]
end
if ARGV[1] - (t[4] or 0) >= tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], 'used_ms', ARGV[1]) end
return { t[1], t[2], role }
