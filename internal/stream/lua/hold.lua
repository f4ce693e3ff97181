-- hold: all sending to the project stops for a while.
--
-- KEYS  1 hold
-- ARGV  1 reason (quota, outage, credential, permission)  2 code of the answer
--       3 its detail  4 consumer  5 wait (ms)  6 longest wait between probes (ms)
--       7 1 if the answer was a probe's
-- Returns 1 if a hold began or its reason changed, else 0.
--
-- For quota the wait is FCM's word: the hold ends with it. The other reasons end
-- when a probe comes through; the first is let out after the wait, and after each
-- that fails the wait doubles. A hold that is there keeps its beginning. It gives
-- way only to a probe's answer, to a longer wait for quota, or, if it is an
-- outage, to a reason that somebody must mend.
--
-- Crash before: not held. Crash after: held. Twice: the same; a failed probe
-- doubles the wait once more.
local t = redis.call('TIME')
local ms = t[1] * 1000 + math.floor(t[2] / 1000)
local reason, wait, probe = ARGV[1], tonumber(ARGV[5]), ARGV[7] == '1'
local old = redis.call('HMGET', KEYS[1], 'reason', 'since', 'until_ms', 'probe_at_ms', 'every_ms')
local had = old[1]
local mend = reason == 'credential' or reason == 'permission'
if had and not probe then
  if had == 'quota' and tonumber(old[3]) <= ms then had = nil -- it has run out
  elseif had == 'quota' and reason == 'quota' and ms + wait > tonumber(old[3]) then -- longer
  elseif not (mend and (had == 'outage' or had == 'quota')) then return 0 end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'reason', reason, 'code', ARGV[2], 'detail', ARGV[3], 'by', ARGV[4],
  'since', had and old[2] or iso(ms))
if reason == 'quota' then
  redis.call('HSET', KEYS[1], 'until', iso(ms + wait), 'until_ms', ms + wait)
  redis.call('PEXPIRE', KEYS[1], wait + 60000)
else
  local every = wait
  if probe and old[5] then every = math.min(math.max(tonumber(ARGV[6]), wait), 2 * old[5]) end
  redis.call('HSET', KEYS[1], 'every_ms', every, 'probe_at', iso(ms + every), 'probe_at_ms', ms + every)
  redis.call('PEXPIRE', KEYS[1], 86400000)
end
return had == reason and 0 or 1
