-- sweep_lock: a consumer takes the lock to sweep a partition, unless another consumer has
-- it, or sweeping is suspended.
--
-- KEYS  sweep (hash)
-- ARGV  consumer (its name), ttl_ms, lease_ms
-- include: time, deadline
-- Returns Redis's time (ms) if this consumer has the lock, else 0.
--
-- All consumers ask many times a lease. If none has asked for half a lease, Redis was
-- away, or cut off from all of them, or its clock was set ahead: leases have expired that
-- no owner could renew. Then sweeping is suspended for half a lease, in which owners renew.
--
-- The clock is Redis's, since those of the consumers differ. A time further ahead than it
-- may last is over: the clock was set back.
--
-- Crash before: the lock is free. Crash after: no consumer sweeps until its TTL ends.
-- Twice: the second answers 0, and a consumer takes it after the TTL.
local now, lease = wall(), tonumber(lease_ms)
local h = redis.call('HMGET', sweep, 'asked_ms', 'quiet_ms', 'ends_ms')
local quiet = runs(h[2], lease / 2, now) and tonumber(h[2]) or 0
if not h[1] or now - h[1] > lease / 2 then quiet = now + lease / 2 end
redis.call('HSET', sweep, 'asked_ms', now, 'quiet_ms', quiet)
redis.call('PEXPIRE', sweep, 10 * lease)
if now < quiet or runs(h[3], tonumber(ttl_ms), now) then return 0 end
redis.call('HSET', sweep, 'by', consumer, 'ends_ms', now + ttl_ms)
return now
