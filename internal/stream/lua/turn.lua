-- turn: a consumer takes its turn to sweep a partition, unless another has it, or
-- nobody may.
--
-- KEYS  1 sweep (hash)
-- ARGV  1 consumer  2 how long a turn is (ms)  3 lease (ms)
-- Returns Redis's time (ms) if the turn is this consumer's, else 0.
--
-- All consumers ask many times a lease. If none has asked for half a lease, Redis was
-- away, or cut off from all of them, or its clock was set ahead: leases have run out
-- that nobody could renew. Then nobody sweeps for half a lease, in which their owners do.
--
-- The clock is Redis's, since the consumers' own differ, and stopped ones forget. What
-- lies further ahead than it may last is over: the clock was set back.
--
-- Crash before: nobody's. Crash after: nobody sweeps until it ends. Twice: the
-- second is answered 0, and somebody takes the next one.
local now, lease = wall(), tonumber(ARGV[3])
local h = redis.call('HMGET', KEYS[1], 'asked_ms', 'quiet_ms', 'ends_ms')
local quiet = runs(h[2], lease / 2, now) and tonumber(h[2]) or 0
if not h[1] or now - h[1] > lease / 2 then quiet = now + lease / 2 end
redis.call('HSET', KEYS[1], 'asked_ms', now, 'quiet_ms', quiet)
redis.call('PEXPIRE', KEYS[1], 10 * lease)
if now < quiet or runs(h[3], tonumber(ARGV[2]), now) then return 0 end
redis.call('HSET', KEYS[1], 'by', ARGV[1], 'ends_ms', now + ARGV[2])
return now
