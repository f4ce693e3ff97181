-- start: a user's session begins.
--
-- KEYS  user, session, sessions (of the user)
-- ARGV  K, id, name, how (password or oidc), password (the hash that was right; '' for oidc),
--       new_hash (to keep instead, or ''), address, user_agent, now_ms, longest_ms (life),
--       idle_ms (life without use), most (sessions of a user)
-- Returns {role, reveal}; or nil if the user is disabled, or has another password by
-- now, or another way to log in.
--
-- With too many sessions, the one goes that would end first.
--
-- Crash before: no session. Crash after: a session whose secret was never sent; it ends by
-- its TTL. Twice: the second finds the session.
local now = tonumber(now_ms)
local u = redis.call('HMGET', user, 'role', 'reveal', 'how', 'disabled', 'password')
if u[3] ~= how or u[4] == '1' then return false end
if redis.call('EXISTS', session) == 1 then return { u[1], u[2] } end
if how == 'password' and u[5] ~= password then return false end
if new_hash ~= '' then redis.call('HSET', user, 'password', new_hash) end
redis.call('HSET', user, 'login_ms', now_ms, 'login_from', address)

for _, old in ipairs(redis.call('ZRANGE', sessions, 0, -1)) do
  if redis.call('EXISTS', K .. ':session:' .. old) == 0 then redis.call('ZREM', sessions, old) end
end
while redis.call('ZCARD', sessions) >= tonumber(most) do
  redis.call('DEL', K .. ':session:' .. redis.call('ZPOPMIN', sessions)[1])
end
local ends = now + longest_ms
redis.call('HSET', session, 'user', name, 'how', how, 'address', address, 'user_agent', user_agent,
  'created_ms', now_ms, 'seen_ms', now_ms, 'ends_ms', ends)
redis.call('PEXPIRE', session, math.min(longest_ms, idle_ms))
redis.call('ZADD', sessions, ends, id)
if redis.call('PTTL', sessions) < tonumber(longest_ms) then redis.call('PEXPIRE', sessions, longest_ms) end
return { u[1], u[2] }
