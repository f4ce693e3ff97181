-- set_password: a user gets another password; the sessions end, and no browser is known.
--
-- KEYS  1 user
-- ARGV  1 K  2 name  3 password, hashed  4 now (ms)
-- Returns 'done', 'unknown', or 'oidc' (the user has none).
--
-- Crash before: as it was. Crash after: done. Twice: a session that began between the
-- two stays, since the second finds its own hash.
local u = redis.call('HMGET', KEYS[1], 'how', 'password')
if not u[1] then return 'unknown' end
if u[1] ~= 'password' then return 'oidc' end
if u[2] == ARGV[3] then return 'done' end
redis.call('HSET', KEYS[1], 'password', ARGV[3], 'password_ms', ARGV[4])
end_sessions(ARGV[1], ARGV[2])
forget_devices(ARGV[1], ARGV[2])
return 'done'
