-- take: entries that this consumer has just read become deliveries.
--
-- KEYS  1 jobs  2 jobs:urgent
-- ARGV  1 K  2 group  3 consumer, then for each entry, at most 100, each
--       lane's in ascending order: lane (1 jobs, 2 jobs:urgent), entry, id
-- Returns for each entry: 'lost' (pending for somebody else, or for nobody),
-- 'missing' (no such record), 'broken' (its key holds no hash), 'stale' (the push is finished, or another entry
-- stands for it: this one was removed), or a list: how often the entry was
-- handed out, then of its record deliveries, device_id, msg_title,
-- msg_contents, data, priority, accepted_at, expires_at, attempts, retry_until,
-- attempts_before, refused.
--
-- It writes nothing of a delivery: the stream's pending list has it, with its
-- count, and settle, retry and release bring that into the record.
--
-- Crash before, crash after: the entry is pending. Twice: the same answer.
local K, group, me = ARGV[1], ARGV[2], ARGV[3]
local held = holder(group, me, 4, 3)
local answers, stale = {}, { {}, {} }
for i = 4, #ARGV, 3 do
  local lane, entry, record = tonumber(ARGV[i]), ARGV[i + 1], K .. ':record:' .. ARGV[i + 2]
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
      elseif packed(K, ARGV[i + 2]) then
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
remove(KEYS[1], group, stale[1])
remove(KEYS[2], group, stale[2])
return answers
