-- outcome: how deliveries end, for settle, retry and expire_leases.
-- include: time, pending, states, hash, packed, indexes, counters, events

-- conclude writes what a script has gathered.
local function conclude(K, group, now, events, cap, moves, done, counts, changes)
  moves.flush()
  remove(KEYS[1], group, done[1])
  remove(KEYS[2], group, done[2])
  tally(K, now, counts)
  announce(events, cap, changes)
end

-- late notes the answer of a consumer that had lost the push, unless the record
-- knows it: then this is the second run of a script whose answer was lost. For a
-- packed record the note is in its chunk, which only readers of the record's tries read.
local function late(K, id, consumer, try, line)
  if try == '' then return end
  local record, name = K .. ':record:' .. id, 'late.' .. consumer
  if redis.call('EXISTS', record) == 1 then
    local known, broken = readHash(record, 'try.' .. try)
    if not broken and known[1] ~= line then redis.call('HSET', record, name, line) end
    return
  end
  local chunk = packed(K, id)
  if not chunk then return end
  local notes, note = redis.call('HGET', chunk, 'late ' .. id) or '', name .. ' ' .. line .. '\n'
  if not string.find('\n' .. notes, '\n' .. note, 1, true) then redis.call('HSET', chunk, 'late ' .. id, notes .. note) end
end

-- finish ends the deliveries of a call. Each item of it begins with lane, entry, id,
-- accepted time (ms), error code (or ''), number and line of the try (or '' twice).
-- write(i, record, before, now) writes the record of the item at i, whose error code was
-- before, and returns its new state and error code. finish returns for each item 1, or 0 if
-- the delivery is not this consumer's any more: then its answer is noted, see late.
local function finish(K, group, consumer, unassigned, events, cap, first, step, write)
  local now, answers, changes, counts, done = wall(), {}, {}, {}, { {}, {} }
  local moves, held = mover(K), holder(group, consumer, first, step)
  for i = first, #ARGV, step do
    local lane, entry, id, code = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2], ARGV[i + 4]
    local answer = 0
    if held(lane, entry) or ownerless(KEYS[lane], group, unassigned, entry) then
      local record = K .. ':record:' .. id
      local r = readHash(record, 'status', 'entry', 'error_code') -- broken: there is nothing to write to
      if r[1] and not terminal[r[1]] and r[2] == entry then
        local status, after = write(i, record, r[3], now)
        moves.note(id, ARGV[i + 3], r[1], status, r[3], after)
        changes[#changes + 1] = id
        changes[#changes + 1] = status
        counts[status] = (counts[status] or 0) + 1
        if code ~= '' then counts['error.' .. code] = (counts['error.' .. code] or 0) + 1 end
        answer = 1
      end
      if answer == 1 or names(KEYS[lane], entry, id) then table.insert(done[lane], entry) end
    else
      late(K, id, consumer, ARGV[i + 5], ARGV[i + 6])
    end
    answers[#answers + 1] = answer
  end
  conclude(K, group, now, events, cap, moves, done, counts, changes)
  return answers
end
