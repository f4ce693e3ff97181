-- promote: what is due goes onto its stream.
--
-- KEYS  1 jobs  2 jobs:urgent  3 due  4 events  5 index
-- ARGV  1 K  2 due by when (ms), '' for Redis's clock  3 at most so many, up to 100
--       4 cap of events
-- Returns how many members it took off the due set; fewer than ARGV[3] means
-- that nothing more is due, or that a stream takes no more (see straighten).
--
-- A member without a record, or whose push is not waiting, is dropped. One whose record's
-- key holds no hash goes onto its stream: the consumer that reads it tells of it.
--
-- Crash before: still due. Crash after: queued. Twice: the second takes the
-- next ones.
local K, now = ARGV[1], tonumber(ARGV[2]) or wall()
local ids = redis.call('ZRANGE', KEYS[3], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[3])
local changes, moves, done = {}, mover(K), {}
for _, id in ipairs(ids) do
  local record = K .. ':record:' .. id
  local r, broken = readHash(record, 'status', 'priority')
  local waits = r[1] == 'scheduled' or r[1] == 'retrying'
  local entry = (waits or broken) and enqueue(r[2] == 'urgent' and KEYS[2] or KEYS[1], id)
  if entry and waits then
    redis.call('HSET', record, 'status', 'queued', 'entry', entry)
    moves.note(id, redis.call('ZSCORE', KEYS[5], id), r[1], 'queued')
    changes[#changes + 1] = id
    changes[#changes + 1] = 'queued'
  end
  if entry or not waits and not broken then done[#done + 1] = id end
end
moves.flush()
if #done > 0 then redis.call('ZREM', KEYS[3], unpack(done)) end
announce(KEYS[4], ARGV[4], changes)
return #done
