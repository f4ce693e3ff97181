-- flush: what is in the log is to go, but for what has not ended; unless such an
-- order is being carried out.
--
-- KEYS  1 flush (hash)
-- ARGV  1 name of this operation  2 life of the order (ms)  3 filter (JSON)
--       4 who gives it  5 when the newest push was accepted (ms)
-- Returns 1 if it is ordered, 0 if another one goes on.
--
-- Its number is the time, or follows the last one's, or the newest push: what was
-- accepted before it is meant, also while Redis's clock is behind.
--
-- Crash before: no order. Crash after: ordered. Twice: the second finds the name of
-- the operation.
local h = redis.call('HMGET', KEYS[1], 'op', 'state', 'number')
if h[1] == ARGV[1] then return 1 end
if h[2] == 'running' then return 0 end
local now, newest = wall(), tonumber(ARGV[5])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'state', 'running', 'number', string.format('%.0f', math.max(now, (tonumber(h[3]) or 0) + 1, newest > now and newest + 1 or 0)), 'op', ARGV[1],
  'filter', ARGV[3], 'by', ARGV[4], 'started_at', iso(now))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
