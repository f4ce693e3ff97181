-- add_waits: device tokens that are over a limit of FCM wait.
--
-- KEYS  waits (zset: hash of the token by the end of its wait in ms), lengths (hash: how long
--       each waits, in ms)
-- ARGV  most (tokens that wait)
-- EACH  token (its hash), wait_ms
-- include: time
-- Returns how many wait.
--
-- A token that waits longer already keeps its wait. Waits that are over are removed; of too
-- many, those that end first, 200 at a time.
--
-- Crash before: the next push to the token finds out. Crash after: they wait. Twice: they
-- wait from the second time on.
local now, longest = wall(), 0
for i = first, #ARGV, step do
  local length = tonumber(ARGV[i + WAIT_MS])
  local before = tonumber(redis.call('ZSCORE', waits, ARGV[i + TOKEN]) or 0)
  local kept = math.min(before - now, tonumber(redis.call('HGET', lengths, ARGV[i + TOKEN]) or 0))
  if length > kept then
    redis.call('ZADD', waits, now + length, ARGV[i + TOKEN])
    redis.call('HSET', lengths, ARGV[i + TOKEN], length)
  end
  longest = math.max(longest, length)
end
local over = redis.call('ZRANGE', waits, '-inf', now, 'BYSCORE', 'LIMIT', 0, 200)
local many = redis.call('ZCARD', waits) - tonumber(most)
if many > #over then over = redis.call('ZRANGE', waits, 0, math.min(many, 200) - 1) end
if #over > 0 then
  redis.call('ZREM', waits, unpack(over))
  redis.call('HDEL', lengths, unpack(over))
end
for i = 1, 2 do
  if redis.call('PTTL', KEYS[i]) < longest then redis.call('PEXPIRE', KEYS[i], longest) end
end
return redis.call('ZCARD', waits)
