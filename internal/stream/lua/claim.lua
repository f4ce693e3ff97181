-- claim: entries that are pending for nobody, handed back or lapsed, pass to this
-- consumer.
--
-- KEYS  1 jobs  2 jobs:urgent
-- ARGV  1 group  2 consumer  3 name of nobody, then for each entry, at most 100:
--       lane, entry
-- Returns for each entry its fields and values; an empty list if somebody else
-- was faster, or the entry was deleted.
--
-- Crash before: pending for nobody. Crash after: this consumer's. Twice: the
-- second finds that it is somebody's.
local group, me, nobody = ARGV[1], ARGV[2], ARGV[3]
local answers = {}
for i = 4, #ARGV, 2 do
  local stream, entry = KEYS[tonumber(ARGV[i])], ARGV[i + 1]
  local fields = {}
  if deliveries(stream, group, nobody, entry) then
    local got = redis.call('XCLAIM', stream, group, me, 0, entry)[1]
    if got then fields = got[2] end
  end
  answers[#answers + 1] = fields
end
return answers
