-- hold: nobody sends to the project for a while, because its quota is used up.
--
-- KEYS  1 hold  2 evidence
-- ARGV  1 code of the answer  2 its detail  3 worker  4 wait (ms)
--       5 number of tokens that FCM gave it to
--       6 how long ago it gave it to the first of them (ms); empty if FCM said itself
--       that it is the project's
-- Returns 1 if a hold began or became longer, else 0.
--
-- Without FCM's own word it is held only if FCM has accepted nothing of any worker
-- since the first of those answers. The hold ends with its time, by Redis's clock; it
-- keeps its length, so that a clock that is set back does not prolong it: see allow. A
-- hold on evidence (weigh) stays.
--
-- Crash before: not held. Crash after: held. Twice: the same.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local wait = tonumber(ARGV[4])
if ARGV[6] ~= '' then
  local accepted = tonumber(redis.call('HGET', KEYS[2], 'accepted_ms') or 0)
  if math.min(accepted, now) >= now - ARGV[6] then return 0 end
end
local old = redis.call('HMGET', KEYS[1], 'reason', 'since', 'until_ms')
if old[1] and not old[3] then return 0 end
local running = old[3] and tonumber(old[3]) > now
if running and tonumber(old[3]) >= now + wait then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'reason', 'quota', 'code', ARGV[1], 'detail', ARGV[2], 'by', ARGV[3], 'workers', ARGV[3],
  'tokens', ARGV[5], 'since', running and old[2] or iso(now), 'until', iso(now + wait), 'until_ms', now + wait, 'length_ms', wait)
redis.call('PEXPIRE', KEYS[1], wait + 60000)
return 1
