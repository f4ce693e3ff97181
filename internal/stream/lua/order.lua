-- order: a bulk job is to be done.
--
-- KEYS  1 jobs (zset, id by the time in ms at which it was ordered)  2 the job (hash)
-- ARGV  1 what the hashes of jobs begin with  2 id of the job  3 most jobs that are open
--       4 most jobs to remember  5 life of the hash (ms)  6 life of the zset (ms)
--       7 when the newest push was accepted (ms)  then fields and values of the job
-- Returns 1 if it is ordered, 0 if too many are open.
--
-- Its number is the time, or the newest push's if that is later, since Redis's clock was
-- set back: pushes that were accepted before it are meant. Jobs whose
-- hash is gone are forgotten, and as many of those that have ended, the oldest first, as
-- there are too many.
--
-- Crash before: no job. Crash after: ordered. Twice: the second finds the job.
if redis.call('EXISTS', KEYS[2]) == 1 then return 1 end
local open, ended = 0, {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local state = redis.call('HGET', ARGV[1] .. id, 'state')
  if not state then
    redis.call('ZREM', KEYS[1], id)
  elseif state == 'waiting' or state == 'running' then
    open = open + 1
  else
    ended[#ended + 1] = id
  end
end
if open >= tonumber(ARGV[3]) then return 0 end
for i = 1, open + #ended + 1 - ARGV[4] do
  redis.call('DEL', ARGV[1] .. ended[i])
  redis.call('ZREM', KEYS[1], ended[i])
end
local now, newest = wall(), tonumber(ARGV[7])
redis.call('HSET', KEYS[2], 'state', 'waiting', 'number', string.format('%.0f', math.max(now, newest > now and newest + 1 or 0)), 'ordered_at', iso(now), 'step', 0, unpack(ARGV, 8))
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('ZADD', KEYS[1], now, ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return 1
