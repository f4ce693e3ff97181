-- drop: chunks of which no push is left leave the log.
--
-- KEYS  1 index  2 chunks
-- ARGV  1 K  2 rank of the first chunk to look at  3 how many to look at, up to 100
-- Returns how many it looked at, and how many it dropped.
--
-- A chunk never ends within a millisecond, so the pushes between its first and its
-- last one are its own.
--
-- Crash before: as it was. Crash after: dropped. Twice: the second looks at the
-- next ones.
local K, dropped = ARGV[1], {}
local chunks = redis.call('ZRANGE', KEYS[2], ARGV[2], ARGV[2] + ARGV[3] - 1)
for _, n in ipairs(chunks) do
  local chunk = K .. ':chunk:' .. n
  local span = readHash(chunk, 'first_ms', 'last_ms')
  if span[1] and span[2] and redis.call('ZCOUNT', KEYS[1], span[1], span[2]) == 0 then
    redis.call('UNLINK', chunk)
    dropped[#dropped + 1] = n
  end
end
if #dropped > 0 then redis.call('ZREM', KEYS[2], unpack(dropped)) end
return { #chunks, #dropped }
