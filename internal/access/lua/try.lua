-- try: somebody wants to try a password. It counts as failed, until forgive.
--
-- KEYS  1 known  2 failed of the pair  3 failed of the user  4 failed of the address
-- ARGV  1 now (ms)  2 address  3 life of a count (ms)  4 life of a known address (ms)
--       then for each of pair, user and address: tries without a wait, longest wait (ms)
-- Returns {ms to wait before another try, 1 if user and address were counted too}.
-- Whoever has to wait is not counted.
--
-- From an address where the user logged in lately only the pair counts: so nobody
-- else can shut a user out.
--
-- Crash before: not counted. Crash after: counted. Twice: counted twice.
local now = tonumber(ARGV[1])
local known = redis.call('ZSCORE', KEYS[1], ARGV[2])
local last = known and now - known < tonumber(ARGV[4]) and 2 or 4
local wait = 0
for i = 2, last do
  local left = tonumber(redis.call('HGET', KEYS[i], 'until_ms') or 0) - now
  wait = math.max(wait, math.min(left, tonumber(ARGV[2 * i + 2]))) -- clocks of replicas differ
end
if wait > 0 then return { wait, 0 } end
for i = 2, last do
  local over = redis.call('HINCRBY', KEYS[i], 'failed', 1) - ARGV[2 * i + 1]
  if over >= 0 then
    redis.call('HSET', KEYS[i], 'until_ms', now + math.min(tonumber(ARGV[2 * i + 2]), 1000 * 2 ^ math.min(over, 20)))
  end
  redis.call('PEXPIRE', KEYS[i], ARGV[3])
end
return { 0, last == 4 and 1 or 0 }
