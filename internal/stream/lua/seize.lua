-- seize: a worker takes a bulk job, keeps it, or lets go of it, unless another has it.
--
-- KEYS  1 jobs (zset)  2 the job (hash)
-- ARGV  1 worker  2 lease (ms), 0 to let go  3 life of the hash (ms)  4 of the zset (ms)
--       5 longest lease (ms)
-- Returns the fields and values of the job if it is this worker's, else an empty list.
--
-- The clock is Redis's, since the workers' own differ. A lease that ends later than it may
-- is over: the clock was set back.
--
-- Crash before: as it was. Crash after: this worker's, until its lease ends. Twice: the
-- same, the lease a little later.
local h = redis.call('HMGET', KEYS[2], 'state', 'worker', 'lease_ms')
if h[1] ~= 'waiting' and h[1] ~= 'running' then return {} end
local now = wall()
if h[2] and h[2] ~= ARGV[1] and runs(h[3], tonumber(ARGV[5]), now) then return {} end
if ARGV[2] == '0' and h[2] ~= ARGV[1] then return {} end
redis.call('HSET', KEYS[2], 'state', 'running', 'worker', ARGV[1], 'lease_ms', now + ARGV[2])
if h[1] == 'waiting' then redis.call('HSET', KEYS[2], 'started_at', iso(now)) end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return redis.call('HGETALL', KEYS[2])
