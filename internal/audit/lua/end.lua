-- end: the outcome of an entry is written, once.
--
-- KEYS  entries, outcomes
-- ARGV  id, outcome (a space, details as JSON)
-- Returns 'done', 'unknown' (no such entry), or 'other' (it has another outcome).
--
-- Crash before: the outcome is unknown. Crash after: it is known. Twice: the same.
if #redis.call('XRANGE', entries, id, id) == 0 then return 'unknown' end
local t = redis.call('TIME')
local ms = t[1] * 1000 + math.floor(t[2] / 1000)
if redis.call('HSETNX', outcomes, id, string.format('%.0f ', ms) .. outcome) == 1 then return 'done' end
local had = redis.call('HGET', outcomes, id)
return string.sub(had, (string.find(had, ' ', 1, true) or 0) + 1) == outcome and 'done' or 'other'
