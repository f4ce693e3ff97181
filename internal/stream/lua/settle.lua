-- settle: pushes in hand reach a terminal state.
--
-- KEYS  1 jobs  2 jobs:urgent  3 events
-- ARGV  1 K  2 group  3 consumer  4 now (ms)  5 cap of events
--       then for each push, at most 100:
--       lane, entry, id, accepted time (ms), name and text of this try (or ''
--       twice), status (sent, failed, expired), error code (or ''), n, and n
--       record fields and values
-- Returns for each push: 1 settled, 0 not ours any more.
--
-- A late answer of a consumer that lost the entry is noted in the record as
-- late.<consumer> and changes nothing else.
--
-- Crash before: the entry stays pending, and is delivered again. Crash after:
-- settled. Twice: the second finds the entry gone and its own try in the
-- record, and does nothing.
local K, group, me, now = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local answers, changes, counts, done = {}, {}, {}, { {}, {} }
local moves = mover(K)

local i = 6
while ARGV[i] do
  local lane, entry, id, score, try, line = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  local status, code, n = ARGV[i + 6], ARGV[i + 7], tonumber(ARGV[i + 8])
  local record = K .. ':record:' .. id
  local answer = 0
  if deliveries(KEYS[lane], group, me, entry) then
    local r = redis.call('HMGET', record, 'status', 'entry')
    if r[1] and not terminal[r[1]] and r[2] == entry then
      redis.call('HSET', record, 'status', status, unpack(ARGV, i + 9, i + 8 + n))
      moves.note(id, score, r[1], status)
      changes[#changes + 1] = id
      changes[#changes + 1] = status
      counts[status] = (counts[status] or 0) + 1
      if code ~= '' then counts['error.' .. code] = (counts['error.' .. code] or 0) + 1 end
      answer = 1
    end
    table.insert(done[lane], entry)
  else
    late(record, me, try, line)
  end
  answers[#answers + 1] = answer
  i = i + 9 + n
end
moves.flush()
remove(KEYS[1], group, done[1])
remove(KEYS[2], group, done[2])
tally(K, now, counts)
announce(KEYS[3], ARGV[5], changes)
return answers
