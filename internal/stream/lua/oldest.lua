-- oldest: when the oldest push of the log that has ended was accepted.
--
-- KEYS  1 index  2-4 index of what is scheduled, queued, retrying
-- ARGV  1 accepted after this time  2 accepted at this time or before it, or +inf;
--       all in ms
-- Returns the time; -1 if none has ended.
--
-- What has ended is what the index of all has more than the three others have. So
-- it is found by counting, however many that have not ended are before it.
--
-- It only reads.
local function ended(upto)
  local n = redis.call('ZCOUNT', KEYS[1], '(' .. ARGV[1], upto)
  for i = 2, 4 do n = n - redis.call('ZCOUNT', KEYS[i], '(' .. ARGV[1], upto) end
  return n
end
if ended(ARGV[2]) <= 0 then return -1 end
local first = redis.call('ZRANGE', KEYS[1], '(' .. ARGV[1], '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')[2]
local none, some = tonumber(first) - 1, tonumber(ARGV[2])
if some == math.huge then some = tonumber(redis.call('ZRANGE', KEYS[1], 0, 0, 'REV', 'WITHSCORES')[2]) end
if ended(first) > 0 then some = tonumber(first) end
while some - none > 1 do
  local middle = math.floor((none + some) / 2)
  if ended(string.format('%.0f', middle)) > 0 then some = middle else none = middle end
end
return some
