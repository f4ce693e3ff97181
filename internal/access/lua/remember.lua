-- remember: a browser is known as one where a user logged in.
--
-- KEYS  session (it has just begun), devices (of the user)
-- ARGV  now_ms ('' for Redis's time), life_ms (of a known device), most (devices),
--       new_id (of a new device)
-- REST  claimed (id of a device that the browser claims to be)
-- include: time
-- Returns which of the claimed ones it is, 0 if it is the new one, or nil if the session
-- has ended.
--
-- What ends the sessions of a user for a new password, or shuts the user out, removes the
-- devices: a login at the same time leaves none behind.
--
-- Crash before: not known. Crash after: known, and the browser may not know it; it
-- leaves as the oldest. Twice: the same.
if redis.call('EXISTS', session) == 0 then return false end
local now, is = clock(now_ms), 0
for i = first, #ARGV, step do
  local at = redis.call('ZSCORE', devices, ARGV[i + CLAIMED])
  if at and math.abs(now - at) < tonumber(life_ms) then
    is = i - first + 1
    break
  end
end
redis.call('ZADD', devices, now, is == 0 and new_id or ARGV[first + is - 1])
redis.call('ZREMRANGEBYRANK', devices, 0, -1 - most)
redis.call('PEXPIRE', devices, life_ms)
return is
