-- lift: somebody ends the hold by hand; or all consumers go on after a pause. Sending
-- then begins slowly: see allow.
--
-- KEYS  1 hold  2 rate  3 evidence
-- ARGV  1 ramp-up (ms)  2 'hold' to end the hold, or 'none' to begin slowly only
-- Returns 1 if there was a hold to end, else 0.
--
-- What the workers reported before is no evidence any more: each that has stepped back
-- tries afresh. After a hold for UNREGISTERED that is believed for a while: see weigh.
--
-- Crash before: held. Crash after: open. Twice: the ramp-up begins once more.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local had = 0
if ARGV[2] == 'hold' then
  local reason = redis.call('HGET', KEYS[1], 'reason')
  if not reason then return 0 end
  had = redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[3], 'lifted_ms', now)
  if reason == 'unregistered' then redis.call('HSET', KEYS[3], 'believed_ms', now) end
  redis.call('PEXPIRE', KEYS[3], 3600000)
end
redis.call('HSET', KEYS[2], 'ramp_from', string.format('%.0f', t[1] * 1000000 + t[2]))
redis.call('PEXPIRE', KEYS[2], 120000 + ARGV[1])
return had
