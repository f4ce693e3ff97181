-- lift: a hold ends, because a probe came through or somebody says so; or all
-- consumers go on after a pause. Sending then begins slowly: see allow.
--
-- KEYS  1 hold  2 rate
-- ARGV  1 ramp-up (ms)  2 which hold to end, by its beginning (since); 'any'; or
--       'none', to begin slowly only
-- Returns 1 if there was a hold to end, else 0.
--
-- Crash before: held. Crash after: open. Twice: the ramp-up begins once more.
local t = redis.call('TIME')
local had = 0
if ARGV[2] == 'any' or ARGV[2] ~= 'none' and redis.call('HGET', KEYS[1], 'since') == ARGV[2] then had = redis.call('DEL', KEYS[1]) end
if had == 0 and ARGV[2] ~= 'none' then return 0 end
redis.call('HSET', KEYS[2], 'ramp_from', string.format('%.0f', t[1] * 1000000 + t[2]))
redis.call('PEXPIRE', KEYS[2], 120000 + ARGV[1])
return had
