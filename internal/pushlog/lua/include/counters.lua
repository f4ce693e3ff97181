-- counters: what is counted for the charts.
-- include: time

-- tally adds counts ({field = n}) to the counters of the minute and the hour of
-- ms, which live 48 hours and 400 days. Counters that hold another type are left alone:
-- no push waits for them.
local function tally(K, ms, counts)
  if next(counts) == nil then return end
  local minute = string.format('%s:minute:%04d%02d%02d%02d%02d', K, civil(ms))
  local hour = string.format('%s:hour:%04d%02d%02d%02d', K, civil(ms))
  for field, n in pairs(counts) do
    redis.pcall('HINCRBY', minute, field, n)
    redis.pcall('HINCRBY', hour, field, n)
  end
  redis.call('EXPIRE', minute, 172800)
  redis.call('EXPIRE', hour, 34560000)
end
