-- mark: the pushes up to a time are about to be sealed into a chunk.
--
-- KEYS  sealed (hash)
-- ARGV  base (of the partition's keys), known_ms (until_ms as the caller knows it; 0: none), until_ms (the new one)
-- include: accepted
-- Returns 1 if it is marked, 0 if another process has changed it, or if that
-- millisecond is not over yet.
--
-- From now on every change of these pushes is noted in K:late, and nothing is accepted
-- among them: see mover and clock. So their records can be read without haste.
--
-- Crash before: as it was. Crash after: marked; the next sealer seals them.
-- Twice: the second finds it changed, and reads it again.
local now = clock(base) -- not Redis's: pushes are accepted ahead of it once it was set back
local before = redis.call('HGET', sealed, 'until_ms') or '0'
if before ~= known_ms or tonumber(until_ms) >= now then return 0 end
redis.call('HSET', sealed, 'until_ms', until_ms)
return 1
