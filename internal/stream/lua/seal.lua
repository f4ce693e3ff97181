-- seal: the pushes that were marked become a chunk.
--
-- KEYS  1 sealed (hash)  2 chunks  3 the chunk
-- ARGV  1 K  2 number of the chunk  3 until_ms that it was made for
--       4 pushes with an error code: how many, then the id of each
--       then names and values of the chunk's fields, first_ms and its value first;
--       none if no push is left
-- Returns 1 if it is sealed, 0 if it was already.
--
-- The index of error codes is completed on the way: records of before there was one
-- are in none.
--
-- Crash before: marked. Crash after: sealed. Twice: the second finds the next
-- number.
local K, n, till, coded = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local s = redis.call('HMGET', KEYS[1], 'next', 'until_ms')
if (s[1] or '1') ~= n or s[2] ~= till then return 0 end
for i = 5, 4 + coded do
  local id = ARGV[i]
  local code = readHash(K .. ':record:' .. id, 'error_code')[1]
  local score = redis.call('ZSCORE', K .. ':index', id)
  if code and code ~= '' and score then redis.pcall('ZADD', K .. ':index:error_code:' .. code, score, id) end
end
local first = 5 + coded
if ARGV[first] then
  redis.call('HSET', KEYS[3], unpack(ARGV, first))
  redis.call('ZADD', KEYS[2], ARGV[first + 1], n)
  n = n + 1
end
redis.call('HSET', KEYS[1], 'next', n, 'written_ms', till)
return 1
