-- waiting: how much longer device tokens wait.
--
-- KEYS  1 waits  2 lengths: see postpone
-- ARGV  hashes of tokens, at most 500
-- Returns for each: ms that are left, 0 if it does not wait.
--
-- No token waits longer than its own length from now on: Redis's clock may have been set
-- back since.
--
-- Crash before, crash after, twice: the same answer.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local left = {}
for i, hash in ipairs(ARGV) do
  local score = redis.call('ZSCORE', KEYS[1], hash)
  left[i] = score and math.max(0, tonumber(score) - now) or 0
  if left[i] > 0 then
    local length = tonumber(redis.call('HGET', KEYS[2], hash) or 0)
    if left[i] > length then
      left[i] = length
      redis.call('ZADD', KEYS[1], now + length, hash)
    end
  end
end
return left
