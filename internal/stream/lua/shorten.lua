-- shorten: pushes that wait for their next try wait no longer than was meant, after
-- Redis's clock was set back.
--
-- KEYS  1 due  2 index of what is retrying
-- ARGV  for each push, at most 100: id, how long it was to wait (ms)
-- Returns how many have another due time.
--
-- Crash before: as it was. Crash after: due in time. Twice: the second finds it so.
local now, n = wall(), 0
for i = 1, #ARGV, 2 do
  local due = redis.call('ZSCORE', KEYS[1], ARGV[i])
  local latest = now + ARGV[i + 1]
  if due and tonumber(due) > latest and redis.call('ZSCORE', KEYS[2], ARGV[i]) then
    redis.call('ZADD', KEYS[1], string.format('%.0f', latest), ARGV[i])
    n = n + 1
  end
end
return n
