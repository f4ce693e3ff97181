-- lift: a hold ends, because a probe came through or somebody says so; or all
-- consumers go on after a pause. Sending then begins slowly: see allow.
--
-- KEYS  1 hold  2 rate
-- ARGV  1 ramp-up (ms)  2 1 to end the hold, 0 to begin slowly only
-- Returns 1 if there was a hold to end, else 0.
--
-- Crash before: held. Crash after: open. Twice: the ramp-up begins once more.
local t = redis.call('TIME')
local had = ARGV[2] == '1' and redis.call('DEL', KEYS[1]) or 0
redis.call('HSET', KEYS[2], 'ramp_from', string.format('%.0f', t[1] * 1000000 + t[2]))
redis.call('PEXPIRE', KEYS[2], 120000 + ARGV[1])
return had
