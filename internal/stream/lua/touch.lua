-- touch: entries that were delivered in the future, since Redis's clock was set back, count
-- as delivered now. Their lease would never run out before the clock is there again.
--
-- KEYS  1 jobs  2 jobs:urgent
-- ARGV  1 group  then for each entry, at most 100: lane, entry
-- Returns how many it touched.
--
-- The pending list tells of such entries that they have been idle for 0 ms. That an entry
-- was delivered in this millisecond does no harm: it is as it was. Their owners, and the
-- count of deliveries, stay.
--
-- Crash before: as it was. Crash after: the leases begin now. Twice: now.
local touched = 0
for i = 2, #ARGV, 2 do
  local stream, entry = KEYS[tonumber(ARGV[i])], ARGV[i + 1]
  local pending = redis.pcall('XPENDING', stream, ARGV[1], entry, entry, 1)[1]
  if pending and pending[3] == 0 and #redis.call('XRANGE', stream, entry, entry) > 0 then
    touched = touched + #redis.call('XCLAIM', stream, ARGV[1], pending[2], 0, entry, 'JUSTID')
  end
end
return touched
