-- renew: the leases of in-flight entries are extended.
--
-- KEYS  jobs, urgent
-- ARGV  group, consumer (its name), unassigned (name of the consumer that no process has)
-- EACH  lane (1 jobs, 2 urgent), entry (of a lane in ascending order)
-- include: pending
-- Returns for each entry: 1 renewed, 0 lost (pending for another consumer, or
-- deleted).
--
-- XCLAIM checks no owner: with min-idle 0 it takes an entry from any consumer. Hence the
-- check before. JUSTID, since a renewal is no delivery. An entry whose lease expired and
-- that no consumer has claimed yet is taken back. An entry in no pending list, because the
-- group was destroyed, can't be renewed, and is not lost before a consumer reads it.
--
-- Crash before: the leases run on. Crash after: renewed. Twice:
-- renewed again.
local held = holder(group, consumer, first, step)
local mine, renewed = { {}, {} }, { {}, {} }
for i = first, #ARGV, step do
  local lane, entry = tonumber(ARGV[i + LANE]), ARGV[i + ENTRY]
  if held(lane, entry) or deliveries(KEYS[lane], group, unassigned, entry) then
    table.insert(mine[lane], entry)
  elseif ownerless(KEYS[lane], group, unassigned, entry) then
    renewed[lane][entry] = true
  end
end
for lane, entries in ipairs(mine) do
  if #entries > 0 then
    local args = { 'XCLAIM', KEYS[lane], group, consumer, 0, unpack(entries) }
    args[#args + 1] = 'JUSTID'
    for _, entry in ipairs(redis.call(unpack(args))) do renewed[lane][entry] = true end
  end
end
local answers = {}
for i = first, #ARGV, step do
  answers[#answers + 1] = renewed[tonumber(ARGV[i + LANE])][ARGV[i + ENTRY]] and 1 or 0
end
return answers
