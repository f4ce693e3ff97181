-- redrive: pushes that ended without being sent are queued again.
--
-- KEYS  jobs, urgent, events, index
-- ARGV  K, events_cap (entries), default_ttl (s, of a record without one), operation (its name)
-- EACH  id
-- include: time, enqueue, hash, verbs, packed, indexes, counters, events
-- Returns for each id: 'queued'; 'missing' (no such record); 'unsendable' (it
-- was never a readable push); 'waiting' (it is queued, by another operation); or the state
-- that it is in, which can't be redriven. An error, EXHAUSTED, if a stream takes no more
-- (see fix_ids): then nothing is changed.
--
-- The push has its whole ttl again, and as many tries as at first. Its former state stays
-- in the record as redrive.<n>, and so do its tries, whose numbers go on.
--
-- Crash before: as it was. Crash after: queued. Twice: the second finds the name
-- of the operation, and changes nothing, even if the push has failed again.
local broken = exhausted({ jobs, urgent })
if broken then return broken end
local now = wall()
local at, answers, changes, moves = iso(now), {}, {}, mover(K)

local function redrive(id)
  local record = K .. ':record:' .. id
  local r = readHash(record, 'status', 'device_id', 'priority', 'ttl', 'attempts', 'error_code', 'redrives')
  local status, n = r[1], tonumber(r[7]) or 0
  if not status then return packed(K, id) and 'sent' or 'missing' end
  local last = n > 0 and redis.call('HGET', record, 'redrive.' .. n)
  if last and string.sub(last, -#operation) == operation then return 'queued' end
  if status == 'queued' then return 'waiting' end
  if not takes.redrive[status] then return status end
  if not r[2] or r[2] == '' then return 'unsendable' end
  local entry = redis.call('XADD', r[3] == 'urgent' and urgent or jobs, '*', 'id', id)
  local attempts = r[5] or '0'
  redis.call('HSET', record, 'status', 'queued', 'entry', entry, 'expires_at', iso(now + (tonumber(r[4]) or default_ttl) * 1000),
    'attempts_before', attempts, 'redrives', n + 1, 'redrive.' .. (n + 1),
    string.format('%s was %s %s after %s attempts, op=%s', at, status, r[6] and r[6] ~= '' and r[6] or '-', attempts, operation))
  redis.call('HDEL', record, 'fcm_send_yn', 'fcm_send_time', 'result', 'error_code', 'retry_until', 'refused')
  moves.note(id, redis.call('ZSCORE', index, id), status, 'queued', r[6], nil)
  changes[#changes + 1] = id
  changes[#changes + 1] = 'queued'
  return 'queued'
end

for i = first, #ARGV, step do answers[#answers + 1] = redrive(ARGV[i + ID]) end
moves.flush()
if #changes > 0 then tally(K, now, { redriven = #changes / 2 }) end
announce(events, events_cap, changes)
return answers
