-- set_disabled: a user is shut out, with all sessions and known browsers, or let in
-- again.
--
-- KEYS  users, user
-- ARGV  K, name, disabled (1 or 0)
-- include: users, sessions, devices
-- Returns 'done', 'unknown', or 'last' (there would be no enabled administrator left).
--
-- Crash before: as it was. Crash after: done. Twice: the same.
if redis.call('EXISTS', user) == 0 then return 'unknown' end
if disabled == '1' then
  if is_last_admin(K, name) then return 'last' end
  end_sessions(K, name)
  forget_devices(K, name)
end
redis.call('HSET', user, 'disabled', disabled)
return 'done'
