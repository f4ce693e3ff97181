-- move: pushes that wait get another time, or go onto their stream at once.
--
-- KEYS  1 jobs  2 jobs:urgent  3 due  4 events  5 index
-- ARGV  1 K  2 cap of events  3 ttl of a record without one (s)
--       4 name of this operation  5 the time (ms), 0: at once  6 the time as
--       sndn_rsev_hour has it, then at most 100 ids
-- Returns for each id: 'scheduled' (it has another time); 'queued' (at once);
-- 'missing' (no such record); or the state that it is in, in which it can't be moved:
-- only what is scheduled gets another time, and only that or what is retrying goes at
-- once. An error, EXHAUSTED, if a stream takes no more (see straighten): then nothing is
-- changed.
--
-- The lifetime of what was reserved begins at its new time, as accept has it. When it
-- would have been due stays in the record: move.<n>, the last 20. If a chunk has the
-- push, its time there is out of date: K:late says so.
--
-- Crash before: as it was. Crash after: moved. Twice: the second finds the name of the
-- operation, and changes nothing.
local K, now, time = ARGV[1], wall(), tonumber(ARGV[5])
local broken = time == 0 and exhausted({ KEYS[1], KEYS[2] })
if broken then return broken end
local at, answers, changes, moves = iso(now), {}, {}, mover(K)

local function move(id)
  local record = K .. ':record:' .. id
  local r = readHash(record, 'status', 'priority', 'ttl', 'moves')
  local status, n = r[1], tonumber(r[4]) or 0
  if not status then return packed(K, id) and 'sent' or 'missing' end
  local last = n > 0 and redis.call('HGET', record, 'move.' .. n)
  if last and string.sub(last, -#ARGV[4]) == ARGV[4] then return time == 0 and 'queued' or 'scheduled' end
  if status ~= 'scheduled' and (status ~= 'retrying' or time > 0) then return status end
  local due = redis.call('ZSCORE', KEYS[3], id)
  redis.call('HSET', record, 'moves', n + 1, 'move.' .. (n + 1), string.format('%s was due %s, op=%s', at, due and iso(tonumber(due)) or '-', ARGV[4]))
  if n >= 20 then redis.call('HDEL', record, 'move.' .. (n - 19)) end
  if status == 'scheduled' then
    redis.call('HSET', record, 'expires_at', iso((time > 0 and time or now) + (tonumber(r[3]) or ARGV[3]) * 1000))
  end
  changes[#changes + 1] = id
  if time > 0 then
    redis.call('HSET', record, 'sndn_rsev_hour', ARGV[6])
    redis.call('ZADD', KEYS[3], ARGV[5], id)
    moves.note(id, redis.call('ZSCORE', KEYS[5], id), status, status) -- a chunk may have its time
    changes[#changes + 1] = 'scheduled'
    return 'scheduled'
  end
  local entry = redis.call('XADD', r[2] == 'urgent' and KEYS[2] or KEYS[1], '*', 'id', id)
  redis.call('HSET', record, 'status', 'queued', 'entry', entry)
  redis.call('ZREM', KEYS[3], id)
  moves.note(id, redis.call('ZSCORE', KEYS[5], id), status, 'queued')
  changes[#changes + 1] = 'queued'
  return 'queued'
end

for i = 7, #ARGV do answers[#answers + 1] = move(ARGV[i]) end
moves.flush()
announce(KEYS[4], ARGV[2], changes)
return answers
