-- retry: pushes in hand go back to wait for their next try.
--
-- KEYS  1 jobs  2 jobs:urgent  3 events  4 due
-- ARGV  1 K  2 group  3 consumer  4 cap of events  5 name of nobody
--       then for each push, at most 100 and each lane's in ascending
--       order of entries, 15 texts:
--       lane, entry, id, accepted time (ms), due (ms), error code, attempts,
--       deliveries, result, retry_until (or ''), number and line of this try (or ''
--       twice: it was not tried), number of an old try to drop (or ''), how often it was
--       refused and when (or ''), what Redis's clock says by now (ms) if it was not set
--       since the due time was found ('' if nobody knows)
-- Returns for each push: 1 waiting, 0 not ours any more (noted as in settle).
--
-- If Redis's clock was set, the due time is, too: the wait is what was meant. It is in
-- the due set, not on the stream, where one old entry would keep a whole node of a
-- hundred alive.
--
-- Crash before: the entry stays pending, and is delivered again. Crash after:
-- waiting. Twice: the second finds the entry gone and its own try in the
-- record, and does nothing.
local K, group, me, now, nobody = ARGV[1], ARGV[2], ARGV[3], wall(), ARGV[5]
local answers, changes, counts, done = {}, {}, {}, { {}, {} }
local moves, held = mover(K), holder(group, me, 6, 15)

for i = 6, #ARGV, 15 do
  local lane, entry, id, score, due, code = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  local till, try, line, drop = ARGV[i + 9], ARGV[i + 10], ARGV[i + 11], ARGV[i + 12]
  local record = K .. ':record:' .. id
  local answer = 0
  if held(lane, entry) or orphan(KEYS[lane], group, nobody, entry) then
    local r = readHash(record, 'status', 'entry', 'error_code') -- broken: there is nothing to write to
    if r[1] and not terminal[r[1]] and r[2] == entry then
      redis.call('HSET', record, 'status', 'retrying', 'entry', '', 'attempts', ARGV[i + 6], 'deliveries', ARGV[i + 7],
        'consumer', me, 'result', ARGV[i + 8], 'error_code', code)
      if try ~= '' then redis.call('HSET', record, 'try.' .. try, line) end
      if ARGV[i + 13] ~= '' then redis.call('HSET', record, 'refused', ARGV[i + 13]) end
      if till ~= '' then redis.call('HSET', record, 'retry_until', till) end
      if drop ~= '' then redis.call('HDEL', record, 'try.' .. drop) end
      local by = tonumber(ARGV[i + 14])
      if by and math.abs(now - by) > 1000 then due = string.format('%.0f', due + now - by) end
      redis.call('ZADD', KEYS[4], due, id)
      moves.note(id, score, r[1], 'retrying', r[3], code)
      changes[#changes + 1] = id
      changes[#changes + 1] = 'retrying'
      counts.retrying = (counts.retrying or 0) + 1
      counts['error.' .. code] = (counts['error.' .. code] or 0) + 1
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
