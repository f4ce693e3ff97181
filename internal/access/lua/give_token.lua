-- give_token: a token gets another owner.
--
-- KEYS  tokens, user (the new owner)
-- ARGV  K, name (of the token), owner
-- Returns 'done', 'missing' (no token of that name), 'unknown' (no such user), or
-- 'disabled' (the user is).
--
-- Crash before: as it was. Crash after: the new owner. Twice: the same.
local u = redis.call('HMGET', user, 'role', 'disabled')
if not u[1] then return 'unknown' end
if u[2] == '1' then return 'disabled' end
local n = 0
for _, id in ipairs(redis.call('ZRANGE', tokens, 0, -1)) do
  if redis.call('HGET', K .. ':token:' .. id, 'name') == name then
    redis.call('HSET', K .. ':token:' .. id, 'owner', owner)
    n = n + 1
  end
end
return n > 0 and 'done' or 'missing'
