-- admit: a person whom the identity provider knows is a user, with the role that the
-- provider says.
--
-- KEYS  users, user
-- ARGV  name, subject (the identity provider's id of the person), role, reveal (1 or 0), now_ms,
--       most (users)
-- Returns 'done', 'taken' (the name is of another person, or of a user with a
-- password), or 'full'.
--
-- The last administrator may lose the role here: the provider decides.
--
-- Crash before: as it was. Crash after: a user. Twice: the same.
local u = redis.call('HMGET', user, 'how', 'subject')
if u[1] then
  if u[1] ~= 'oidc' or u[2] ~= subject then return 'taken' end
else
  if redis.call('ZCARD', users) >= tonumber(most) then return 'full' end
  redis.call('ZADD', users, 0, name)
  redis.call('HSET', user, 'how', 'oidc', 'subject', subject, 'disabled', '0', 'created_by', 'oidc', 'created_ms', now_ms)
end
redis.call('HSET', user, 'role', role, 'reveal', reveal)
return 'done'
