-- accept: new jobs get a record, their index members, and a place on a stream
-- or in the due set.
--
-- KEYS  1 jobs  2 jobs:urgent  3 due  4 index  5 events
-- ARGV  1 K (the partition's base)  2 greatest backlog, 0 for none  3 cap of events
--       then for each job, at most 100:
--       id, due (ms, 0 = now), lane (1 jobs, 2 jobs:urgent), ttl (ms),
--       csno, push_grp_id, hash of device_id, n, and n record fields and values
-- Returns for each job: 1 queued, 2 scheduled, 0 repeated (the id has a record:
-- nothing changed), -1 refused (backlog full).
--
-- Crash before: no trace. Crash after: accepted. Twice: the second answers 0.
local K, limit, cap = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local now = clock(KEYS[4])
local at, expiry = iso(now), {}
local score = string.format('%.0f', now) -- once: Redis writes Lua's numbers slowly
local room = math.huge
if limit > 0 then
  room = limit - redis.call('XLEN', KEYS[1]) - redis.call('XLEN', KEYS[2]) - redis.call('ZCARD', KEYS[3])
end

-- Mostly no id is known, so one look at all of them does.
local records, i = {}, 4
while ARGV[i] do
  records[#records + 1] = K .. ':record:' .. ARGV[i]
  i = i + 8 + tonumber(ARGV[i + 7])
end
local none, seen = redis.call('EXISTS', unpack(records)) == 0, {}

local answers, changes, members, moves = {}, {}, {}, mover(K)
i = 4
while ARGV[i] do
  local id, due, ttl, n = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 7])
  local record = records[#answers + 1]
  local answer
  if seen[id] or not none and redis.call('EXISTS', record) == 1 then
    answer = 0
  elseif room <= 0 then
    answer = -1
  else
    local status, entry, start = 'queued', '', now
    if due > now then
      status, start = 'scheduled', due
      redis.call('ZADD', KEYS[3], ARGV[i + 1], id)
    else
      entry = redis.call('XADD', KEYS[tonumber(ARGV[i + 2])], '*', 'id', id)
    end
    local ends = start + ttl
    expiry[ends] = expiry[ends] or iso(ends)
    redis.call('HSET', record, 'status', status, 'accepted_at', at, 'expires_at', expiry[ends],
      'entry', entry, unpack(ARGV, i + 8, i + 7 + n))
    members[#members + 1] = score
    members[#members + 1] = id
    seen[id] = true
    moves.note(id, score, nil, status)
    if ARGV[i + 4] ~= '' then redis.call('ZADD', K .. ':index:csno:' .. ARGV[i + 4], score, id) end
    if ARGV[i + 5] ~= '' then redis.call('ZADD', K .. ':index:push_grp_id:' .. ARGV[i + 5], score, id) end
    redis.call('ZADD', K .. ':index:device_id:' .. ARGV[i + 6], score, id)
    changes[#changes + 1] = id
    changes[#changes + 1] = status
    room = room - 1
    answer = status == 'queued' and 1 or 2
  end
  answers[#answers + 1] = answer
  i = i + 8 + n
end
if #members > 0 then
  redis.call('ZADD', KEYS[4], unpack(members))
  moves.flush()
  tally(K, now, { accepted = #members / 2 })
end
announce(KEYS[5], cap, changes)
return answers
