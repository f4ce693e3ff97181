-- drop_chunks: chunks of which no push is left leave the log.
--
-- KEYS  index, chunks
-- ARGV  base, rank (of the first chunk to examine), count (of chunks to examine, up to 100)
-- include: hash
-- Returns how many it examined, and how many it dropped.
--
-- A chunk never ends within a millisecond, so the pushes between its first and its
-- last one are its own.
--
-- Crash before: as it was. Crash after: dropped. Twice: the second examines the
-- next ones.
local dropped = {}
local examined = redis.call('ZRANGE', chunks, rank, rank + count - 1)
for _, n in ipairs(examined) do
  local chunk = base .. ':chunk:' .. n
  local span = readHash(chunk, 'first_ms', 'last_ms')
  if span[1] and span[2] and redis.call('ZCOUNT', index, span[1], span[2]) == 0 then
    redis.call('UNLINK', chunk)
    dropped[#dropped + 1] = n
  end
end
if #dropped > 0 then redis.call('ZREM', chunks, unpack(dropped)) end
return { #examined, #dropped }
