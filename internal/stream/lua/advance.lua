-- advance: a step of a bulk job is done, and the next one is planned.
--
-- KEYS  1 jobs (zset)  2 the job (hash)
-- ARGV  1 worker  2 lease (ms)  3 number of the step that is done  4 plan of the next
--       step (JSON), '' if there is none: the job is done  5 life of the hash (ms), and
--       6 of the zset  7 pushes that the step looked at  8 pushes that it meant
--       then for each outcome: its name, and how many pushes had it
-- Returns the state of the job then; 'lost' if it is another worker's, or at another
-- step: then nothing is changed.
--
-- A step is planned before it is done: it names its pushes. So whoever comes after a
-- crash does the same step, which changes no push twice, and what it counts is right.
-- If the job is to be cancelled, the next step is not done.
--
-- Crash before: the step is done once more. Crash after: the next one is. Twice: the
-- second finds the next step.
local h = redis.call('HMGET', KEYS[2], 'state', 'worker', 'step', 'cancel_at')
local step = tonumber(ARGV[3])
if h[2] ~= ARGV[1] then return 'lost' end
if tonumber(h[3]) == step + 1 then return h[1] end
if h[1] ~= 'running' or tonumber(h[3]) ~= step then return 'lost' end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HSET', KEYS[2], 'step', step + 1, 'lease_ms', now + ARGV[2])
redis.call('HINCRBY', KEYS[2], 'looked', ARGV[7])
redis.call('HINCRBY', KEYS[2], 'matched', ARGV[8])
for i = 9, #ARGV, 2 do redis.call('HINCRBY', KEYS[2], 'change.' .. ARGV[i], ARGV[i + 1]) end
local state = ARGV[4] == '' and 'done' or h[4] and 'cancelled' or 'running'
if state == 'running' then
  redis.call('HSET', KEYS[2], 'plan', ARGV[4])
else
  redis.call('HSET', KEYS[2], 'state', state, 'ended_at', iso(now))
  redis.call('HDEL', KEYS[2], 'plan')
end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return state
