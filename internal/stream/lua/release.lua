-- release: a consumer gives back entries that it has not started. They stay pending,
-- unassigned (for a member of the group that no process has), and look as old as can be,
-- so that a consumer with free slots claims them at once: before unread entries.
--
-- KEYS  jobs, urgent
-- ARGV  group, consumer (its name), unassigned (name of the consumer that no process has)
-- EACH  lane (1 jobs, 2 urgent), entry
-- include: pending
-- Returns how many entries were released.
--
-- This delivery is not counted, earlier ones of the entry are; no attempt is
-- spent. An entry that was deleted leaves the pending list.
--
-- Crash before: the entry stays pending for this consumer. Crash after: pending
-- unassigned. Twice: the second finds that the entry is not its own.
local released = 0
for i = first, #ARGV, step do
  local stream, entry = KEYS[tonumber(ARGV[i + LANE])], ARGV[i + ENTRY]
  local times = deliveries(stream, group, consumer, entry)
  if times then
    local moved = redis.call('XCLAIM', stream, group, unassigned, 0, entry, 'IDLE', 86400000, 'RETRYCOUNT', times - 1, 'JUSTID')
    released = released + #moved
  end
end
return released
