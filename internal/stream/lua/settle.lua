-- settle: pushes in hand reach a terminal state.
--
-- KEYS  1 jobs  2 jobs:urgent  3 events
-- ARGV  1 K  2 group  3 consumer  4 cap of events  5 name of nobody
--       then for each push, at most 100 and each lane's in ascending
--       order of entries, 12 texts:
--       lane, entry, id, accepted time (ms), status (sent, failed, expired),
--       error code (or ''), attempts, deliveries, result, fcm_send_time, number
--       and line of this try (or '' twice)
-- Returns for each push: 1 settled, 0 not ours any more.
--
-- Ours is what is pending for us, or in nobody's hand (orphan, in lib.lua).
-- A late answer of a consumer that lost the entry is noted in the record as
-- late.<consumer> and changes nothing else.
--
-- Crash before: the entry stays pending, and is delivered again. Crash after:
-- settled. Twice: the second finds the entry gone and its own try in the
-- record, and does nothing.
local K, group, me, now, nobody = ARGV[1], ARGV[2], ARGV[3], wall(), ARGV[5]
local answers, changes, counts, done = {}, {}, {}, { {}, {} }
local moves, held = mover(K), holder(group, me, 6, 12)

for i = 6, #ARGV, 12 do
  local lane, entry, id, score, status, code = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  local try, line = ARGV[i + 10], ARGV[i + 11]
  local record = K .. ':record:' .. id
  local answer = 0
  if held(lane, entry) or orphan(KEYS[lane], group, nobody, entry) then
    local r = readHash(record, 'status', 'entry', 'error_code') -- broken: there is nothing to write to
    if r[1] and not terminal[r[1]] and r[2] == entry then
      local hash = { 'status', status, 'attempts', ARGV[i + 6], 'deliveries', ARGV[i + 7], 'consumer', me,
        'result', ARGV[i + 8], 'fcm_send_yn', status == 'sent' and 'Y' or 'N', 'fcm_send_time', ARGV[i + 9] }
      if try ~= '' then hash[15], hash[16] = 'try.' .. try, line end
      local left = r[3] -- of an earlier try
      if code ~= '' or status == 'sent' and left then
        hash[#hash + 1] = 'error_code'
        hash[#hash + 1] = code
        left = code
      end
      redis.call('HSET', record, unpack(hash))
      moves.note(id, score, r[1], status, r[3], left)
      changes[#changes + 1] = id
      changes[#changes + 1] = status
      counts[status] = (counts[status] or 0) + 1
      if code ~= '' then counts['error.' .. code] = (counts['error.' .. code] or 0) + 1 end
      answer = 1
    end
    if answer == 1 or names(KEYS[lane], entry, id) then table.insert(done[lane], entry) end
  else
    late(K, id, me, try, line)
  end
  answers[#answers + 1] = answer
end
conclude(K, group, now, KEYS[3], ARGV[4], moves, done, counts, changes)
return answers
