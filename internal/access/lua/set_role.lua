-- set_role: a user gets a role, and the grant to reveal or not.
--
-- KEYS  1 users  2 user
-- ARGV  1 K  2 name  3 role  4 reveal (1 or 0)
-- Returns 'done', 'unknown', 'oidc' (the role comes from elsewhere), or 'last' (there
-- would be no enabled administrator left).
--
-- Crash before: as it was. Crash after: done, for the user's sessions too. Twice: the
-- same.
local how = redis.call('HGET', KEYS[2], 'how')
if not how then return 'unknown' end
if how ~= 'password' then return 'oidc' end
if ARGV[3] ~= 'admin' and is_last_admin(ARGV[1], ARGV[2]) then return 'last' end
redis.call('HSET', KEYS[2], 'role', ARGV[3], 'reveal', ARGV[4])
return 'done'
