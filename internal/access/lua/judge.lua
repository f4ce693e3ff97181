-- judge: what came of a try.
--
-- KEYS  1 known  2 failed of the pair  3 failed of the user  4 failed of the address
--       5 failed
-- ARGV  1 K  2 now (ms); empty: Redis's time  3 network  4 what: right, wrong, or unseen
--       (the password was not looked at)  5 id of the known device, or empty
--       6 name of the user's lane that it counted in, or empty  7 ms of a try in it
--       8 1 if it counted for the address  9 1 if the network is known
--       10 life of a count (ms)  11 most counts
--       12 life of a known network (ms)  13 most known networks
--       14 tries of an address without a wait  15 its longest wait (ms)
-- Returns 1.
--
-- A right one no longer counts, nor do earlier ones of the pair, or the device. Waits of
-- user and address stay: else somebody with a right password would get tries at others'.
-- A wrong one counts for the address now, if it did not before: so many at once from one
-- office don't shut each other out.
--
-- Crash before: it counts as failed. Crash after: judged. Twice: one more failure of user
-- and address is forgotten, or counted.
local K, now, what = ARGV[1], clock(ARGV[2]), ARGV[4]
local stranger = ARGV[5] == '' and ARGV[9] ~= '1'
if what == 'wrong' then
  if stranger and ARGV[8] ~= '1' then
    count_failure(K, KEYS[5], KEYS[4], now, ARGV[10], ARGV[11], tonumber(ARGV[14]), tonumber(ARGV[15]))
  end
  return 1
end

local mine = ARGV[5] ~= '' and K .. ':failed:device:' .. ARGV[5] or KEYS[2]
if what == 'right' then
  drop_count(K, KEYS[5], mine)
elseif tonumber(redis.call('HGET', mine, 'failed') or 0) > 0 and redis.call('HINCRBY', mine, 'failed', -1) == 0 then
  drop_count(K, KEYS[5], mine)
end
if ARGV[6] ~= '' then
  local next = tonumber(redis.call('HGET', KEYS[3], ARGV[6]) or 0)
  if next - ARGV[7] > now then
    redis.call('HINCRBY', KEYS[3], ARGV[6], -ARGV[7])
  elseif next > 0 then
    redis.call('HDEL', KEYS[3], ARGV[6]) -- the last field takes the key along
    if redis.call('EXISTS', KEYS[3]) == 0 then drop_count(K, KEYS[5], KEYS[3]) end
  end
end
if ARGV[8] == '1' and tonumber(redis.call('HGET', KEYS[4], 'failed') or 0) > 0 then redis.call('HINCRBY', KEYS[4], 'failed', -1) end
if what == 'right' then
  redis.call('ZADD', KEYS[1], now, ARGV[3])
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[13])
  redis.call('PEXPIRE', KEYS[1], ARGV[12])
end
return 1
