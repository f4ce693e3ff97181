-- order: a job is to be done.
--
-- KEYS  list (zset of jobs, id by the time in ms at which it was ordered), open (zset, those
--       of them that have not ended), job (hash)
-- ARGV  prefix (of the hashes of jobs), id (of the job), max_open (most jobs that are open),
--       max_jobs (most to remember), life (ms), list_life (ms), newest (when the newest push
--       was accepted, ms), partitions
-- REST  field, value (of the job)
-- include: jobs
-- Returns 1 if it is ordered, 0 if too many are open.
--
-- Its number is the time, or the newest push's if that is later, since Redis's clock was
-- set back: pushes that were accepted before it are selected. Jobs whose hash is gone are
-- forgotten, and as many of those that have ended, the oldest first, as there are too many.
--
-- Crash before: no job. Crash after: ordered. Twice: the second finds the job.
if redis.call('EXISTS', job) == 1 then return 1 end
local opened, ended = 0, {}
for _, one in ipairs(redis.call('ZRANGE', list, 0, -1)) do
  local h = redis.call('HMGET', prefix .. one, 'state', 'partitions')
  if not h[1] then
    redis.call('ZREM', list, one)
    redis.call('ZREM', open, one)
  elseif h[1] == 'waiting' or h[1] == 'running' then
    opened = opened + 1
  else
    ended[#ended + 1] = { one, h[2] or 0 }
  end
end
if opened >= tonumber(max_open) then return 0 end
for i = 1, opened + #ended + 1 - max_jobs do
  local one, parts = unpack(ended[i])
  redis.call('DEL', prefix .. one)
  for n = 0, parts - 1 do redis.call('DEL', prefix .. one .. ':' .. n) end
  redis.call('ZREM', list, one)
end
local now, last = wall(), tonumber(newest)
redis.call('HSET', job, 'state', 'waiting', 'number', string.format('%.0f', math.max(now, last > now and last + 1 or 0)), 'ordered_at', iso(now),
  'partitions', partitions, 'left', partitions, unpack(ARGV, first))
redis.call('ZADD', list, now, id)
redis.call('ZADD', open, now, id)
touch(life, list_life, job, list, open)
return 1
