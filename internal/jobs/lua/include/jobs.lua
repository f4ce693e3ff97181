-- jobs: the life and the end of a job.
--
-- include: time

-- touch gives the keys of a job their life anew: the job so long, the lists and what its
-- partitions have come to for longer.
local function touch(life, lists, job, ...)
  redis.call('PEXPIRE', job, life)
  for _, key in ipairs({ ... }) do redis.call('PEXPIRE', key, lists) end
end

-- finish ends a job in a state, which then is none of the open ones. What its partitions
-- have come to is kept for an hour, for an answer that was lost.
local function finish(open, job, id, state, now)
  redis.call('HSET', job, 'state', state, 'ended_at', iso(now))
  redis.call('ZREM', open, id)
  for n = 0, (redis.call('HGET', job, 'partitions') or 0) - 1 do redis.call('PEXPIRE', job .. ':' .. n, 3600000) end
end
