-- begin_once: an entry is written, before what it says happens, unless there is one of
-- the same not long ago.
--
-- KEYS  1 entries  2 once
-- ARGV  1 how long it counts for the same (ms)  2 name of this operation  then field, value, …
-- Returns the id of the entry, which is written now or was there.
--
-- Crash before: no entry. Crash after: one whose outcome is unknown. Twice: the second
-- finds the first one's.
local id = redis.call('GET', KEYS[2])
if id then return id end
id = redis.call('XADD', KEYS[1], '*', 'op', unpack(ARGV, 2))
redis.call('SET', KEYS[2], id, 'PX', ARGV[1])
return id
