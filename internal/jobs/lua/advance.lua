-- advance: a step of a job in a partition is done, and the next one is planned.
--
-- KEYS  list (zset of jobs), open (zset), job (hash), part (hash, how far it is in the partition)
-- ARGV  worker (name of the process), lease (ms), number (of the step that is done), plan (of
--       the next step, JSON, '' if there is none: the partition is done), id (of the job),
--       size (pushes that are to be examined in the partition, '' if that was said before),
--       examined (pushes, by the step), matched (of these), life (ms), list_life (ms)
-- REST  outcome, count (of pushes that came to it)
-- include: jobs
-- Returns the state of the job then; 'lost' if the partition is another process's, or at
-- another step: then nothing is changed.
--
-- A step is planned before it is done: it names its pushes. So the process that comes after
-- a crash does the same step, which changes no push twice, and what it counts is right.
-- If the job is to be cancelled, the next step is not done. The last partition to be done
-- ends the job.
--
-- Crash before: the step is done once more. Crash after: the next one is. Twice: the
-- second finds the next step.
local j = redis.call('HMGET', job, 'state', 'cancel_at')
local p = redis.call('HMGET', part, 'worker', 'step', 'done')
local done, at = tonumber(number), tonumber(p[2] or 0)
if p[1] ~= worker then return 'lost' end
if at == done + 1 then return j[1] end
if j[1] ~= 'running' or at ~= done or p[3] then return 'lost' end
local now = wall()
redis.call('HSET', part, 'step', done + 1)
redis.call('HINCRBY', job, 'looked', examined)
redis.call('HINCRBY', job, 'matched', matched)
if size ~= '' then redis.call('HINCRBY', job, 'size', size) end
for i = first, #ARGV, step do redis.call('HINCRBY', job, 'change.' .. ARGV[i + OUTCOME], ARGV[i + COUNT]) end
touch(life, list_life, job, list, open, part)
if plan ~= '' and not j[2] then
  redis.call('HSET', part, 'plan', plan, 'lease_ms', now + lease)
  redis.call('HSET', job, 'lease_ms', now + lease)
  return j[1]
end
redis.call('HSET', part, 'done', 1)
redis.call('HDEL', part, 'plan')
if plan ~= '' then redis.call('HSET', job, 'cut', 1) end
if redis.call('HINCRBY', job, 'left', -1) > 0 then return j[1] end
local state = redis.call('HGET', job, 'cut') and 'cancelled' or 'done'
finish(open, job, id, state, now)
return state
