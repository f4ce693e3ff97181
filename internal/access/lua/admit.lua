-- admit: somebody whom the identity provider knows is a user, with the role that it
-- says.
--
-- KEYS  1 users  2 user
-- ARGV  1 name  2 subject  3 role  4 reveal (1 or 0)  5 now (ms)  6 most users
-- Returns 'done', 'taken' (the name is that of somebody else, or of a user with a
-- password), or 'full'.
--
-- The last administrator may lose the role so: the provider has the last word.
--
-- Crash before: as it was. Crash after: a user. Twice: the same.
local u = redis.call('HMGET', KEYS[2], 'how', 'subject')
if u[1] then
  if u[1] ~= 'oidc' or u[2] ~= ARGV[2] then return 'taken' end
else
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[6]) then return 'full' end
  redis.call('ZADD', KEYS[1], 0, ARGV[1])
  redis.call('HSET', KEYS[2], 'how', 'oidc', 'subject', ARGV[2], 'disabled', '0', 'created_by', 'oidc', 'created_ms', ARGV[5])
end
redis.call('HSET', KEYS[2], 'role', ARGV[3], 'reveal', ARGV[4])
return 'done'
