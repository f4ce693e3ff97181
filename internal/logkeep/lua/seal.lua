-- seal: the pushes that were marked become a chunk.
--
-- KEYS  sealed (hash), chunks, chunk
-- ARGV  base, number (of the chunk), until_ms (that it was made for), coded (how many pushes have an error code)
-- REST  value (the ids of the coded pushes; then names and values of the chunk's fields, first_ms and its value
--       first; none if no push is left)
-- include: hash
-- Returns 1 if it is sealed, 0 if it was already.
--
-- The index of error codes is completed on the way: records from before there was one
-- are in none.
--
-- Crash before: marked. Crash after: sealed. Twice: the second finds the next number.
local s = redis.call('HMGET', sealed, 'next', 'until_ms')
if (s[1] or '1') ~= number or s[2] ~= until_ms then return 0 end
local fields = first + coded
for i = first, fields - 1 do
  local id = ARGV[i]
  local code = readHash(base .. ':record:' .. id, 'error_code')[1]
  local score = redis.call('ZSCORE', base .. ':index', id)
  if code and code ~= '' and score then redis.pcall('ZADD', base .. ':index:error_code:' .. code, score, id) end
end
local next = number
if ARGV[fields] then
  redis.call('HSET', chunk, unpack(ARGV, fields))
  redis.call('ZADD', chunks, ARGV[fields + 1], number)
  next = number + 1
end
redis.call('HSET', sealed, 'next', next, 'written_ms', until_ms)
return 1
