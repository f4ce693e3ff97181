-- claim: entries whose consumer has been silent for longer than a lease, or that
-- were handed back, pass to this consumer.
--
-- KEYS  1 jobs  2 jobs:urgent  3 index  4 events
-- ARGV  1 K  2 group  3 consumer  4 now (ms)  5 cap of events  6 name of nobody
--       7 lease (ms)  8 most deliveries without an answer
--       then for each entry, at most 100: lane, entry
-- Returns for each entry one of
--   {'left'}             not pending, this consumer's own, or its lease still runs
--   {'deleted'}          it was deleted while it was pending: out of the list now
--   {'claimed', fields}  this consumer has it
--   {'failed'}           it was handed out too often: its push is failed, POISON
--   {'poison', fields}   the same, but it names no record: reject it
--
-- A take-over is noted in the record, delivery.<n> for the delivery that was
-- lost. What was handed back was not lost: no note, and no end.
--
-- Crash before: pending as it was. Crash after: this consumer's, or failed.
-- Twice: the second finds the lease running, or the entry gone.
local K, group, me, now, nobody, lease = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[6], tonumber(ARGV[7])
local most, at = tonumber(ARGV[8]), iso(now)
local answers, changes, taken, counts, done, moves = {}, {}, {}, {}, { {}, {} }, mover(K)

local function fields(stream, entry)
  local found = redis.call('XRANGE', stream, entry, entry)
  return found[1] and found[1][2]
end

local function claim(lane, entry)
  local stream = KEYS[lane]
  local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1)[1]
  if not pending or pending[2] == me or pending[3] < lease then return { 'left' } end
  local owner, idle, times = pending[2], pending[3], pending[4]
  local found = fields(stream, entry)
  if not found then
    redis.call('XACK', stream, group, entry)
    redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[5], '*', 'deleted', stream .. ' ' .. entry)
    return { 'deleted' }
  end
  local id = #found == 2 and found[1] == 'id' and found[2]
  local record = id and K .. ':record:' .. id
  local r = record and redis.call('HMGET', record, 'status', 'entry', 'deliveries') or {}
  local stands = r[1] and not terminal[r[1]] and r[2] == entry
  if owner ~= nobody then
    if stands then
      local n = (tonumber(r[3]) or 0) + times
      redis.call('HSET', record, 'delivery.' .. n, string.format('%s %s silent for %.1fs, taken over by %s', at, owner, idle / 1000, me))
      taken[#taken + 1] = id .. ' ' .. owner
      if times >= most then
        redis.call('HSET', record, 'status', 'failed', 'error_code', 'POISON', 'deliveries', n, 'consumer', owner,
          'result', 'POISON: handed out ' .. times .. ' times without an answer', 'fcm_send_yn', 'N', 'fcm_send_time', at)
        moves.note(id, redis.call('ZSCORE', KEYS[3], id), r[1], 'failed')
        changes[#changes + 1] = id
        changes[#changes + 1] = 'failed'
        counts.failed = (counts.failed or 0) + 1
        counts['error.POISON'] = (counts['error.POISON'] or 0) + 1
        table.insert(done[lane], entry)
        return { 'failed' }
      end
    elseif not r[1] and times >= most then
      return { 'poison', found }
    end
  end
  redis.call('XCLAIM', stream, group, me, 0, entry)
  return { 'claimed', found }
end

for i = 9, #ARGV, 2 do answers[#answers + 1] = claim(tonumber(ARGV[i]), ARGV[i + 1]) end
conclude(K, group, now, KEYS[4], ARGV[5], moves, done, counts, changes)
if #taken > 0 then redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[5], '*', 'taken_over', table.concat(taken, ' ')) end
return answers
