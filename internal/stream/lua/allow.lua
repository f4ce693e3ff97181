-- allow: permits to send, out of what FCM allows the whole project.
--
-- KEYS  1 hold  2 rate
-- ARGV  1 permits wanted  2 limit a minute, 0 for none
--       3 ramp-up (ms)  4 time until another probe, if nobody answers for this one (ms)
-- Returns {granted, ms to wait if that is 0, what}; what is 'open', 'held',
-- 'probe' (one push may try whether FCM is back), or 'ended' (open, and a hold
-- has just ended by its time).
--
-- The rate is a GCRA (a leaky bucket kept as one time): tat is when the bucket
-- would be empty, and it holds one second's worth. After a hold the rate grows
-- from a hundredth to the whole, in a straight line over the ramp-up:
-- https://firebase.google.com/docs/cloud-messaging/scale-fcm
--
-- The clock is Redis's, since the replicas' own differ.
--
-- Crash before: nothing granted. Crash after: permits that nobody uses. Twice:
-- as many once more.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2] -- µs
local ms = math.floor(now / 1000)
local what = 'open'
local hold = redis.call('HMGET', KEYS[1], 'until_ms', 'probe_at_ms')
if hold[1] and tonumber(hold[1]) > ms then
  return { 0, tonumber(hold[1]) - ms, 'held' }
elseif hold[1] then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'ramp_from', now)
  redis.call('PEXPIRE', KEYS[2], 120000 + ARGV[3])
  what = 'ended'
elseif hold[2] then
  local wait = tonumber(hold[2]) - ms
  if wait > 0 then return { 0, wait, 'held' } end
  redis.call('HSET', KEYS[1], 'probe_at', iso(ms + ARGV[4]), 'probe_at_ms', ms + ARGV[4])
  redis.call('HINCRBY', KEYS[1], 'probes', 1)
  return { 1, 0, 'probe' }
end
local limit = tonumber(ARGV[2])
if limit == 0 then return { tonumber(ARGV[1]), 0, what } end

local rate = redis.call('HMGET', KEYS[2], 'tat', 'ramp_from')
local share = 1
if rate[2] and now - rate[2] < ARGV[3] * 1000 then share = math.max(0.01, (now - rate[2]) / (ARGV[3] * 1000)) end
local each = 60000000 / (limit * share) -- µs between two
local room = math.max(1000000, each)
local tat = math.max(tonumber(rate[1] or 0), now)
local granted = math.min(tonumber(ARGV[1]), math.floor((room - (tat - now)) / each + 1e-6))
if granted < 1 then return { 0, math.max(1, math.ceil((tat + each - room - now) / 1000)), what } end
redis.call('HSET', KEYS[2], 'tat', string.format('%.0f', tat + granted * each))
redis.call('PEXPIRE', KEYS[2], 120000 + ARGV[3])
return { granted, 0, what }
