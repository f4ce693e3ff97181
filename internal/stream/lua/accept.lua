-- accept: new jobs get a record, their index members, and a place on a stream
-- or in the due set.
--
-- KEYS  jobs, urgent, due, index, events
-- ARGV  base (K, of the partition), limit (greatest backlog, 0: none), spare (urgent pushes
--       that find room whatever the backlog is), reserved (most reserved pushes, 0: no
--       limit), cap (of events)
-- EACH  id, at (when it is due, in ms; 0: now), lane (1 jobs, 2 urgent), ttl (in ms), print
--       (its fingerprint), values... (those of kept, then those of indexed; empty: absent)
-- include: time, accepted, hash, packed, columns, counters, events, indexes, enqueue
-- Returns for each job: 1 queued, 2 scheduled, 3 expired (its lifetime is over: it has a
-- record, and is never sent), 0 repeated (the id has a record of the same fingerprint).
-- Nothing changed: -1 refused (backlog full), -2 refused (too many reserved pushes),
-- -3 unusable (the key of its record, or an index of one of its values, holds another
-- type), -4 not accepted (its stream takes no more: see fix_ids), -5 conflict (the id
-- has a record of another fingerprint), -6 known (the id has a record whose fingerprint is
-- not to be seen here, since it is packed, or of a version without: whoever calls compares).
--
-- A lifetime begins at the reserved time, even if that is past, else now.
--
-- The backlog is what is on the streams, waits for its next try, or was reserved and is
-- due: not what is reserved for later. Many that come due together may fill it, so
-- urgent pushes have some room of their own.
--
-- What is due and what expires goes by Redis's clock; accepted_at may be ahead of it: see
-- clock.
--
-- Crash before: no trace. Crash after: accepted. Twice: the second answers 0, since the
-- fingerprint is the same.
local K = base
limit = tonumber(limit)
local now, accepted = wall(), clock(K)
local stamp, expiry = iso(accepted), {}
local statuses = { 'queued', 'scheduled', 'expired' }
local over = { 'result', 'expired before it could be sent: its lifetime was over when it was accepted',
  'fcm_send_yn', 'N', 'fcm_send_time', stamp }
local score = string.format('%.0f', accepted) -- once: Redis writes Lua's numbers slowly
local room, express, reserve = math.huge, math.huge, math.huge
if limit > 0 then
  local waiting = redis.call('XLEN', urgent)
  room = limit - redis.call('XLEN', jobs) - waiting
    - math.max(redis.call('ZCOUNT', due, '-inf', string.format('%.0f', now)), redis.call('ZCARD', K .. ':index:status:retrying'))
  express = spare - waiting
end
if reserved ~= '0' then reserve = reserved - redis.call('ZCARD', K .. ':index:status:scheduled') end

-- Mostly no id is known, so one look at all of them does.
local records, ids = {}, {}
for i = first, #ARGV, step do
  ids[#ids + 1] = ARGV[i + ID]
  records[#ids] = K .. ':record:' .. ids[#ids]
end
local none, seen = redis.call('EXISTS', unpack(records)) == 0, {}
local scores = redis.call('ZMSCORE', index, unpack(ids))

-- wrong says that the answer of a pcall is an error: the key holds another type.
local function wrong(answer) return type(answer) == 'table' and answer.err end

-- enter puts a push into the indexes of its values, before all else that is written of
-- it; into none, if one of them holds another type.
local function enter(id, indexes)
  for n, key in ipairs(indexes) do
    if wrong(redis.pcall('ZADD', key, score, id)) then
      for before = 1, n - 1 do redis.call('ZREM', indexes[before], id) end
      return false
    end
  end
  return true
end

-- known answers for a push whose id has a record, by the fingerprint of that.
local function known(print, new)
  if not print then return -6 end
  return print == new and 0 or -5
end

local answers, changes, members, moves, expired = {}, {}, {}, mover(K), 0
for i = first, #ARGV, step do
  local id, at, lane, fingerprint = ARGV[i + ID], tonumber(ARGV[i + AT]), tonumber(ARGV[i + LANE]), ARGV[i + PRINT]
  local record, values = records[#answers + 1], i + VALUES
  local indexes = valueIndexes(K, values + #kept)
  local ends = (at > 0 and at or now) + tonumber(ARGV[i + TTL])
  local answer
  if seen[id] then
    answer = known(seen[id], fingerprint)
  elseif not none and redis.call('EXISTS', record) == 1 then
    local r, broken = readHash(record, 'fingerprint')
    answer = broken and -3 or known(r[1], fingerprint)
  elseif scores[#answers + 1] and packed(K, id) then
    answer = -6
  elseif ends <= now then
    answer = enter(id, indexes) and 3 or -3
  elseif at > now and reserve <= 0 then
    answer = -2
  elseif at <= now and room <= 0 and (lane == 1 or express <= 0) then
    answer = -1
  elseif not enter(id, indexes) then
    answer = -3
  elseif at > now then
    redis.call('ZADD', due, ARGV[i + AT], id)
    reserve = reserve - 1
    answer = 2
  else
    answer = 1
  end
  if answer > 0 then
    local status, entry = statuses[answer], ''
    if answer == 1 then
      entry = enqueue(KEYS[lane], id)
      room = room - 1
      if lane == 2 then express = express - 1 end
    end
    if entry then
      expiry[ends] = expiry[ends] or iso(ends)
      local hash = { 'status', status, 'accepted_at', stamp, 'expires_at', expiry[ends], 'entry', entry }
      local n = 8
      for k, name in ipairs(kept) do
        local value = ARGV[values + k - 1]
        if value ~= '' then
          hash[n + 1], hash[n + 2] = name, value
          n = n + 2
        end
      end
      hash[n + 1], hash[n + 2] = 'fingerprint', fingerprint
      n = n + 2
      if answer == 3 then
        for k = 1, 6 do hash[n + k] = over[k] end
        expired = expired + 1
      end
      redis.call('HSET', record, unpack(hash))
      members[#members + 1] = score
      members[#members + 1] = id
      seen[id] = fingerprint
      moves.note(id, score, nil, status)
      changes[#changes + 1] = id
      changes[#changes + 1] = status
    else
      for _, key in ipairs(indexes) do redis.call('ZREM', key, id) end
      answer = -4
    end
  end
  answers[#answers + 1] = answer
end
if #members > 0 then
  redis.call('ZADD', index, unpack(members))
  moves.flush()
  tally(K, now, { accepted = #members / 2, expired = expired > 0 and expired or nil })
end
announce(events, cap, changes, true)
return answers
