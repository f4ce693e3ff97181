-- lease: a process takes a partition of a job, keeps it, or releases it, unless another
-- process has it.
--
-- KEYS  list (zset of jobs), open (zset), job (hash), part (hash, how far it is in the partition)
-- ARGV  worker (name of the process), lease (ms, 0 to release it), longest (lease, ms),
--       life (ms), list_life (ms)
-- include: jobs, deadline
-- Returns two lists of fields and values, of the job and of the partition, if it is this
-- process's; else an empty list.
--
-- The clock is Redis's, since the processes' own differ. A lease that ends later than it may
-- has expired: the clock was set back. The job has the newest lease of its partitions, too.
--
-- Crash before: as it was. Crash after: this process's, until its lease ends. Twice: the
-- same, the lease a little later.
local j = redis.call('HMGET', job, 'state', 'worker', 'partitions')
if j[1] ~= 'waiting' and j[1] ~= 'running' or not j[3] then return {} end
local p, now = redis.call('HMGET', part, 'worker', 'lease_ms', 'done'), wall()
if p[3] or p[1] and p[1] ~= worker and runs(p[2], tonumber(longest), now) then return {} end
if lease == '0' then
  if p[1] ~= worker then return {} end
  redis.call('HSET', part, 'lease_ms', now)
  if j[2] == worker then redis.call('HSET', job, 'lease_ms', now) end
  return {}
end
redis.call('HSET', part, 'worker', worker, 'lease_ms', now + lease)
redis.call('HSET', job, 'state', 'running', 'worker', worker, 'lease_ms', now + lease)
if j[1] == 'waiting' then redis.call('HSET', job, 'started_at', iso(now)) end
touch(life, list_life, job, list, open, part)
return { redis.call('HGETALL', job), redis.call('HGETALL', part) }
