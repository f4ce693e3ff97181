-- try: somebody wants to try a password. It counts as failed until judge says otherwise.
--
-- KEYS  1 known  2 devices  3 failed of the pair  4 failed of the user
--       5 failed of the address  6 failed
-- ARGV  1 K  2 now (ms); empty: Redis's time  3 network  4 life of a count (ms)
--       5 life of a known network or device (ms)  6 most counts
--       then for each of pair, device and address: tries without a wait, longest wait (ms)
--       then for each of the early and the late lane of a user: tries without a wait, ms
--       a try, longest queue (ms)
--       then ids of devices, none or some
-- Returns {ms to wait before another try, which device is known or 0, 1 if the network is
-- known, lane that it counts in or 0, 1 if it counts for the address}. Who has to wait is
-- not counted.
--
-- From a device where the user logged in, only that device counts. From a network where
-- the user logged in lately, only the pair of both counts. Strangers count for the pair,
-- for the address, and in a lane of the user: the early one for the first tries of a
-- pair, else the late one. A lane that is full gives a ticket to each pair: a time at
-- which it may try. So those that were there before, and not those that are quickest,
-- delay the next, and everybody's turn comes.
--
-- Times in the future are believed up to their own length: a clock that was set back
-- delays nobody for longer.
--
-- Crash before: not counted. Crash after: counted. Twice: counted twice.
local K, now = ARGV[1], clock(ARGV[2])
local free = { pair = tonumber(ARGV[7]), device = tonumber(ARGV[9]), address = tonumber(ARGV[11]) }
local longest = { pair = tonumber(ARGV[8]), device = tonumber(ARGV[10]), address = tonumber(ARGV[12]) }
local lanes = {
  { name = 'early_ms', burst = tonumber(ARGV[13]), each = tonumber(ARGV[14]), queue = tonumber(ARGV[15]) },
  { name = 'late_ms', burst = tonumber(ARGV[16]), each = tonumber(ARGV[17]), queue = tonumber(ARGV[18]) },
}

local function recent(key, member)
  local at = redis.call('ZSCORE', key, member)
  return at and math.abs(now - at) < tonumber(ARGV[5])
end

-- believed: a time in the future, which is noted anew if it is too far off.
local function believed(key, field, most)
  local at = tonumber(redis.call('HGET', key, field) or 0)
  if at > now + most then
    at = now + most
    redis.call('HSET', key, field, at)
  end
  return at
end

-- wait_of: how long a count has one wait.
local function wait_of(key, what) return believed(key, 'until_ms', longest[what]) - now end

local function keep(key) keep_count(K, KEYS[6], key, now, ARGV[4], ARGV[6]) end

local function count(key, what)
  count_failure(K, KEYS[6], key, now, ARGV[4], ARGV[6], free[what], longest[what])
end

for i = 19, #ARGV do
  if recent(KEYS[2], ARGV[i]) then
    local key = K .. ':failed:device:' .. ARGV[i]
    local wait = wait_of(key, 'device')
    if wait > 0 then return { wait, i - 18, 0, 0, 0 } end
    count(key, 'device')
    return { 0, i - 18, 0, 0, 0 }
  end
end

local known = recent(KEYS[1], ARGV[3])
local wait = wait_of(KEYS[3], 'pair')
if known then
  if wait > 0 then return { wait, 0, 1, 0, 0 } end
  count(KEYS[3], 'pair')
  return { 0, 0, 1, 0, 0 }
end

local address = tonumber(redis.call('HGET', KEYS[5], 'failed') or 0) >= free.address
if address then wait = math.max(wait, wait_of(KEYS[5], 'address')) end
if wait > 0 then return { wait, 0, 0, 0, 0 } end

local pair = redis.call('HMGET', KEYS[3], 'failed', 'ticket_ms', 'lane')
local n = tonumber(pair[1] or 0) < 3 and 1 or 2
local lane, ticket = lanes[n], tonumber(pair[2])
if ticket and tonumber(pair[3]) == n and ticket <= now + lane.queue and now < ticket + lane.queue then
  if now < ticket then return { ticket - now, 0, 0, 0, 0 } end
  redis.call('HDEL', KEYS[3], 'ticket_ms')
else
  local full = lane.burst * lane.each
  local next = math.max(now, believed(KEYS[4], lane.name, full + lane.queue))
  local turn = next + lane.each - full
  if turn > now + lane.queue then return { turn - now, 0, 0, 0, 0 } end
  redis.call('HSET', KEYS[4], lane.name, next + lane.each)
  keep(KEYS[4])
  if turn > now then
    redis.call('HSET', KEYS[3], 'ticket_ms', turn, 'lane', n)
    keep(KEYS[3])
    return { turn - now, 0, 0, 0, 0 }
  end
end
count(KEYS[3], 'pair')
if address then count(KEYS[5], 'address') end
return { 0, 0, 0, n, address and 1 or 0 }
