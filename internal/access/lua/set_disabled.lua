-- set_disabled: a user is shut out, with all sessions and known browsers, or let in
-- again.
--
-- KEYS  1 users  2 user
-- ARGV  1 K  2 name  3 1 to disable, 0 to enable
-- Returns 'done', 'unknown', or 'last' (there would be no enabled administrator left).
--
-- Crash before: as it was. Crash after: done. Twice: the same.
if redis.call('EXISTS', KEYS[2]) == 0 then return 'unknown' end
if ARGV[3] == '1' then
  if is_last_admin(ARGV[1], ARGV[2]) then return 'last' end
  end_sessions(ARGV[1], ARGV[2])
  forget_devices(ARGV[1], ARGV[2])
end
redis.call('HSET', KEYS[2], 'disabled', ARGV[3])
return 'done'
