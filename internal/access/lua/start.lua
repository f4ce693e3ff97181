-- start: a user's session begins.
--
-- KEYS  1 user  2 session  3 sessions of the user
-- ARGV  1 K  2 id of the session  3 user's name  4 how (password or oidc)
--       5 the password that was right, hashed; empty for oidc  6 what to keep instead
--       7 address  8 user agent  9 now (ms)  10 longest life (ms)  11 idle life (ms)
--       12 most sessions of a user
-- Returns {role, reveal}; or nil if the user is disabled, or has another password by
-- now, or another way to log in.
--
-- With too many sessions, the one goes that would end first.
--
-- Crash before: no session. Crash after: one whose secret nobody may have; it ends by
-- its TTL. Twice: the second finds the session.
local K, now = ARGV[1], tonumber(ARGV[9])
local u = redis.call('HMGET', KEYS[1], 'role', 'reveal', 'how', 'disabled', 'password')
if u[3] ~= ARGV[4] or u[4] == '1' then return false end
if redis.call('EXISTS', KEYS[2]) == 1 then return { u[1], u[2] } end
if ARGV[4] == 'password' and u[5] ~= ARGV[5] then return false end
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'password', ARGV[6]) end
redis.call('HSET', KEYS[1], 'login_ms', ARGV[9], 'login_from', ARGV[7])

for _, id in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  if redis.call('EXISTS', K .. ':session:' .. id) == 0 then redis.call('ZREM', KEYS[3], id) end
end
while redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[12]) do
  redis.call('DEL', K .. ':session:' .. redis.call('ZPOPMIN', KEYS[3])[1])
end
local ends = now + ARGV[10]
redis.call('HSET', KEYS[2], 'user', ARGV[3], 'how', ARGV[4], 'address', ARGV[7], 'user_agent', ARGV[8],
  'created_ms', ARGV[9], 'seen_ms', ARGV[9], 'ends_ms', ends)
redis.call('PEXPIRE', KEYS[2], math.min(ARGV[10], ARGV[11]))
redis.call('ZADD', KEYS[3], ends, ARGV[2])
if redis.call('PTTL', KEYS[3]) < tonumber(ARGV[10]) then redis.call('PEXPIRE', KEYS[3], ARGV[10]) end
return { u[1], u[2] }
