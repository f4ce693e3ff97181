-- merge: a chunk gets the new values of pushes that changed after it was sealed.
--
-- KEYS  chunk, late
-- ARGV  base, folds (of the chunk, that this was made from), columns (how many fields of the chunk are written)
-- REST  value (names and values of these fields; then for each push its id, and its status, error code, result,
--       reserved time and fcm_send_time in them)
-- include: hash
-- Returns 1 if it is written, 0 if the chunk or one of the pushes has changed
-- meanwhile.
--
-- Crash before: as it was. Crash after: merged. Twice: the second finds more folds.
if redis.call('HGET', chunk, 'folds') ~= folds then return 0 end
local ids, pushes = {}, first + 2 * columns
for i = pushes, #ARGV, 6 do
  local r = readHash(base .. ':record:' .. ARGV[i], 'status', 'error_code', 'result', 'sndn_rsev_hour', 'fcm_send_time')
  for n = 1, 5 do
    if (r[n] or '') ~= ARGV[i + n] then return 0 end
  end
  ids[#ids + 1] = ARGV[i]
end
redis.call('HSET', chunk, unpack(ARGV, first, pushes - 1))
redis.call('HINCRBY', chunk, 'folds', 1)
redis.call('ZREM', late, unpack(ids))
return 1
