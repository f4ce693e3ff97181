-- set_password: a user gets another password; the sessions end, and no browser is known.
--
-- KEYS  user
-- ARGV  K, name, password (hashed), now_ms
-- include: sessions, devices
-- Returns 'done', 'unknown', or 'oidc' (the user has none).
--
-- Crash before: as it was. Crash after: done. Twice: a session that began between the
-- two stays, since the second finds its own hash.
local u = redis.call('HMGET', user, 'how', 'password')
if not u[1] then return 'unknown' end
if u[1] ~= 'password' then return 'oidc' end
if u[2] == password then return 'done' end
redis.call('HSET', user, 'password', password, 'password_ms', now_ms)
end_sessions(K, name)
forget_devices(K, name)
return 'done'
