-- oldest_ended: when the oldest push of the log that has ended was accepted.
--
-- KEYS  index, scheduled, queued, retrying (the indexes of these states)
-- ARGV  after_ms (accepted after this time), upto_ms (and at this time or before it, or +inf)
-- Returns the time in ms; -1 if none has ended.
--
-- The index of all has as many more members than the three others as pushes have ended.
-- So the oldest one is found by counting, however many before it have not ended.
--
-- It only reads.
local function ended(upto)
  local n = redis.call('ZCOUNT', index, '(' .. after_ms, upto)
  for i = 2, 4 do n = n - redis.call('ZCOUNT', KEYS[i], '(' .. after_ms, upto) end
  return n
end
if ended(upto_ms) <= 0 then return -1 end
local oldest = redis.call('ZRANGE', index, '(' .. after_ms, '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')[2]
local none, some = tonumber(oldest) - 1, tonumber(upto_ms)
if some == math.huge then some = tonumber(redis.call('ZRANGE', index, 0, 0, 'REV', 'WITHSCORES')[2]) end
if ended(oldest) > 0 then some = tonumber(oldest) end
while some - none > 1 do
  local middle = math.floor((none + some) / 2)
  if ended(string.format('%.0f', middle)) > 0 then some = middle else none = middle end
end
return some
