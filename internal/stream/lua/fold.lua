-- fold: a chunk learns what became of pushes that changed after it was sealed.
--
-- KEYS  1 the chunk  2 late
-- ARGV  1 K  2 folds of the chunk that this was made from
--       3 how many fields of the chunk are written, then names and values of these
--       then for each push: id, and its status, error code, result, reserved time and
--       fcm_send_time in them
-- Returns 1 if it is written, 0 if the chunk or one of the pushes has changed
-- meanwhile.
--
-- Crash before: as it was. Crash after: folded. Twice: the second finds more folds.
local K = ARGV[1]
if redis.call('HGET', KEYS[1], 'folds') ~= ARGV[2] then return 0 end
local ids, last = {}, 3 + 2 * ARGV[3]
for i = last + 1, #ARGV, 6 do
  local r = readHash(K .. ':record:' .. ARGV[i], 'status', 'error_code', 'result', 'sndn_rsev_hour', 'fcm_send_time')
  for n = 1, 5 do
    if (r[n] or '') ~= ARGV[i + n] then return 0 end
  end
  ids[#ids + 1] = ARGV[i]
end
redis.call('HSET', KEYS[1], unpack(ARGV, 4, last))
redis.call('HINCRBY', KEYS[1], 'folds', 1)
redis.call('ZREM', KEYS[2], unpack(ids))
return 1
