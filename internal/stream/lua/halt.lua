-- halt: a flush ends.
--
-- KEYS  1 flush (hash)
-- ARGV  1 its number  2 state: done, cancelled or failed  3 why it failed, or ''
--       4 how long it is remembered (ms)
-- Returns 1 if it has ended so, now or before; 0 if it is another, or ended
-- otherwise.
--
-- Crash before: it goes on. Crash after: ended. Twice: the same.
local h = redis.call('HMGET', KEYS[1], 'number', 'state')
if h[1] ~= ARGV[1] then return 0 end
if h[2] ~= 'running' then return h[2] == ARGV[2] and 1 or 0 end
local t = redis.call('TIME')
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'ended_at', iso(t[1] * 1000 + math.floor(t[2] / 1000)))
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'error', ARGV[3]) end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
