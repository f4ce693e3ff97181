-- session: whose it is, and what the user may do now. When a person last used it is noted
-- from time to time; a request that no person caused is no use of it.
--
-- KEYS  1 session
-- ARGV  1 K  2 id  3 now (ms)  4 idle life (ms)  5 time between two notes (ms)
--       6 longest life (ms)  7 when a person last used it (ms); empty: not known
-- Returns {role, reveal, user, how, address, user_agent, created_ms, seen_ms, ends_ms},
-- or nil if there is none, it has ended, or its user is gone or disabled.
--
-- After a clock was set back, a session was seen now, and ends in its longest life at the
-- latest.
--
-- Crash before: as it was. Crash after: noted, or ended. Twice: the same.
local s = redis.call('HMGET', KEYS[1], 'user', 'how', 'address', 'user_agent', 'created_ms', 'seen_ms', 'ends_ms')
if not s[1] then return false end
local now, seen, ends = tonumber(ARGV[3]), tonumber(s[6]), tonumber(s[7])
local u = redis.call('HMGET', ARGV[1] .. ':user:' .. s[1], 'role', 'reveal', 'disabled')
if not u[1] or u[3] == '1' or now >= ends or now >= seen + ARGV[4] then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', ARGV[1] .. ':sessions:' .. s[1], ARGV[2])
  return false
end
ends = math.min(ends, now + ARGV[6])
local used = tonumber(ARGV[7])
if seen > now + 60000 and tonumber(ARGV[5]) <= 86400000 then -- a minute: clocks of replicas differ; a day: nothing may be written
  used, seen = now, -math.huge
end
if used and used >= seen + ARGV[5] then
  s[6], s[7] = string.format('%.0f', used), string.format('%.0f', ends)
  redis.call('HSET', KEYS[1], 'seen_ms', s[6], 'ends_ms', s[7])
  redis.call('PEXPIRE', KEYS[1], math.min(ends, used + ARGV[4]) - now)
end
return { u[1], u[2], unpack(s) }
