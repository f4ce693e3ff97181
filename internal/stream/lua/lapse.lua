-- lapse: entries whose consumer has been silent for longer than a lease are taken
-- from it. They stay pending, for nobody, as what is handed back does, until
-- somebody with room claims them: so neither a full hand nor a hold keeps them
-- under a dead name.
--
-- KEYS  1 jobs  2 jobs:urgent  3 index  4 events
-- ARGV  1 K  2 group  3 who noticed  4 what Redis's clock says by now (ms), if it was not
--       set since the turn began  5 cap of events  6 name of nobody
--       7 lease (ms)  8 most deliveries without an answer
--       then for each entry, at most 100: lane, entry
-- Returns for each entry one of
--   {'left'}             not pending any more, or its lease runs, or Redis's clock was set
--                        meanwhile: then nobody knows whose lease runs
--   {'deleted'}          it was deleted while it was pending: out of the list now
--   {'lapsed'}           it is pending for nobody
--   {'failed', ms}       it was handed out too often: its push, accepted then, is
--                        failed, POISON
--   {'poison', fields}   the same, but it names no record: reject it
--
-- Each delivery that was lost is noted in the record, as delivery.<n>; the last 20
-- are kept. They have a count of their own: the pending list's begins anew when
-- its group is destroyed.
--
-- Crash before: pending as it was. Crash after: pending for nobody, or failed.
-- Twice: the second finds the entry with nobody, or gone.
local K, group, me, now, nobody, lease = ARGV[1], ARGV[2], ARGV[3], wall(), ARGV[6], tonumber(ARGV[7])
local most, at = tonumber(ARGV[8]), iso(now)
local set = math.abs(now - tonumber(ARGV[4])) > lease / 4
local answers, changes, taken, counts, done, moves = {}, {}, {}, {}, { {}, {} }, mover(K)

local function fail(id, record, status, code, deliveries, times, owner)
  redis.call('HSET', record, 'status', 'failed', 'error_code', 'POISON', 'deliveries', deliveries, 'consumer', owner,
    'result', 'POISON: handed out ' .. times .. ' times without an answer', 'fcm_send_yn', 'N', 'fcm_send_time', at)
  moves.note(id, redis.call('ZSCORE', KEYS[3], id), status, 'failed', code, 'POISON')
  changes[#changes + 1] = id
  changes[#changes + 1] = 'failed'
  counts.failed = (counts.failed or 0) + 1
  counts['error.POISON'] = (counts['error.POISON'] or 0) + 1
end

local function lapse(lane, entry)
  local stream = KEYS[lane]
  local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1)[1]
  if set or not pending or pending[2] == nobody or pending[3] < lease then return { 'left' } end
  local owner, idle, times = pending[2], pending[3], pending[4]
  local found = redis.call('XRANGE', stream, entry, entry)[1]
  if not found then
    redis.call('XACK', stream, group, entry)
    tell(KEYS[4], ARGV[5], 'deleted', stream .. ' ' .. entry)
    return { 'deleted' }
  end
  local fields = found[2]
  local id = #fields == 2 and fields[1] == 'id' and fields[2]
  local record = id and K .. ':record:' .. id
  local r = record and readHash(record, 'status', 'entry', 'deliveries', 'error_code') or {}
  if r[1] and not terminal[r[1]] and r[2] == entry then
    local n = redis.call('HINCRBY', record, 'lapses', 1)
    redis.call('HSET', record, 'delivery.' .. n, string.format('%s %s silent for %.1fs, noticed by %s', at, owner, idle / 1000, me))
    if n > 20 then redis.call('HDEL', record, 'delivery.' .. (n - 20)) end
    taken[#taken + 1] = id .. ' ' .. owner
    if times >= most then
      fail(id, record, r[1], r[4], (tonumber(r[3]) or 0) + times, times, owner)
      table.insert(done[lane], entry)
      return { 'failed', redis.call('ZSCORE', KEYS[3], id) }
    end
  elseif not r[1] and times >= most and not (id and packed(K, id)) then
    redis.call('XCLAIM', stream, group, nobody, 0, entry, 'IDLE', 86400000, 'JUSTID') -- not the zombie's any more
    return { 'poison', fields }
  end
  redis.call('XCLAIM', stream, group, nobody, 0, entry, 'IDLE', 86400000, 'JUSTID')
  return { 'lapsed' }
end

for i = 9, #ARGV, 2 do answers[#answers + 1] = lapse(tonumber(ARGV[i]), ARGV[i + 1]) end
conclude(K, group, now, KEYS[4], ARGV[5], moves, done, counts, changes)
if #taken > 0 then tell(KEYS[4], ARGV[5], 'lapsed', table.concat(taken, ' ')) end
return answers
