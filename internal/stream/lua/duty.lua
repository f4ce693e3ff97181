-- duty: a consumer does some work for all in a partition, unless another does.
--
-- KEYS  1 who does (text)
-- ARGV  1 consumer  2 for how long (ms); if it does so already, from now on
-- Returns the time (ms) if it is this consumer, else 0.
--
-- What it has for longer than this is over: Redis's clock was set back.
--
-- It saves work and no more: what is done under it must be right if two do it. It
-- is a script, since it must get through when Redis is out of memory.
--
-- Crash before: as it was. Crash after: this consumer's, until it ends. Twice: the
-- same.
local who = redis.call('GET', KEYS[1])
if who and who ~= ARGV[1] and redis.call('PTTL', KEYS[1]) <= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return wall()
