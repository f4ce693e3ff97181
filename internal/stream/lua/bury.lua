-- bury: tokens that FCM called dead are remembered; what is too old is forgotten.
--
-- KEYS  1 tokens (zset, hash of the token by when FCM said so, in ms)  2 why (hash)
-- ARGV  1 how long to remember (ms)  2 most tokens to remember  3 until FCM is asked
--       again (ms)
--       then for each token, at most 100: its hash, when FCM said so (ms), FCM's code,
--       and the id of the push that found out
-- Returns how many it forgot, 200 at most.
--
-- A token that is on the list is there from now on by FCM's newest word.
--
-- Crash before: unknown; the next push to the token finds out. Crash after:
-- remembered. Twice: the same.
local now, life = wall(), tonumber(ARGV[1])
for i = 4, #ARGV, 4 do
  local at = math.min(tonumber(ARGV[i + 1]), now)
  local newest = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if not newest or tonumber(newest) <= at then
    redis.call('ZADD', KEYS[1], string.format('%.0f', at), ARGV[i])
    redis.call('HSET', KEYS[2], ARGV[i], string.format('%s %s %.0f', ARGV[i + 2], ARGV[i + 3], at + ARGV[3]))
  end
end
local old = redis.call('ZRANGE', KEYS[1], '-inf', '(' .. string.format('%.0f', now - life), 'BYSCORE', 'LIMIT', 0, 200)
local over = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[2])
if over > #old then old = redis.call('ZRANGE', KEYS[1], 0, math.min(over, 200) - 1) end
if #old > 0 then
  redis.call('ZREM', KEYS[1], unpack(old))
  redis.call('HDEL', KEYS[2], unpack(old))
end
redis.call('PEXPIRE', KEYS[1], life)
redis.call('PEXPIRE', KEYS[2], life)
return #old
