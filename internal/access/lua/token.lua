-- token: whose it is, and what it may do. That it was used is noted from time to time.
--
-- KEYS  1 token
-- ARGV  1 now (ms)  2 time between two notes (ms)
-- Returns {name, scopes}, or nil if there is none, or it has expired.
--
-- Crash before: as it was. Crash after: noted. Twice: the same.
local t = redis.call('HMGET', KEYS[1], 'name', 'scopes', 'expires_ms', 'used_ms')
if not t[1] or tonumber(ARGV[1]) >= tonumber(t[3]) then return false end
if ARGV[1] - (t[4] or 0) >= tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], 'used_ms', ARGV[1]) end
return { t[1], t[2] }
