-- leave_group: a consumer is removed from the groups, if nothing is pending for it.
--
-- KEYS  jobs, urgent
-- ARGV  group, consumer (its name)
-- Returns in how many of the two groups something is pending for it: 0 means removed.
--
-- XGROUP DELCONSUMER loses what is pending, so the look and the deletion are
-- one step.
--
-- Crash before: still a member. Crash after: removed. Twice: the second removes
-- nothing.
local holding = 0
for _, stream in ipairs({ jobs, urgent }) do
  local pending = redis.pcall('XPENDING', stream, group, '-', '+', 1, consumer)
  if pending.err then
    -- no stream or no group: no member either
  elseif #pending > 0 then
    holding = holding + 1
  else
    redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
  end
end
return holding
