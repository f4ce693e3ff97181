-- release: a consumer that stops hands back what it has not started. The
-- entries go onto the stream anew, so that others read them at once.
--
-- KEYS  1 jobs  2 jobs:urgent
-- ARGV  1 K  2 group  3 consumer, then for each entry, at most 100: lane, entry
-- Returns how many it handed back.
--
-- This delivery is not counted, earlier ones of the entry are; no attempt is
-- spent.
--
-- Crash before: the entry stays pending for this consumer. Crash after: unread
-- under a new entry. Twice: the second finds the entry gone.
local K, group, me = ARGV[1], ARGV[2], ARGV[3]
local released, done = 0, { {}, {} }
for i = 4, #ARGV, 2 do
  local lane, entry = tonumber(ARGV[i]), ARGV[i + 1]
  local times = deliveries(KEYS[lane], group, me, entry)
  if times then
    local found = redis.call('XRANGE', KEYS[lane], entry, entry)
    if found[1] then
      local fields = found[1][2]
      local anew = redis.call('XADD', KEYS[lane], '*', unpack(fields))
      local record = #fields == 2 and fields[1] == 'id' and K .. ':record:' .. fields[2]
      if record and redis.call('HGET', record, 'entry') == entry then
        redis.call('HSET', record, 'entry', anew)
        if times > 1 then redis.call('HINCRBY', record, 'deliveries', times - 1) end
      end
      released = released + 1
    end
    table.insert(done[lane], entry)
  end
end
remove(KEYS[1], group, done[1])
remove(KEYS[2], group, done[2])
return released
