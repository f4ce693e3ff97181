-- outcome: what becomes of deliveries.
-- include: pending, states, hash, packed, indexes, counters, events

-- conclude writes what settle, retry and lapse have gathered.
local function conclude(K, group, now, events, cap, moves, done, counts, changes)
  moves.flush()
  remove(KEYS[1], group, done[1])
  remove(KEYS[2], group, done[2])
  tally(K, now, counts)
  announce(events, cap, changes)
end

-- late notes the answer of a consumer that had lost the push, unless the record
-- knows it: then this is the second run of a script whose answer was lost. For a
-- packed record the chunk has it, where only its reader sees the record's tries.
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
