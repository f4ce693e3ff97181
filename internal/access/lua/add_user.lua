-- add_user: a user comes to be.
--
-- KEYS  1 users  2 user
-- ARGV  1 name  2 role  3 reveal (1 or 0)  4 password, hashed  5 by whom
--       6 now (ms)  7 most users  8 1 if only as the first of all
-- Returns 'added', 'exists' (with 8: somebody does), or 'full'.
--
-- Crash before: no user. Crash after: a user. Twice: the second finds its own hash,
-- whose salt is random.
if redis.call('EXISTS', KEYS[2]) == 1 then
  return redis.call('HGET', KEYS[2], 'password') == ARGV[4] and 'added' or 'exists'
end
local n = redis.call('ZCARD', KEYS[1])
if ARGV[8] == '1' and n > 0 then return 'exists' end
if n >= tonumber(ARGV[7]) then return 'full' end
redis.call('ZADD', KEYS[1], 0, ARGV[1])
redis.call('HSET', KEYS[2], 'role', ARGV[2], 'reveal', ARGV[3], 'how', 'password', 'password', ARGV[4],
  'password_ms', ARGV[6], 'disabled', '0', 'created_by', ARGV[5], 'created_ms', ARGV[6])
return 'added'
