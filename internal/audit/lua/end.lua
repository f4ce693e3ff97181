-- end: what came of an entry is written down, once.
--
-- KEYS  1 entries  2 outcomes
-- ARGV  1 id  2 outcome, a space, details (JSON)
-- Returns 'done', 'unknown' (no such entry), or 'other' (it has another outcome).
--
-- Crash before: the outcome is unknown. Crash after: it is known. Twice: the same.
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then return 'unknown' end
local t = redis.call('TIME')
local ms = t[1] * 1000 + math.floor(t[2] / 1000)
if redis.call('HSETNX', KEYS[2], ARGV[1], string.format('%.0f ', ms) .. ARGV[2]) == 1 then return 'done' end
local had = redis.call('HGET', KEYS[2], ARGV[1])
return string.sub(had, (string.find(had, ' ', 1, true) or 0) + 1) == ARGV[2] and 'done' or 'other'
