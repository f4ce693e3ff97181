-- accept: new jobs get a record, their index members, and a place on a stream
-- or in the due set.
--
-- KEYS  1 jobs  2 jobs:urgent  3 due  4 index  5 events
-- ARGV  1 K (the partition's base)  2 greatest backlog, 0 for none  3 urgent pushes that
--       find room whatever the backlog is  4 most reserved pushes, 0 for no limit
--       5 cap of events
--       then for each job, at most 100, 19 texts ('' = absent):
--       id, due (ms, 0 = now), lane (1 jobs, 2 jobs:urgent), ttl (ms), hash of
--       device_id, and the values of the fields named below, in that order
-- Returns for each job: 1 queued, 2 scheduled, 3 expired (its lifetime is over: it has a
-- record, and is never sent), 0 repeated (the id has a record of the same fingerprint).
-- Nothing changed: -1 refused (backlog full), -2 refused (too many reserved pushes),
-- -3 unusable (the key of its record, or an index of one of its values, holds another
-- type), -4 not accepted (its stream takes no more: see straighten), -5 conflict (the id
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
local K, limit, cap = ARGV[1], tonumber(ARGV[2]), ARGV[5]
local fields = { 'sndn_rsev_hour', 'csno', 'uuid_id', 'device_id', 'msg_title', 'msg_contents',
  'D_servicename', 'push_grp_id', 'cust_telno', 'data', 'priority', 'ttl', 'api_key', 'fingerprint' }
local now, accepted = wall(), clock(K)
local at, expiry = iso(accepted), {}
local statuses = { 'queued', 'scheduled', 'expired' }
local over = { 'result', 'expired before it could be sent: its lifetime was over when it was accepted',
  'fcm_send_yn', 'N', 'fcm_send_time', at }
local score = string.format('%.0f', accepted) -- once: Redis writes Lua's numbers slowly
local room, express, reserve = math.huge, math.huge, math.huge
if limit > 0 then
  local urgent = redis.call('XLEN', KEYS[2])
  room = limit - redis.call('XLEN', KEYS[1]) - urgent
    - math.max(redis.call('ZCOUNT', KEYS[3], '-inf', string.format('%.0f', now)), redis.call('ZCARD', K .. ':index:status:retrying'))
  express = ARGV[3] - urgent
end
if ARGV[4] ~= '0' then reserve = ARGV[4] - redis.call('ZCARD', K .. ':index:status:scheduled') end

-- Mostly no id is known, so one look at all of them does.
local records, ids = {}, {}
for i = 6, #ARGV, 19 do
  ids[#ids + 1] = ARGV[i]
  records[#ids] = K .. ':record:' .. ARGV[i]
end
local none, seen = redis.call('EXISTS', unpack(records)) == 0, {}
local scores = redis.call('ZMSCORE', KEYS[4], unpack(ids))

-- wrong says that the answer of a pcall is an error: the key holds another type.
local function wrong(answer) return type(answer) == 'table' and answer.err end

-- indexes are those of a push's values.
local function indexes(csno, group, device)
  local list = { K .. ':index:device_id:' .. device }
  if csno ~= '' then list[#list + 1] = K .. ':index:csno:' .. csno end
  if group ~= '' then list[#list + 1] = K .. ':index:push_grp_id:' .. group end
  return list
end

-- enter puts a push into the indexes of its values, before all else that is written of
-- it; into none, if one of them holds another type.
local function enter(id, csno, group, device)
  local list = indexes(csno, group, device)
  for n, index in ipairs(list) do
    if wrong(redis.pcall('ZADD', index, score, id)) then
      for before = 1, n - 1 do redis.call('ZREM', list[before], id) end
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
for i = 6, #ARGV, 19 do
  local id, due, lane, device = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), ARGV[i + 4]
  local record, print = records[#answers + 1], ARGV[i + 18]
  local start = due > 0 and due or now
  local ends = start + tonumber(ARGV[i + 3])
  local answer
  if seen[id] then
    answer = known(seen[id], print)
  elseif not none and redis.call('EXISTS', record) == 1 then
    local r, broken = readHash(record, 'fingerprint')
    answer = broken and -3 or known(r[1], print)
  elseif scores[#answers + 1] and packed(K, id) then
    answer = -6
  elseif ends <= now then
    answer = enter(id, ARGV[i + 6], ARGV[i + 12], device) and 3 or -3
  elseif due > now and reserve <= 0 then
    answer = -2
  elseif due <= now and room <= 0 and (lane == 1 or express <= 0) then
    answer = -1
  elseif not enter(id, ARGV[i + 6], ARGV[i + 12], device) then
    answer = -3
  elseif due > now then
    redis.call('ZADD', KEYS[3], ARGV[i + 1], id)
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
      local hash = { 'status', status, 'accepted_at', at, 'expires_at', expiry[ends], 'entry', entry }
      local n = 8
      for k = 1, 14 do
        local value = ARGV[i + 4 + k]
        if value ~= '' then
          hash[n + 1], hash[n + 2] = fields[k], value
          n = n + 2
        end
      end
      if answer == 3 then
        for k = 1, 6 do hash[n + k] = over[k] end
        expired = expired + 1
      end
      redis.call('HSET', record, unpack(hash))
      members[#members + 1] = score
      members[#members + 1] = id
      seen[id] = print
      moves.note(id, score, nil, status)
      changes[#changes + 1] = id
      changes[#changes + 1] = status
    else
      for _, index in ipairs(indexes(ARGV[i + 6], ARGV[i + 12], device)) do redis.call('ZREM', index, id) end
      answer = -4
    end
  end
  answers[#answers + 1] = answer
end
if #members > 0 then
  redis.call('ZADD', KEYS[4], unpack(members))
  moves.flush()
  tally(K, now, { accepted = #members / 2, expired = expired > 0 and expired or nil })
end
announce(KEYS[5], cap, changes, true)
return answers
