-- read_waits: how much longer device tokens wait.
--
-- KEYS  waits (see add_waits), lengths
-- EACH  token (its hash)
-- include: time
-- Returns for each: ms, 0 if it does not wait.
--
-- No token waits longer than its own length from now on: Redis's clock may have been set
-- back since.
--
-- Crash before, crash after, twice: the same answer.
local now, left = wall(), {}
for i, hash in ipairs(ARGV) do
  local score = redis.call('ZSCORE', waits, hash)
  left[i] = score and math.max(0, tonumber(score) - now) or 0
  if left[i] > 0 then
    local length = tonumber(redis.call('HGET', lengths, hash) or 0)
    if left[i] > length then
      left[i] = length
      redis.call('ZADD', waits, now + length, hash)
    end
  end
end
return left
