-- session: the user of a session, and what the user may do now. When a person last used it
-- is noted from time to time; a request that no person caused is no use.
--
-- KEYS  session
-- ARGV  K, id, now_ms, idle_ms (life without use), note_ms (time between two notes),
--       longest_ms (life), used_ms (when a person last used it; '' if unknown)
-- Returns {role, reveal, user, how, address, user_agent, created_ms, seen_ms, ends_ms},
-- or nil if there is none, it has ended, or its user is gone or disabled.
--
-- After a clock was set back, a session was seen now, and ends in its longest life at the
-- latest.
--
-- Crash before: as it was. Crash after: noted, or ended. Twice: the same.
local s = redis.call('HMGET', session, 'user', 'how', 'address', 'user_agent', 'created_ms', 'seen_ms', 'ends_ms')
if not s[1] then return false end
local now, seen, ends = tonumber(now_ms), tonumber(s[6]), tonumber(s[7])
local u = redis.call('HMGET', K .. ':user:' .. s[1], 'role', 'reveal', 'disabled')
if not u[1] or u[3] == '1' or now >= ends or now >= seen + idle_ms then
  redis.call('DEL', session)
  redis.call('ZREM', K .. ':sessions:' .. s[1], id)
  return false
end
ends = math.min(ends, now + longest_ms)
local used = tonumber(used_ms)
if seen > now + 60000 and tonumber(note_ms) <= 86400000 then -- a minute: clocks of replicas differ; a day: nothing may be written
  used, seen = now, -math.huge
end
if used and used >= seen + note_ms then
  s[6], s[7] = string.format('%.0f', used), string.format('%.0f', ends)
  redis.call('HSET', session, 'seen_ms', s[6], 'ends_ms', s[7])
  redis.call('PEXPIRE', session, math.min(ends, used + idle_ms) - now)
end
return { u[1], u[2], unpack(s) }
