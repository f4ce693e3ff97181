-- shorten_waits: after Redis's clock was set back, pushes wait no longer for their next try
-- than was decided.
--
-- KEYS  due, retrying (index)
-- EACH  id, wait_ms (how long it was to wait)
-- include: time
-- Returns how many have another due time.
--
-- Crash before: as it was. Crash after: due in time. Twice: the second finds it so.
local now, n = wall(), 0
for i = first, #ARGV, step do
  local was = redis.call('ZSCORE', due, ARGV[i + ID])
  local latest = now + ARGV[i + WAIT_MS]
  if was and tonumber(was) > latest and redis.call('ZSCORE', retrying, ARGV[i + ID]) then
    redis.call('ZADD', due, string.format('%.0f', latest), ARGV[i + ID])
    n = n + 1
  end
end
return n
