-- move: waiting pushes get another time, or are queued at once.
--
-- KEYS  jobs, urgent, due, events, index
-- ARGV  K, events_cap (entries), default_ttl (s, of a record without one), operation (its name),
--       time_ms (0: at once), reserved (the time as sndn_rsev_hour has it)
-- EACH  id
-- include: time, enqueue, hash, verbs, packed, indexes, events
-- Returns for each id: 'scheduled' (it has another time); 'queued' (at once);
-- 'missing' (no such record); or the state that it is in, in which it can't be moved:
-- only what is scheduled gets another time, and only that or what is retrying goes at
-- once. An error, EXHAUSTED, if a stream takes no more (see fix_ids): then nothing is
-- changed.
--
-- The lifetime of what was reserved begins at its new time, as accept has it. When it
-- would have been due stays in the record: move.<n>, the last 20. If a chunk has the
-- push, its time there is out of date: K:late says so.
--
-- Crash before: as it was. Crash after: moved. Twice: the second finds the name of the
-- operation, and changes nothing.
local now, time = wall(), tonumber(time_ms)
local broken = time == 0 and exhausted({ jobs, urgent })
if broken then return broken end
local at, answers, changes, moves = iso(now), {}, {}, mover(K)
local movable = time > 0 and takes.move or takes.send_now

local function move(id)
  local record = K .. ':record:' .. id
  local r = readHash(record, 'status', 'priority', 'ttl', 'moves')
  local status, n = r[1], tonumber(r[4]) or 0
  if not status then return packed(K, id) and 'sent' or 'missing' end
  local last = n > 0 and redis.call('HGET', record, 'move.' .. n)
  if last and string.sub(last, -#operation) == operation then return time == 0 and 'queued' or 'scheduled' end
  if not movable[status] then return status end
  local was = redis.call('ZSCORE', due, id)
  redis.call('HSET', record, 'moves', n + 1, 'move.' .. (n + 1), string.format('%s was due %s, op=%s', at, was and iso(tonumber(was)) or '-', operation))
  if n >= 20 then redis.call('HDEL', record, 'move.' .. (n - 19)) end
  if status == 'scheduled' then
    redis.call('HSET', record, 'expires_at', iso((time > 0 and time or now) + (tonumber(r[3]) or default_ttl) * 1000))
  end
  changes[#changes + 1] = id
  if time > 0 then
    redis.call('HSET', record, 'sndn_rsev_hour', reserved)
    redis.call('ZADD', due, time_ms, id)
    moves.note(id, redis.call('ZSCORE', index, id), status, status) -- a chunk may have its time
    changes[#changes + 1] = 'scheduled'
    return 'scheduled'
  end
  local entry = redis.call('XADD', r[2] == 'urgent' and urgent or jobs, '*', 'id', id)
  redis.call('HSET', record, 'status', 'queued', 'entry', entry)
  redis.call('ZREM', due, id)
  moves.note(id, redis.call('ZSCORE', index, id), status, 'queued')
  changes[#changes + 1] = 'queued'
  return 'queued'
end

for i = first, #ARGV, step do answers[#answers + 1] = move(ARGV[i + ID]) end
moves.flush()
announce(events, events_cap, changes)
return answers
