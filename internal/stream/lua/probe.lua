-- probe: a small write, as a push needs one, and a look at what the shared keys hold.
--
-- KEYS  probe, jobs
-- ARGV  K, life_ms (of the probe)
-- include: time, accepted
-- Returns 'NAME holds a TYPE instead of a TYPE' for each shared key that is not what it
-- should be.
--
-- Crash before, crash after: a key that ends by its TTL. Twice: the same.
redis.call('SET', probe, '1', 'PX', life_ms)
local y, mo, d, h, mi = civil(clock(K))
local minute = string.format('minute:%04d%02d%02d%02d%02d', y, mo, d, h, mi)
local hour = string.format('hour:%04d%02d%02d%02d', y, mo, d, h)
local wrong = {}
for kind, names in pairs({
  stream = { 'jobs', 'jobs:urgent', 'events' },
  zset = { 'due', 'index', 'late', 'chunks', 'index:status:scheduled', 'index:status:queued', 'index:status:retrying',
    'index:status:failed', 'index:status:expired', 'index:status:cancelled' },
  hash = { 'sealed', 'sweep', 'flushed', minute, hour },
  string = { 'sealing', 'retaining', 'flushing' },
}) do
  for _, name in ipairs(names) do
    local is = redis.call('TYPE', K .. ':' .. name).ok
    if is ~= 'none' and is ~= kind then wrong[#wrong + 1] = K .. ':' .. name .. ' holds a ' .. is .. ' instead of a ' .. kind end
  end
end
return wrong
