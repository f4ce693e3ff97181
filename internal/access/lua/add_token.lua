-- add_token: a new API token for a program.
--
-- KEYS  tokens, token
-- ARGV  K, id, name, scopes (with spaces between), created_by, created_ms, now_ms,
--       expires_ms, shown_ms (how long it is listed after it has expired),
--       most (tokens of all owners), owner ('' for none), most_owned
-- Returns 'added', 'exists' (a token of the name has not expired), or 'full'
-- (of all, or of the owner).
--
-- Crash before: no token. Crash after: a token whose secret was never shown. Twice: the
-- second finds its own id.
local now = tonumber(now_ms)
if redis.call('EXISTS', token) == 1 then return 'added' end
redis.call('ZREMRANGEBYSCORE', tokens, '-inf', now)
local own = 0
for _, other in ipairs(redis.call('ZRANGE', tokens, 0, -1)) do
  local t = redis.call('HMGET', K .. ':token:' .. other, 'name', 'expires_ms', 'owner')
  if t[3] == owner then own = own + 1 end
  if t[1] == name then
    if tonumber(t[2]) > now then return 'exists' end
    redis.call('DEL', K .. ':token:' .. other)
    redis.call('ZREM', tokens, other)
  end
end
if redis.call('ZCARD', tokens) >= tonumber(most) or own >= tonumber(most_owned) then return 'full' end
local gone = expires_ms + shown_ms
redis.call('HSET', token, 'name', name, 'scopes', scopes, 'created_by', created_by, 'created_ms', created_ms, 'expires_ms', expires_ms, 'owner', owner)
redis.call('PEXPIRE', token, gone - now)
redis.call('ZADD', tokens, gone, id)
if redis.call('PTTL', tokens) < gone - now then redis.call('PEXPIRE', tokens, gone - now) end
return 'added'
