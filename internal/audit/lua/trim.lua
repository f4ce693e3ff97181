-- trim: entries that are too old are removed, with their outcomes.
--
-- KEYS  entries, outcomes
-- ARGV  keep_ms (how long an entry stays), most (entries)
-- Returns how many were removed.
--
-- Crash before: as it was. Crash after: gone. Twice: the next ones.
local t = redis.call('TIME')
local before = t[1] * 1000 + math.floor(t[2] / 1000) - keep_ms
if before <= 0 then return 0 end
local ids = {}
for _, e in ipairs(redis.call('XRANGE', entries, '-', string.format('(%.0f-0', before), 'COUNT', most)) do ids[#ids + 1] = e[1] end
if #ids == 0 then return 0 end
redis.call('HDEL', outcomes, unpack(ids))
return redis.call('XDEL', entries, unpack(ids))
