-- redrive: pushes that ended without being sent are queued once more.
--
-- KEYS  1 jobs  2 jobs:urgent  3 events  4 index
-- ARGV  1 K  2 cap of events  3 ttl of a record without one (s)
--       4 name of this operation, then at most 100 ids
-- Returns for each id: 'queued'; 'missing' (no such record); 'unsendable' (it
-- never was a job); 'waiting' (it is queued, by another operation); or the state
-- that it is in, which can't be redriven. An error, EXHAUSTED, if a stream takes no more
-- (see straighten): then nothing is changed.
--
-- It has its whole ttl anew, and as many tries as at first. What it was before
-- stays in the record: redrive.<n>, and the tries, whose numbers go on.
--
-- Crash before: as it was. Crash after: queued. Twice: the second finds the name
-- of the operation, and changes nothing, even if the push has failed again.
local broken = exhausted({ KEYS[1], KEYS[2] })
if broken then return broken end
local K, now = ARGV[1], wall()
local at, answers, changes, moves = iso(now), {}, {}, mover(K)
local open = { failed = true, expired = true, cancelled = true }

local function redrive(id)
  local record = K .. ':record:' .. id
  local r = readHash(record, 'status', 'device_id', 'priority', 'ttl', 'attempts', 'error_code', 'redrives')
  local status, n = r[1], tonumber(r[7]) or 0
  if not status then return packed(K, id) and 'sent' or 'missing' end
  local last = n > 0 and redis.call('HGET', record, 'redrive.' .. n)
  if last and string.sub(last, -#ARGV[4]) == ARGV[4] then return 'queued' end
  if status == 'queued' then return 'waiting' end
  if not open[status] then return status end
  if not r[2] or r[2] == '' then return 'unsendable' end
  local entry = redis.call('XADD', r[3] == 'urgent' and KEYS[2] or KEYS[1], '*', 'id', id)
  local attempts = r[5] or '0'
  redis.call('HSET', record, 'status', 'queued', 'entry', entry, 'expires_at', iso(now + (tonumber(r[4]) or ARGV[3]) * 1000),
    'attempts_before', attempts, 'redrives', n + 1, 'redrive.' .. (n + 1),
    string.format('%s was %s %s after %s attempts, op=%s', at, status, r[6] and r[6] ~= '' and r[6] or '-', attempts, ARGV[4]))
  redis.call('HDEL', record, 'fcm_send_yn', 'fcm_send_time', 'result', 'error_code', 'retry_until', 'refused')
  moves.note(id, redis.call('ZSCORE', KEYS[4], id), status, 'queued', r[6], nil)
  changes[#changes + 1] = id
  changes[#changes + 1] = 'queued'
  return 'queued'
end

for i = 5, #ARGV do answers[#answers + 1] = redrive(ARGV[i]) end
moves.flush()
if #changes > 0 then tally(K, now, { redriven = #changes / 2 }) end
announce(KEYS[3], ARGV[2], changes)
return answers
