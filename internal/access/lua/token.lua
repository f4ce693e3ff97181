-- token: what an API token may do. Its last use is noted from time to time.
--
-- KEYS  token
-- ARGV  now_ms, note_ms (time between two notes), K
-- Returns {name, scopes, role of its owner or ''}; 'stopped' if its owner is disabled,
-- or gone; or nil if there is none, or it has expired.
--
-- Crash before: as it was. Crash after: noted. Twice: the same.
local t = redis.call('HMGET', token, 'name', 'scopes', 'expires_ms', 'used_ms', 'owner')
if not t[1] or tonumber(now_ms) >= tonumber(t[3]) then return false end
local role = ''
if t[5] and t[5] ~= '' then
  local u = redis.call('HMGET', K .. ':user:' .. t[5], 'role', 'disabled')
  if not u[1] or u[2] == '1' then return 'stopped' end
  role = u[1]
end
if now_ms - (t[4] or 0) >= tonumber(note_ms) then redis.call('HSET', token, 'used_ms', now_ms) end
return { t[1], t[2], role }
