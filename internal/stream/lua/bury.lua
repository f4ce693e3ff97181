-- bury: tokens that FCM called dead are remembered; what is too old is forgotten.
--
-- KEYS  1 tokens (zset, hash of the token by time in ms)  2 why (hash)
-- ARGV  1 now (ms)  2 how long to remember (ms)  3 most tokens to remember
--       then for each token, at most 100: its hash, when FCM said so (ms), and why
-- Returns how many it forgot, 200 at most.
--
-- Crash before: unknown; the next push to the token finds out. Crash after:
-- remembered. Twice: the same.
local now, life = tonumber(ARGV[1]), tonumber(ARGV[2])
for i = 4, #ARGV, 3 do
  redis.call('ZADD', KEYS[1], ARGV[i + 1], ARGV[i])
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 2])
end
local old = redis.call('ZRANGE', KEYS[1], '-inf', '(' .. string.format('%.0f', now - life), 'BYSCORE', 'LIMIT', 0, 200)
local over = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[3])
if over > #old then old = redis.call('ZRANGE', KEYS[1], 0, math.min(over, 200) - 1) end
if #old > 0 then
  redis.call('ZREM', KEYS[1], unpack(old))
  redis.call('HDEL', KEYS[2], unpack(old))
end
redis.call('PEXPIRE', KEYS[1], life)
redis.call('PEXPIRE', KEYS[2], life)
return #old
