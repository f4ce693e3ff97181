-- beat: a worker says what it is doing.
--
-- KEYS  1 the worker's hash
-- ARGV  1 how long it stands without another beat (ms), then fields and values
-- Returns 1.
--
-- A script only because it must get through when Redis is out of memory: who is
-- silent loses its work.
--
-- Crash before: as it was. Crash after: written. Twice: the same.
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
