-- restore_tokens: device tokens leave the suppression list.
--
-- KEYS  tokens (see suppress_tokens), reasons
-- EACH  token (its hash), until_ms (a later answer of FCM keeps it on the list; '' for none)
-- Returns how many left.
--
-- Crash before: on the list. Crash after: off it. Twice: nothing.
local left = 0
for i = first, #ARGV, step do
  local at = redis.call('ZSCORE', tokens, ARGV[i + TOKEN])
  if at and (ARGV[i + UNTIL_MS] == '' or tonumber(at) <= tonumber(ARGV[i + UNTIL_MS])) then
    redis.call('ZREM', tokens, ARGV[i + TOKEN])
    redis.call('HDEL', reasons, ARGV[i + TOKEN])
    left = left + 1
  end
end
return left
