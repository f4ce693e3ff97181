-- end: one session ends, or all of a user.
--
-- KEYS  1 user or session
-- ARGV  1 K  2 user's name, or empty  3 id of the session, or empty
-- Returns how many have ended.
--
-- Crash before: as it was. Crash after: ended. Twice: the second finds nothing.
if ARGV[2] ~= '' then return end_sessions(ARGV[1], ARGV[2]) end
local user = redis.call('HGET', KEYS[1], 'user')
if not user then return 0 end
redis.call('ZREM', ARGV[1] .. ':sessions:' .. user, ARGV[3])
return redis.call('DEL', KEYS[1])
