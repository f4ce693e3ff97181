-- reject: an entry that can't be read as a job becomes a failed record.
--
-- KEYS  jobs, urgent, index, events
-- ARGV  K, group, lane (1 jobs, 2 urgent), entry, events_cap (entries), id (of the record), code
--       (error code)
-- REST  field (of the record), value
-- include: time, accepted, packed, indexes, counters, events, entries
-- Returns 1 if it wrote the record, 0 if it was there.
--
-- The id is made from the entry's, so that the same entry gives the same record to every
-- consumer.
--
-- Crash before: the entry stays pending. Crash after: failed. Twice: the
-- second changes nothing.
local record = K .. ':record:' .. id
local wrote = 0
if redis.call('EXISTS', record) == 0 and not packed(K, id) then
  local now = clock(K)
  redis.call('HSET', record, 'status', 'failed', 'accepted_at', iso(now), 'entry', entry,
    'error_code', code, 'fcm_send_yn', 'N', unpack(ARGV, first))
  redis.call('ZADD', index, now, id)
  local moves = mover(K)
  moves.note(id, now, nil, 'failed', nil, code)
  moves.flush()
  tally(K, wall(), { accepted = 1, failed = 1, ['error.' .. code] = 1 })
  announce(events, events_cap, { id, 'failed' }, true)
  wrote = 1
end
remove(KEYS[tonumber(lane)], group, { entry })
return wrote
