-- hold: no consumer sends to the project for a while, because its quota is used up.
--
-- KEYS  hold, evidence
-- ARGV  code (of the answer), detail (of the answer), worker, wait_ms, tokens (number of tokens
--       that FCM gave the answer to), ago_ms (since the first of these answers; '' if FCM itself
--       said that the quota is the project's)
-- include: time
-- Returns 1 if a hold began or became longer, else 0.
--
-- Without FCM's own word it is held only if FCM has accepted nothing of any worker
-- since the first of those answers. The hold ends with its time, by Redis's clock; it
-- keeps its length, so that a clock that is set back does not prolong it: see take_permits.
-- A hold on evidence (weigh_evidence) stays.
--
-- Crash before: not held. Crash after: held. Twice: the same.
local now, wait = wall(), tonumber(wait_ms)
if ago_ms ~= '' then
  local accepted = tonumber(redis.call('HGET', evidence, 'accepted_ms') or 0)
  if math.min(accepted, now) >= now - ago_ms then return 0 end
end
local old = redis.call('HMGET', hold, 'reason', 'since', 'until_ms')
if old[1] and not old[3] then return 0 end
local running = old[3] and tonumber(old[3]) > now
if running and tonumber(old[3]) >= now + wait then return 0 end
redis.call('DEL', hold)
redis.call('HSET', hold, 'reason', 'quota', 'code', code, 'detail', detail, 'by', worker, 'workers', worker,
  'tokens', tokens, 'since', running and old[2] or iso(now), 'until', iso(now + wait), 'until_ms', now + wait, 'length_ms', wait)
redis.call('PEXPIRE', hold, wait + 60000)
return 1
