-- set_role: a user gets a role, and the grant to reveal or not.
--
-- KEYS  users, user
-- ARGV  K, name, role, reveal (1 or 0)
-- include: users
-- Returns 'done', 'unknown', 'oidc' (the identity provider says the role), or 'last' (there
-- would be no enabled administrator left).
--
-- Crash before: as it was. Crash after: done, for the user's sessions too. Twice: the
-- same.
local how = redis.call('HGET', user, 'how')
if not how then return 'unknown' end
if how ~= 'password' then return 'oidc' end
if role ~= 'admin' and is_last_admin(K, name) then return 'last' end
redis.call('HSET', user, 'role', role, 'reveal', reveal)
return 'done'
