-- claim: unassigned entries (released, or with an expired lease) pass to this consumer.
--
-- KEYS  jobs, urgent
-- ARGV  group, consumer (its name), unassigned (name of the consumer that no process has)
-- EACH  lane (1 jobs, 2 urgent), entry
-- include: pending
-- Returns for each entry its fields and values; an empty list if another consumer
-- was faster, or the entry was deleted.
--
-- Crash before: unassigned. Crash after: this consumer's. Twice: the second finds that it
-- is assigned.
local answers = {}
for i = first, #ARGV, step do
  local stream, entry = KEYS[tonumber(ARGV[i + LANE])], ARGV[i + ENTRY]
  local fields = {}
  if deliveries(stream, group, unassigned, entry) then
    local got = redis.call('XCLAIM', stream, group, consumer, 0, entry)[1]
    if got then fields = got[2] end
  end
  answers[#answers + 1] = fields
end
return answers
