-- take_permits: permits to send, out of the rate that FCM allows the whole project.
--
-- KEYS  hold, rate
-- ARGV  wanted (permits), limit (a minute, 0 for none), ramp_up_ms
-- include: time
-- Returns {granted, ms to wait if that is 0, what}; what is 'open', 'held', or
-- 'ended' (open, and a hold has just ended by its time). A hold on evidence has no end:
-- consumers probe while it lasts (weigh_evidence).
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
-- Crash before: nothing granted. Crash after: permits that are not used. Twice:
-- as many again.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2] -- µs
local ms = math.floor(now / 1000)
local what = 'open'
local held = redis.call('HMGET', hold, 'reason', 'until_ms', 'length_ms')
if held[2] and tonumber(held[2]) > ms then
  local left = tonumber(held[2]) - ms
  local length = tonumber(held[3] or 3600000)
  if left > length then
    left = length
    redis.call('HSET', hold, 'until', iso(ms + left), 'until_ms', ms + left)
    redis.call('PEXPIRE', hold, left + 60000)
  end
  return { 0, left, 'held' }
elseif held[2] then
  redis.call('DEL', hold)
  redis.call('HSET', rate, 'ramp_from', string.format('%.0f', now))
  redis.call('PEXPIRE', rate, 120000 + ramp_up_ms)
  what = 'ended'
elseif held[1] then
  return { 0, 500, 'held' }
end
limit = tonumber(limit)
if limit == 0 then return { tonumber(wanted), 0, what } end

local r = redis.call('HMGET', rate, 'tat', 'ramp_from')
local share, ramp = 1, ramp_up_ms * 1000
if r[2] then
  local since = now - r[2]
  if since < 0 then
    since = 0
    redis.call('HSET', rate, 'ramp_from', string.format('%.0f', now))
  end
  if since < ramp then share = math.max(0.01, since / ramp) end
end
local each = 60000000 / (limit * share) -- µs between two
local room = math.max(1000000, each)
local tat = math.min(math.max(tonumber(r[1] or 0), now), now + room)
local granted = math.min(tonumber(wanted), math.floor((room - (tat - now)) / each + 1e-6))
if granted < 1 then
  redis.call('HSET', rate, 'tat', string.format('%.0f', tat))
  redis.call('PEXPIRE', rate, 120000 + ramp_up_ms)
  return { 0, math.max(1, math.ceil((tat + each - room - now) / 1000)), what }
end
redis.call('HSET', rate, 'tat', string.format('%.0f', tat + granted * each))
redis.call('PEXPIRE', rate, 120000 + ramp_up_ms)
return { granted, 0, what }
