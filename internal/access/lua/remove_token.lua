-- remove_token: a token goes.
--
-- KEYS  1 tokens
-- ARGV  1 K  2 name
-- Returns how many of that name there were.
--
-- Crash before: as it was. Crash after: gone. Twice: the second finds nothing.
local n = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if redis.call('HGET', ARGV[1] .. ':token:' .. id, 'name') == ARGV[2] then
    redis.call('DEL', ARGV[1] .. ':token:' .. id)
    n = n + redis.call('ZREM', KEYS[1], id)
  end
end
return n
