-- end: one session ends, or all sessions of a user.
--
-- KEYS  key (user or session)
-- ARGV  K, name (of the user, whose sessions all end; or ''), id (of the session; or '')
-- include: sessions
-- Returns how many have ended.
--
-- Crash before: as it was. Crash after: ended. Twice: the second finds nothing.
if name ~= '' then return end_sessions(K, name) end
local user = redis.call('HGET', key, 'user')
if not user then return 0 end
redis.call('ZREM', K .. ':sessions:' .. user, id)
return redis.call('DEL', key)
