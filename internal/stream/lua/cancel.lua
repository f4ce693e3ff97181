-- cancel: pushes that are not in flight end.
--
-- KEYS  jobs, urgent, due, events, index
-- ARGV  K, group, unassigned (name of the consumer that no process has), events_cap (entries)
-- EACH  id
-- include: time, hash, verbs, packed, entries, indexes, counters, events
-- Returns for each id: 'cancelled'; 'missing' (no such record); 'in_hand' (in
-- flight: a consumer may be sending it); or the state that it is in, which can't be cancelled.
--
-- The entry of a queued push stays on its stream: the consumer that reads it finds the
-- record terminal, and drops the entry.
--
-- Crash before: as it was. Crash after: cancelled. Twice: the second changes
-- nothing.
local now = wall()
local at, answers, changes, moves = iso(now), {}, {}, mover(K)

local function cancel(id)
  local record = K .. ':record:' .. id
  local r = readHash(record, 'status', 'entry', 'priority')
  local status, entry = r[1], r[2]
  if not status then return packed(K, id) and 'sent' or 'missing' end
  if not takes.cancel[status] then return status end
  if status == 'queued' then
    local stream = r[3] == 'urgent' and urgent or jobs
    local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1)[1]
    if pending and pending[2] ~= unassigned then return 'in_hand' end
    if pending then remove(stream, group, { entry }) end
  else
    redis.call('ZREM', due, id)
  end
  redis.call('HSET', record, 'status', 'cancelled', 'result', 'cancelled before it was sent', 'fcm_send_yn', 'N', 'fcm_send_time', at)
  moves.note(id, redis.call('ZSCORE', index, id), status, 'cancelled')
  changes[#changes + 1] = id
  changes[#changes + 1] = 'cancelled'
  return 'cancelled'
end

for i = first, #ARGV, step do answers[#answers + 1] = cancel(ARGV[i + ID]) end
moves.flush()
if #changes > 0 then tally(K, now, { cancelled = #changes / 2 }) end
announce(events, events_cap, changes)
return answers
