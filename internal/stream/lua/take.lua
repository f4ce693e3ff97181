-- take: entries that this consumer has just read become deliveries.
--
-- KEYS  jobs, urgent
-- ARGV  K, group, consumer (its name)
-- EACH  lane (1 jobs, 2 urgent), entry (of a lane in ascending order), id
-- include: pending, states, hash, packed
-- Returns for each entry: 'lost' (not pending for this consumer), 'missing' (no such
-- record), 'broken' (its key holds no hash), 'stale' (the push has ended, or has another
-- entry: this one was removed), or a list: how often the entry was
-- handed out, then of its record deliveries, device_id, msg_title,
-- msg_contents, data, priority, accepted_at, expires_at, attempts, retry_until,
-- attempts_before, refused.
--
-- It writes nothing about a delivery: the stream's pending list has it, with its
-- count, and settle, retry and release write that into the record.
--
-- Crash before, crash after: the entry is pending. Twice: the same answer.
local held = holder(group, consumer, first, step)
local answers, stale = {}, { {}, {} }
for i = first, #ARGV, step do
  local lane, entry, record = tonumber(ARGV[i + LANE]), ARGV[i + ENTRY], K .. ':record:' .. ARGV[i + ID]
  local times = held(lane, entry)
  local answer
  if not times then
    answer = 'lost'
  else
    local r, broken = readHash(record, 'status', 'entry', 'deliveries',
      'device_id', 'msg_title', 'msg_contents', 'data', 'priority',
      'accepted_at', 'expires_at', 'attempts', 'retry_until', 'attempts_before', 'refused')
    if not r[1] then
      answer = 'missing'
      if broken then
        answer = 'broken'
      elseif packed(K, ARGV[i + ID]) then
        answer = 'stale'
        table.insert(stale[lane], entry)
      end
    elseif terminal[r[1]] or r[2] ~= entry then
      answer = 'stale'
      table.insert(stale[lane], entry)
    else
      answer = { times, unpack(r, 3, 14) }
    end
  end
  answers[#answers + 1] = answer
end
remove(jobs, group, stale[1])
remove(urgent, group, stale[2])
return answers
