-- cancel: pushes that nobody has in hand are taken back.
--
-- KEYS  1 jobs  2 jobs:urgent  3 due  4 events  5 index
-- ARGV  1 K  2 group  3 name of nobody  4 cap of events
--       then at most 100 ids
-- Returns for each id: 'cancelled'; 'missing' (no such record); 'in_hand' (some
-- consumer may be sending it: too late); or the terminal state that it is in.
--
-- The entry of a queued push stays on its stream: whoever reads it finds the
-- record terminal, and drops it.
--
-- Crash before: as it was. Crash after: cancelled. Twice: the second changes
-- nothing.
local K, group, nobody, now = ARGV[1], ARGV[2], ARGV[3], wall()
local at, answers, changes, moves = iso(now), {}, {}, mover(K)

local function cancel(id)
  local record = K .. ':record:' .. id
  local r = readHash(record, 'status', 'entry', 'priority')
  local status, entry = r[1], r[2]
  if not status then return packed(K, id) and 'sent' or 'missing' end
  if terminal[status] then return status end
  if status == 'queued' then
    local stream = r[3] == 'urgent' and KEYS[2] or KEYS[1]
    local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1)[1]
    if pending and pending[2] ~= nobody then return 'in_hand' end
    if pending then remove(stream, group, { entry }) end
  else
    redis.call('ZREM', KEYS[3], id)
  end
  redis.call('HSET', record, 'status', 'cancelled', 'result', 'cancelled before it was sent', 'fcm_send_yn', 'N', 'fcm_send_time', at)
  moves.note(id, redis.call('ZSCORE', KEYS[5], id), status, 'cancelled')
  changes[#changes + 1] = id
  changes[#changes + 1] = 'cancelled'
  return 'cancelled'
end

for i = 5, #ARGV do answers[#answers + 1] = cancel(ARGV[i]) end
moves.flush()
if #changes > 0 then tally(K, now, { cancelled = #changes / 2 }) end
announce(KEYS[4], ARGV[4], changes)
return answers
