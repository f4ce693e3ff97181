-- forgive: tokens leave the list of those that FCM called dead.
--
-- KEYS  1 tokens (zset, hash of the token by when FCM said so, in ms)  2 why (hash)
-- ARGV  for each token, at most 500: its hash, and until when FCM's word counts as
--       over (ms; '' for any)
-- Returns how many left.
--
-- A token that FCM called dead after that time stays.
--
-- Crash before: on the list. Crash after: off it. Twice: nothing.
local left = 0
for i = 1, #ARGV, 2 do
  local at = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if at and (ARGV[i + 1] == '' or tonumber(at) <= tonumber(ARGV[i + 1])) then
    redis.call('ZREM', KEYS[1], ARGV[i])
    redis.call('HDEL', KEYS[2], ARGV[i])
    left = left + 1
  end
end
return left
