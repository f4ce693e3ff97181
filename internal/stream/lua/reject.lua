-- reject: an entry that can't be read as a job becomes a failed record.
--
-- KEYS  1 jobs  2 jobs:urgent  3 index  4 events
-- ARGV  1 K  2 group  3 lane  4 entry  5 cap of events  6 id of the record
--       7 error code, then record fields and values
-- Returns 1 if it wrote the record, 0 if it was there.
--
-- The id is made from the entry's, so that the same entry gives the same
-- record, whoever reads it.
--
-- Crash before: the entry stays pending. Crash after: failed. Twice: the
-- second changes nothing.
local K, id = ARGV[1], ARGV[6]
local record = K .. ':record:' .. id
local wrote = 0
if redis.call('EXISTS', record) == 0 and not packed(K, id) then
  local now = clock(K)
  redis.call('HSET', record, 'status', 'failed', 'accepted_at', iso(now), 'entry', ARGV[4],
    'error_code', ARGV[7], 'fcm_send_yn', 'N', unpack(ARGV, 8))
  redis.call('ZADD', KEYS[3], now, id)
  local moves = mover(K)
  moves.note(id, now, nil, 'failed', nil, ARGV[7])
  moves.flush()
  tally(K, wall(), { accepted = 1, failed = 1, ['error.' .. ARGV[7]] = 1 })
  announce(KEYS[4], ARGV[5], { id, 'failed' }, true)
  wrote = 1
end
remove(KEYS[tonumber(ARGV[3])], ARGV[2], { ARGV[4] })
return wrote
