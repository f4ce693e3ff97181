-- allow: permits to send, out of what FCM allows the whole project.
--
-- KEYS  1 hold  2 rate
-- ARGV  1 permits wanted  2 limit a minute, 0 for none  3 ramp-up (ms)
-- Returns {granted, ms to wait if that is 0, what}; what is 'open', 'held', or
-- 'ended' (open, and a hold has just ended by its time). A hold on evidence has no time:
-- workers probe while it lasts (weigh).
--
-- The rate is a GCRA (a leaky bucket kept as one time): tat is when the bucket
-- would be empty, and it holds one second's worth. After a hold the rate grows
-- from a hundredth to the whole, in a straight line over the ramp-up:
-- https://firebase.google.com/docs/cloud-messaging/scale-fcm
--
-- The clock is Redis's, since the replicas' own differ. It may be set back, by NTP or
-- a failover: then a hold ends after its whole length at the latest, the bucket is full
-- for one second at the most, and a ramp-up that would begin later begins now.
--
-- Crash before: nothing granted. Crash after: permits that nobody uses. Twice:
-- as many once more.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2] -- µs
local ms = math.floor(now / 1000)
local what = 'open'
local hold = redis.call('HMGET', KEYS[1], 'reason', 'until_ms', 'length_ms')
if hold[2] and tonumber(hold[2]) > ms then
  local left = tonumber(hold[2]) - ms
  local length = tonumber(hold[3] or 3600000)
  if left > length then
    left = length
    redis.call('HSET', KEYS[1], 'until', iso(ms + left), 'until_ms', ms + left)
    redis.call('PEXPIRE', KEYS[1], left + 60000)
  end
  return { 0, left, 'held' }
elseif hold[2] then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'ramp_from', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[2], 120000 + ARGV[3])
  what = 'ended'
elseif hold[1] then
  return { 0, 500, 'held' }
end
local limit = tonumber(ARGV[2])
if limit == 0 then return { tonumber(ARGV[1]), 0, what } end

local rate = redis.call('HMGET', KEYS[2], 'tat', 'ramp_from')
local share, ramp = 1, ARGV[3] * 1000
if rate[2] then
  local since = now - rate[2]
  if since < 0 then
    since = 0
    redis.call('HSET', KEYS[2], 'ramp_from', string.format('%.0f', now))
  end
  if since < ramp then share = math.max(0.01, since / ramp) end
end
local each = 60000000 / (limit * share) -- µs between two
local room = math.max(1000000, each)
local tat = math.min(math.max(tonumber(rate[1] or 0), now), now + room)
local granted = math.min(tonumber(ARGV[1]), math.floor((room - (tat - now)) / each + 1e-6))
if granted < 1 then
  redis.call('HSET', KEYS[2], 'tat', string.format('%.0f', tat))
  redis.call('PEXPIRE', KEYS[2], 120000 + ARGV[3])
  return { 0, math.max(1, math.ceil((tat + each - room - now) / 1000)), what }
end
redis.call('HSET', KEYS[2], 'tat', string.format('%.0f', tat + granted * each))
redis.call('PEXPIRE', KEYS[2], 120000 + ARGV[3])
return { granted, 0, what }
