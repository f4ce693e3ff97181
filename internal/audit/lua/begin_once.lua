-- begin_once: an entry is written before its action happens, unless there is one of
-- the same action not long ago.
--
-- KEYS  entries, once
-- ARGV  life_ms (how long the entry stands for the same action), operation (its name)
-- REST  field, value
-- Returns the id of the entry, new or not.
--
-- Crash before: no entry. Crash after: one whose outcome is unknown. Twice: the second
-- finds the first one's.
local id = redis.call('GET', once)
if id then return id end
id = redis.call('XADD', entries, '*', 'op', unpack(ARGV, 2)) -- operation, field, value, …
redis.call('SET', once, id, 'PX', life_ms)
return id
