-- packable: chunks with records that may be packed, or with rows of pushes that have
-- gone.
--
-- KEYS  1 index  2 chunks  3-8 the index of each state but sent
-- ARGV  1 K  2 rank of the first chunk to look at  3 how many to look at, up to 50
--       4 only those that end before this time (ms)
-- Returns how many it looked at, then the number and the rank of each that it found.
--
-- What was sent is what the index of all has more than the others have.
--
-- It only reads.
local K, looked, found = ARGV[1], 0, {}
for _, n in ipairs(redis.call('ZRANGE', KEYS[2], ARGV[2], ARGV[2] + ARGV[3] - 1)) do
  local h = readHash(K .. ':chunk:' .. n, 'first_ms', 'last_ms', 'packed', 'gone')
  if not h[2] or tonumber(h[2]) >= tonumber(ARGV[4]) then break end
  local sent = redis.call('ZCOUNT', KEYS[1], h[1], h[2])
  for i = 3, 8 do sent = sent - redis.call('ZCOUNT', KEYS[i], h[1], h[2]) end
  if sent ~= tonumber(h[3] or 0) or tonumber(h[4] or 0) > 0 then
    found[#found + 1] = n
    found[#found + 1] = ARGV[2] + looked
  end
  looked = looked + 1
end
table.insert(found, 1, looked)
return found
