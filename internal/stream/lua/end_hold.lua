-- end_hold: an operator ends the hold, or all consumers go on after a pause. Sending then
-- begins slowly: see take_permits.
--
-- KEYS  hold, rate, evidence
-- ARGV  ramp_up_ms, what ('hold' to end the hold, or 'none' to begin slowly only)
-- Returns 1 if there was a hold to end, else 0.
--
-- What the workers reported before is no evidence any more: each worker with an open
-- circuit breaker probes again. After a hold for UNREGISTERED that answer is believed for a
-- while: see weigh_evidence.
--
-- Crash before: held. Crash after: open. Twice: the ramp-up begins again.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local had = 0
if what == 'hold' then
  local reason = redis.call('HGET', hold, 'reason')
  if not reason then return 0 end
  had = redis.call('DEL', hold)
  redis.call('HSET', evidence, 'lifted_ms', now)
  if reason == 'unregistered' then redis.call('HSET', evidence, 'believed_ms', now) end
  redis.call('PEXPIRE', evidence, 3600000)
end
redis.call('HSET', rate, 'ramp_from', string.format('%.0f', t[1] * 1000000 + t[2]))
redis.call('PEXPIRE', rate, 120000 + ramp_up_ms)
return had
