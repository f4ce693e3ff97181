-- adopt: a job that the version before has ordered goes on here, if no process of that
-- version works on it. That version went through one partition after the other.
--
-- KEYS  list (zset of jobs), open (zset), job (hash)
-- ARGV  id (of the job), partitions, longest (lease, ms), life (ms), list_life (ms)
-- include: jobs, deadline
-- Returns 1 if it is adopted, 0 if there is nothing to adopt.
--
-- Crash before: as it was. Crash after: adopted. Twice: the second finds it adopted.
local j = redis.call('HMGET', job, 'state', 'partitions', 'lease_ms', 'plan')
if j[1] ~= 'waiting' and j[1] ~= 'running' or j[2] then return 0 end
local now, at = wall(), 0
if runs(j[3], tonumber(longest), now) then return 0 end
if j[4] then
  local read, plan = pcall(cjson.decode, j[4])
  if not read or type(plan) ~= 'table' then
    finish(open, job, id, 'failed', now)
    redis.call('HSET', job, 'error', 'the job can\'t be read: its plan is no JSON')
    return 1
  end
  at = math.max(0, math.min(tonumber(plan.partition) or 0, partitions - 1)) -- the last plan of all is behind the last partition
  redis.call('HSET', job .. ':' .. at, 'step', 0, 'plan', j[4])
end
for n = 0, at - 1 do redis.call('HSET', job .. ':' .. n, 'done', 1) end
for n = 0, at do redis.call('PEXPIRE', job .. ':' .. n, list_life) end
redis.call('HSET', job, 'partitions', partitions, 'left', partitions - at)
redis.call('HDEL', job, 'plan', 'step')
redis.call('ZADD', open, now, id)
touch(life, list_life, job, list, open)
return 1
