-- mark: the pushes up to a time are about to be sealed into a chunk.
--
-- KEYS  1 sealed (hash)
-- ARGV  1 until_ms as the caller knows it (0 if there is none)  2 the new one  3 K
-- Returns 1 if it is marked, 0 if somebody else has changed it, or if that
-- millisecond is not over yet.
--
-- From now on whatever changes of these pushes is noted in K:late, and nothing is
-- accepted among them: see mover and clock. So their records can be read at leisure.
--
-- Crash before: as it was. Crash after: marked; whoever comes next seals them.
-- Twice: the second finds it changed, and looks again.
local now = clock(ARGV[3]) -- not Redis's: pushes are accepted ahead of it once it was set back
local before = redis.call('HGET', KEYS[1], 'until_ms') or '0'
if before ~= ARGV[1] or tonumber(ARGV[2]) >= now then return 0 end
redis.call('HSET', KEYS[1], 'until_ms', ARGV[2])
return 1
