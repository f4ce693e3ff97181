-- heartbeat: a worker says what it is doing.
--
-- KEYS  worker (hash)
-- ARGV  ttl_ms (how long it stays without another heartbeat)
-- REST  field, value
-- Returns 1.
--
-- It is a script since it must succeed when Redis is out of memory: a worker without a
-- heartbeat loses its work.
--
-- Crash before: as it was. Crash after: written. Twice: the same.
redis.call('HSET', worker, unpack(ARGV, first))
redis.call('PEXPIRE', worker, ttl_ms)
return 1
