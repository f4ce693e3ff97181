-- stop: a job is to end before it is done.
--
-- KEYS  list (zset of jobs), open (zset), job (hash)
-- ARGV  state (cancelled or failed), why (it failed, or the name of the user who cancels it),
--       id (of the job), life (ms), list_life (ms)
-- include: jobs
-- Returns the state of the job then; 'missing' if there is none.
--
-- If it is to be cancelled, and a step is planned in a partition, it is not known whether
-- that is done: so the process that has the partition, or comes next, does it, and ends
-- the partition then. Those without such a step end now.
--
-- Crash before: it goes on. Crash after: it ends. Twice: the second finds it.
local j = redis.call('HMGET', job, 'state', 'plan', 'cancel_at', 'partitions')
if not j[1] then return 'missing' end
if j[1] ~= 'waiting' and j[1] ~= 'running' then return j[1] end
local now = wall()
if state == 'cancelled' then
  if not j[3] then redis.call('HSET', job, 'cancel_at', iso(now), 'cancel_by', why) end
  if j[2] then return j[1] end -- of the version before: see adopt
  local left = 0
  for n = 0, (j[4] or 0) - 1 do
    local part = job .. ':' .. n
    local p = redis.call('HMGET', part, 'done', 'plan')
    if p[2] then
      left = left + 1
    elseif not p[1] then
      redis.call('HSET', part, 'done', 1)
      redis.call('PEXPIRE', part, list_life)
      redis.call('HSET', job, 'cut', 1)
    end
  end
  redis.call('HSET', job, 'left', left)
  if left > 0 then return j[1] end
else
  redis.call('HSET', job, 'error', why)
end
finish(open, job, id, state, now)
touch(life, list_life, job, list, open)
return state
