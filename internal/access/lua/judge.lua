-- judge: the result of a login try.
--
-- KEYS  known, failed_pair, failed_user, failed_address, failed
-- ARGV  K, now_ms ('' for Redis's time), network,
--       what (right, wrong, or unseen: the password was not compared),
--       device (id of the known device, or ''),
--       lane (name of the user's lane that it counted in, or ''),
--       each_ms (time of a try in the lane), address (1 if it counted for the address),
--       is_known (1 if the network is known), life_ms (of a count), most (counts),
--       known_ms (life of a known network), most_known (networks),
--       free (tries of an address without a wait), longest_ms (wait of an address)
-- include: time, failures
-- Returns 1.
--
-- A right one no longer counts, nor do earlier ones of the pair, or the device. Waits of
-- user and address stay: else a user with a right password would get tries at other users.
-- A wrong one counts for the address now, if it did not before: so many at once from one
-- office do not shut each other out.
--
-- Crash before: it counts as failed. Crash after: judged. Twice: one more failure of user
-- and address is forgotten, or counted.
local now = clock(now_ms)
local stranger = device == '' and is_known ~= '1'
if what == 'wrong' then
  if stranger and address ~= '1' then
    count_failure(K, failed, failed_address, now, life_ms, most, tonumber(free), tonumber(longest_ms))
  end
  return 1
end

local mine = device ~= '' and K .. ':failed:device:' .. device or failed_pair
if what == 'right' then
  drop_count(K, failed, mine)
elseif tonumber(redis.call('HGET', mine, 'failed') or 0) > 0 and redis.call('HINCRBY', mine, 'failed', -1) == 0 then
  drop_count(K, failed, mine)
end
if lane ~= '' then
  local next = tonumber(redis.call('HGET', failed_user, lane) or 0)
  if next - each_ms > now then
    redis.call('HINCRBY', failed_user, lane, -each_ms)
  elseif next > 0 then
    redis.call('HDEL', failed_user, lane) -- the last field takes the key along
    if redis.call('EXISTS', failed_user) == 0 then drop_count(K, failed, failed_user) end
  end
end
if address == '1' and tonumber(redis.call('HGET', failed_address, 'failed') or 0) > 0 then redis.call('HINCRBY', failed_address, 'failed', -1) end
if what == 'right' then
  redis.call('ZADD', known, now, network)
  redis.call('ZREMRANGEBYRANK', known, 0, -1 - most_known)
  redis.call('PEXPIRE', known, known_ms)
end
return 1
