-- add_user: a new user.
--
-- KEYS  users, user
-- ARGV  name, role, reveal (1 or 0), password (hashed), created_by, now_ms, most (users),
--       only_first (1: only if there is no user)
-- Returns 'added', 'exists' (with only_first: any user does), or 'full'.
--
-- Crash before: no user. Crash after: a user. Twice: the second finds its own hash,
-- whose salt is random.
if redis.call('EXISTS', user) == 1 then
  return redis.call('HGET', user, 'password') == password and 'added' or 'exists'
end
local n = redis.call('ZCARD', users)
if only_first == '1' and n > 0 then return 'exists' end
if n >= tonumber(most) then return 'full' end
redis.call('ZADD', users, 0, name)
redis.call('HSET', user, 'role', role, 'reveal', reveal, 'how', 'password', 'password', password,
  'password_ms', now_ms, 'disabled', '0', 'created_by', created_by, 'created_ms', now_ms)
return 'added'
