-- promote: pushes that are due are queued.
--
-- KEYS  jobs, urgent, due, events, index
-- ARGV  K, due_ms (what is due by then; '' for Redis's clock), most (up to 100), events_cap
--       (entries)
-- include: time, hash, verbs, enqueue, indexes, events
-- Returns how many members it took off the due set; fewer than most means
-- that nothing more is due, or that a stream takes no more (see fix_ids).
--
-- A member without a record, or whose push is not waiting, is dropped. If the key of its
-- record holds no hash, it is queued: the consumer that reads it reports it.
--
-- Crash before: still due. Crash after: queued. Twice: the second takes the
-- next ones.
local now = tonumber(due_ms) or wall()
local ids = redis.call('ZRANGE', due, '-inf', now, 'BYSCORE', 'LIMIT', 0, most)
local changes, moves, done = {}, mover(K), {}
for _, id in ipairs(ids) do
  local record = K .. ':record:' .. id
  local r, broken = readHash(record, 'status', 'priority')
  local waits = takes.promote[r[1]]
  local entry = (waits or broken) and enqueue(r[2] == 'urgent' and urgent or jobs, id)
  if entry and waits then
    redis.call('HSET', record, 'status', 'queued', 'entry', entry)
    moves.note(id, redis.call('ZSCORE', index, id), r[1], 'queued')
    changes[#changes + 1] = id
    changes[#changes + 1] = 'queued'
  end
  if entry or not waits and not broken then done[#done + 1] = id end
end
moves.flush()
if #done > 0 then redis.call('ZREM', due, unpack(done)) end
announce(events, events_cap, changes)
return #done
