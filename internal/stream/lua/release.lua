-- release: a consumer hands back what it has not started. The entries stay
-- pending, for nobody (a member of the group that no process has), and look as
-- old as can be, so that whoever has room claims them at once: before what is
-- unread, and no later than if they had never been handed out.
--
-- KEYS  1 jobs  2 jobs:urgent
-- ARGV  1 group  2 consumer  3 name of nobody, then for each entry, at most
--       100: lane, entry
-- Returns how many it handed back.
--
-- This delivery is not counted, earlier ones of the entry are; no attempt is
-- spent. An entry that was deleted leaves the pending list.
--
-- Crash before: the entry stays pending for this consumer. Crash after: pending
-- for nobody. Twice: the second finds that the entry is not its own.
local group, me, nobody = ARGV[1], ARGV[2], ARGV[3]
local released = 0
for i = 4, #ARGV, 2 do
  local stream, entry = KEYS[tonumber(ARGV[i])], ARGV[i + 1]
  local times = deliveries(stream, group, me, entry)
  if times then
    local moved = redis.call('XCLAIM', stream, group, nobody, 0, entry, 'IDLE', 86400000, 'RETRYCOUNT', times - 1, 'JUSTID')
    released = released + #moved
  end
end
return released
