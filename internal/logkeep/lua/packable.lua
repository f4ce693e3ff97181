-- packable: chunks with records that may be packed, or with rows of pushes that left the
-- log.
--
-- KEYS  index, chunks, others... (the index of each state but sent)
-- ARGV  base, rank (of the first chunk to examine), count (of chunks to examine, up to 50), before_ms (only chunks
--       that end before this time)
-- include: hash
-- Returns how many it examined, then the number and the rank of each that it found.
--
-- The index of all has as many more members than the others as pushes were sent.
--
-- It only reads.
local examined, found = 0, {}
for _, n in ipairs(redis.call('ZRANGE', chunks, rank, rank + count - 1)) do
  local h = readHash(base .. ':chunk:' .. n, 'first_ms', 'last_ms', 'packed', 'gone')
  if not h[2] or tonumber(h[2]) >= tonumber(before_ms) then break end
  local sent = redis.call('ZCOUNT', index, h[1], h[2])
  for i = 3, 8 do sent = sent - redis.call('ZCOUNT', KEYS[i], h[1], h[2]) end
  if sent ~= tonumber(h[3] or 0) or tonumber(h[4] or 0) > 0 then
    found[#found + 1] = n
    found[#found + 1] = rank + examined
  end
  examined = examined + 1
end
table.insert(found, 1, examined)
return found
