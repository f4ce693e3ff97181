-- fold: a chunk learns what became of pushes that changed after it was sealed.
--
-- KEYS  1 the chunk  2 late
-- ARGV  1 K  2 folds of the chunk that this was made from
--       3-8 names and values of the three columns of what changes
--       then for each push: id, and its status, error code and result in them
-- Returns 1 if it is written, 0 if the chunk or one of the pushes has changed
-- meanwhile.
--
-- Crash before: as it was. Crash after: folded. Twice: the second finds more folds.
local K = ARGV[1]
if redis.call('HGET', KEYS[1], 'folds') ~= ARGV[2] then return 0 end
local ids = {}
for i = 9, #ARGV, 4 do
  local r = readHash(K .. ':record:' .. ARGV[i], 'status', 'error_code', 'result')
  if r[1] ~= ARGV[i + 1] or (r[2] or '') ~= ARGV[i + 2] or (r[3] or '') ~= ARGV[i + 3] then return 0 end
  ids[#ids + 1] = ARGV[i]
end
redis.call('HSET', KEYS[1], unpack(ARGV, 3, 8))
redis.call('HINCRBY', KEYS[1], 'folds', 1)
redis.call('ZREM', KEYS[2], unpack(ids))
return 1
