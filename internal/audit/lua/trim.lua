-- trim: the oldest entries go, if they are too old, with their outcomes.
--
-- KEYS  1 entries  2 outcomes
-- ARGV  1 how long an entry stays (ms)  2 most entries
-- Returns how many have gone.
--
-- Crash before: as it was. Crash after: gone. Twice: the next ones.
local t = redis.call('TIME')
local before = t[1] * 1000 + math.floor(t[2] / 1000) - ARGV[1]
if before <= 0 then return 0 end
local ids = {}
for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', string.format('(%.0f-0', before), 'COUNT', ARGV[2])) do ids[#ids + 1] = e[1] end
if #ids == 0 then return 0 end
redis.call('HDEL', KEYS[2], unpack(ids))
return redis.call('XDEL', KEYS[1], unpack(ids))
