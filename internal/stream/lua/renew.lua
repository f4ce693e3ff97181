-- renew: the leases of what a consumer has in hand begin anew.
--
-- KEYS  1 jobs  2 jobs:urgent
-- ARGV  1 group  2 consumer  3 name of nobody, then for each entry, at most 100
--       and each lane's in ascending order: lane, entry
-- Returns for each entry: 1 renewed, 0 lost (pending for somebody else, or
-- deleted).
--
-- XCLAIM knows no owner: with min-idle 0 it takes an entry from whoever has it.
-- Hence the look first. JUSTID, since a heartbeat is no delivery. What lapsed and
-- nobody has claimed yet is taken back; what is in no pending list, because the
-- group was destroyed, can't be renewed, and is not lost before somebody reads it.
--
-- Crash before: the leases go on as they were. Crash after: renewed. Twice:
-- renewed again.
local group, me, nobody = ARGV[1], ARGV[2], ARGV[3]
local held = holder(group, me, 4, 2)
local mine, renewed = { {}, {} }, { {}, {} }
for i = 4, #ARGV, 2 do
  local lane, entry = tonumber(ARGV[i]), ARGV[i + 1]
  if held(lane, entry) or deliveries(KEYS[lane], group, nobody, entry) then
    table.insert(mine[lane], entry)
  elseif orphan(KEYS[lane], group, nobody, entry) then
    renewed[lane][entry] = true
  end
end
for lane, entries in ipairs(mine) do
  if #entries > 0 then
    local args = { 'XCLAIM', KEYS[lane], group, me, 0, unpack(entries) }
    args[#args + 1] = 'JUSTID'
    for _, entry in ipairs(redis.call(unpack(args))) do renewed[lane][entry] = true end
  end
end
local answers = {}
for i = 4, #ARGV, 2 do
  answers[#answers + 1] = renewed[tonumber(ARGV[i])][ARGV[i + 1]] and 1 or 0
end
return answers
