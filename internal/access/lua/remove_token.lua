-- remove_token: a token is removed.
--
-- KEYS  tokens
-- ARGV  K, name
-- Returns how many of that name there were.
--
-- Crash before: as it was. Crash after: gone. Twice: the second finds nothing.
local n = 0
for _, id in ipairs(redis.call('ZRANGE', tokens, 0, -1)) do
  if redis.call('HGET', K .. ':token:' .. id, 'name') == name then
    redis.call('DEL', K .. ':token:' .. id)
    n = n + redis.call('ZREM', tokens, id)
  end
end
return n
