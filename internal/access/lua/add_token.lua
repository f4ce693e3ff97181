-- add_token: a token for a machine comes to be.
--
-- KEYS  1 tokens  2 token
-- ARGV  1 K  2 id  3 name  4 scopes, with spaces between  5 by whom  6 now (ms)
--       7 expires (ms)  8 how long it is shown after that (ms)  9 most tokens
--       10 owner, or empty  11 most tokens of one owner
-- Returns 'added', 'exists' (there is one of the name that has not expired), or 'full'
-- (of all, or of the owner).
--
-- Crash before: no token. Crash after: one whose secret nobody may have. Twice: the
-- second finds its own id.
local K, now = ARGV[1], tonumber(ARGV[6])
if redis.call('EXISTS', KEYS[2]) == 1 then return 'added' end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local own = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local t = redis.call('HMGET', K .. ':token:' .. id, 'name', 'expires_ms', 'owner')
  if t[3] == ARGV[10] then own = own + 1 end
  if t[1] == ARGV[3] then
    if tonumber(t[2]) > now then return 'exists' end
    redis.call('DEL', K .. ':token:' .. id)
    redis.call('ZREM', KEYS[1], id)
  end
end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[9]) or own >= tonumber(ARGV[11]) then return 'full' end
local gone = ARGV[7] + ARGV[8]
redis.call('HSET', KEYS[2], 'name', ARGV[3], 'scopes', ARGV[4], 'created_by', ARGV[5], 'created_ms', ARGV[6], 'expires_ms', ARGV[7], 'owner', ARGV[10])
redis.call('PEXPIRE', KEYS[2], gone - now)
redis.call('ZADD', KEYS[1], gone, ARGV[2])
if redis.call('PTTL', KEYS[1]) < gone - now then redis.call('PEXPIRE', KEYS[1], gone - now) end
return 'added'
