-- give_token: a token gets another owner.
--
-- KEYS  1 tokens  2 user who is to own it
-- ARGV  1 K  2 name of the token  3 name of the user
-- Returns 'done', 'missing' (no token of that name), 'unknown' (no such user), or
-- 'disabled' (the user is).
--
-- Crash before: as it was. Crash after: given. Twice: the same.
local u = redis.call('HMGET', KEYS[2], 'role', 'disabled')
if not u[1] then return 'unknown' end
if u[2] == '1' then return 'disabled' end
local n = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if redis.call('HGET', ARGV[1] .. ':token:' .. id, 'name') == ARGV[2] then
    redis.call('HSET', ARGV[1] .. ':token:' .. id, 'owner', ARGV[3])
    n = n + 1
  end
end
return n > 0 and 'done' or 'missing'
