-- leave: a consumer's name goes out of the groups, if nothing is pending for it.
--
-- KEYS  1 jobs  2 jobs:urgent
-- ARGV  1 group  2 consumer
-- Returns how many of the two groups still hold something for it: 0 means gone.
--
-- XGROUP DELCONSUMER loses what is pending, so the look and the deletion are
-- one step.
--
-- Crash before: still a member. Crash after: gone. Twice: the second deletes
-- nothing.
local holding = 0
for _, stream in ipairs(KEYS) do
  local pending = redis.pcall('XPENDING', stream, ARGV[1], '-', '+', 1, ARGV[2])
  if pending.err then
    -- no stream or no group: no member either
  elseif #pending > 0 then
    holding = holding + 1
  else
    redis.call('XGROUP', 'DELCONSUMER', stream, ARGV[1], ARGV[2])
  end
end
return holding
