-- forgive: the password was right. The try no longer counts, nor do earlier ones of
-- the user from there.
--
-- KEYS  1 known  2 failed of the pair  3 failed of the user  4 failed of the address
-- ARGV  1 now (ms)  2 address  3 1 if user and address were counted
--       4 life of a known address (ms)  5 most known addresses
-- Returns 1.
--
-- Waits stay: else somebody with a right password would get tries at others'.
--
-- Crash before: it counts as failed. Crash after: forgiven. Twice: one more failure of
-- the user and of the address is forgotten.
redis.call('DEL', KEYS[2])
if ARGV[3] == '1' then
  for i = 3, 4 do
    if tonumber(redis.call('HGET', KEYS[i], 'failed') or 0) > 0 then redis.call('HINCRBY', KEYS[i], 'failed', -1) end
  end
end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
