-- quit: a bulk job is to end before it is done.
--
-- KEYS  1 jobs (zset)  2 the job (hash)
-- ARGV  1 state: cancelled or failed  2 who cancels it, or why it failed  3 life of the
--       hash (ms), and 4 of the zset
-- Returns the state of the job then; 'missing' if there is none.
--
-- If it is to be cancelled, and a step is planned, nobody knows whether that is done: so
-- whoever has the job, or comes next, does it, and ends the job then.
--
-- Crash before: it goes on. Crash after: it ends. Twice: the second finds it.
local h = redis.call('HMGET', KEYS[2], 'state', 'plan', 'cancel_at')
if not h[1] then return 'missing' end
if h[1] ~= 'waiting' and h[1] ~= 'running' then return h[1] end
local t = redis.call('TIME')
local at = iso(t[1] * 1000 + math.floor(t[2] / 1000))
if ARGV[1] == 'cancelled' then
  if not h[3] then redis.call('HSET', KEYS[2], 'cancel_at', at, 'cancel_by', ARGV[2]) end
  if h[2] then return h[1] end
else
  redis.call('HSET', KEYS[2], 'error', ARGV[2])
end
redis.call('HSET', KEYS[2], 'state', ARGV[1], 'ended_at', at)
redis.call('HDEL', KEYS[2], 'plan')
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return ARGV[1]
