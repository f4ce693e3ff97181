-- remember: a browser is known as one where a user logged in.
--
-- KEYS  1 session that has just begun  2 devices of the user
-- ARGV  1 now (ms); empty: Redis's time  2 life of a known device (ms)  3 most devices
--       4 id of a new device, then those that the browser claims to be, none or some
-- Returns which of the claimed ones it is, 0 if it is the new one, or nil if the session
-- has ended.
--
-- What ends the sessions of a user for a new password, or shuts the user out, removes the
-- devices: no login that was on its way leaves one behind.
--
-- Crash before: not known. Crash after: known, and the browser may not know it; it
-- leaves as the oldest. Twice: the same.
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local now, is = clock(ARGV[1]), 0
for i = 5, #ARGV do
  local at = redis.call('ZSCORE', KEYS[2], ARGV[i])
  if at and math.abs(now - at) < tonumber(ARGV[2]) then
    is = i - 4
    break
  end
end
redis.call('ZADD', KEYS[2], now, ARGV[4 + is])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return is
