-- postpone: device tokens that are over a limit of FCM's wait.
--
-- KEYS  1 waits (zset, hash of the token by until when it waits, in ms)
--       2 lengths (hash, how long each waits, in ms)
-- ARGV  1 most tokens that wait, then for each token, at most 100: its hash, and how
--       long it is to wait (ms)
-- Returns how many wait.
--
-- A token that waits longer already keeps that. What is over leaves; of too many, those
-- whose wait ends first, 200 at a time.
--
-- Crash before: the next push to the token finds out. Crash after: they wait. Twice: they
-- wait from the second time on.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local longest = 0
for i = 2, #ARGV, 2 do
  local length = tonumber(ARGV[i + 1])
  local before = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]) or 0)
  local kept = math.min(before - now, tonumber(redis.call('HGET', KEYS[2], ARGV[i]) or 0))
  if length > kept then
    redis.call('ZADD', KEYS[1], now + length, ARGV[i])
    redis.call('HSET', KEYS[2], ARGV[i], length)
  end
  longest = math.max(longest, length)
end
local over = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, 200)
local most = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[1])
if most > #over then over = redis.call('ZRANGE', KEYS[1], 0, math.min(most, 200) - 1) end
if #over > 0 then
  redis.call('ZREM', KEYS[1], unpack(over))
  redis.call('HDEL', KEYS[2], unpack(over))
end
for i = 1, 2 do
  if redis.call('PTTL', KEYS[i]) < longest then redis.call('PEXPIRE', KEYS[i], longest) end
end
return redis.call('ZCARD', KEYS[1])
