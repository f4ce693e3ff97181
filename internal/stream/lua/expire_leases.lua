-- expire_leases: entries whose lease has expired are taken from their consumers. They stay
-- pending, unassigned like released ones, until a consumer with free slots claims them: so
-- neither full slots nor a hold keeps them under the name of a dead consumer.
--
-- KEYS  jobs, urgent, index, events
-- ARGV  K, group, consumer (that sweeps), now_ms (what Redis's clock says if it was not set since
--       the sweep began), events_cap (entries), unassigned (name of the consumer that no process
--       has), lease_ms, most (deliveries without an answer)
-- EACH  lane (1 jobs, 2 urgent), entry
-- include: outcome, time
-- Returns for each entry one of
--   {'kept'}             not pending any more, or its lease runs, or Redis's clock was set
--                        since: then it is not known whose lease runs
--   {'restarted'}        its lease begins now: it was delivered in the future
--   {'deleted'}          it was deleted while it was pending, and left the pending list
--   {'expired'}          it is unassigned
--   {'failed', ms}       it was handed out too often: its push, accepted then, is
--                        failed, POISON
--   {'poison', fields}   the same, but it names no record: reject it
--
-- Each delivery that was lost is noted in the record, as delivery.<n>; the last 20
-- are kept. They have a count of their own: the pending list's begins again when
-- its group is destroyed.
--
-- An entry that was delivered in the future, before Redis's clock was set back, is idle for
-- 0 ms to the pending list, and its lease would not expire before the clock is there again.
-- To restart the lease of one that was delivered in this millisecond does no harm. Owner and
-- count of deliveries stay.
--
-- Crash before: pending as it was. Crash after: unassigned, or failed. Twice: the second
-- finds the entry unassigned, or gone.
local now, lease = wall(), tonumber(lease_ms)
local at = iso(now)
most = tonumber(most)
local set = math.abs(now - tonumber(now_ms)) > lease / 4
local answers, changes, taken, counts, done, moves = {}, {}, {}, {}, { {}, {} }, mover(K)

local function fail(id, record, status, code, deliveries, times, owner)
  redis.call('HSET', record, 'status', 'failed', 'error_code', 'POISON', 'deliveries', deliveries, 'consumer', owner,
    'result', 'POISON: handed out ' .. times .. ' times without an answer', 'fcm_send_yn', 'N', 'fcm_send_time', at)
  moves.note(id, redis.call('ZSCORE', index, id), status, 'failed', code, 'POISON')
  changes[#changes + 1] = id
  changes[#changes + 1] = 'failed'
  counts.failed = (counts.failed or 0) + 1
  counts['error.POISON'] = (counts['error.POISON'] or 0) + 1
end

local function expire(lane, entry)
  local stream = KEYS[lane]
  local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1)[1]
  if not pending or pending[2] == unassigned then return { 'kept' } end
  if pending[3] == 0 then
    if #redis.call('XRANGE', stream, entry, entry) > 0 then redis.call('XCLAIM', stream, group, pending[2], 0, entry, 'JUSTID') end
    return { 'restarted' }
  end
  if set or pending[3] < lease then return { 'kept' } end
  local owner, idle, times = pending[2], pending[3], pending[4]
  local found = redis.call('XRANGE', stream, entry, entry)[1]
  if not found then
    redis.call('XACK', stream, group, entry)
    tell(events, events_cap, 'deleted', stream .. ' ' .. entry)
    return { 'deleted' }
  end
  local fields = found[2]
  local id = #fields == 2 and fields[1] == 'id' and fields[2]
  local record = id and K .. ':record:' .. id
  local r = record and readHash(record, 'status', 'entry', 'deliveries', 'error_code') or {}
  if r[1] and not terminal[r[1]] and r[2] == entry then
    local n = redis.call('HINCRBY', record, 'lapses', 1)
    redis.call('HSET', record, 'delivery.' .. n, string.format('%s %s silent for %.1fs, noticed by %s', at, owner, idle / 1000, consumer))
    if n > 20 then redis.call('HDEL', record, 'delivery.' .. (n - 20)) end
    taken[#taken + 1] = id .. ' ' .. owner
    if times >= most then
      fail(id, record, r[1], r[4], (tonumber(r[3]) or 0) + times, times, owner)
      table.insert(done[lane], entry)
      return { 'failed', redis.call('ZSCORE', index, id) }
    end
  elseif not r[1] and times >= most and not (id and packed(K, id)) then
    redis.call('XCLAIM', stream, group, unassigned, 0, entry, 'IDLE', 86400000, 'JUSTID') -- not the zombie's any more
    return { 'poison', fields }
  end
  redis.call('XCLAIM', stream, group, unassigned, 0, entry, 'IDLE', 86400000, 'JUSTID')
  return { 'expired' }
end

for i = first, #ARGV, step do answers[#answers + 1] = expire(tonumber(ARGV[i + LANE]), ARGV[i + ENTRY]) end
conclude(K, group, now, events, events_cap, moves, done, counts, changes)
if #taken > 0 then tell(events, events_cap, 'lapsed', table.concat(taken, ' ')) end
return answers
