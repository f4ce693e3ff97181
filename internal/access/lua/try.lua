-- try: a password is about to be tried. The try counts as failed until judge says otherwise.
--
-- KEYS  known, devices, failed_pair, failed_user, failed_address, failed
-- ARGV  K, now_ms ('' for Redis's time), network, life_ms (of a count), known_ms (life of a known
--       network or device), most (counts), pair_free (tries without a wait), pair_ms (longest
--       wait), device_free, device_ms, address_free, address_ms, early_burst (tries without a
--       wait, in the early lane of a user), early_each (ms of a try), early_queue (ms of the
--       longest queue), late_burst (the same of the late lane), late_each, late_queue
-- REST  device (id that the browser claims)
-- include: time, failures
-- Returns {ms to wait before another try, which device is known or 0, 1 if the network is
-- known, lane that it counts in or 0, 1 if it counts for the address}. A try that has to
-- wait is not counted.
--
-- From a device where the user logged in, only that device counts. From a network where
-- the user logged in lately, only the pair of both counts. Strangers count for the pair,
-- for the address, and in a lane of the user: the early one for the first tries of a
-- pair, else the late one. A lane that is full gives a ticket to each pair: a time at
-- which it may try. So earlier pairs, and not the quickest ones, delay the next, and
-- each pair gets its try.
--
-- Times in the future count up to their own length: a clock that was set back delays no
-- try for longer.
--
-- Crash before: not counted. Crash after: counted. Twice: counted twice.
local now = clock(now_ms)
local free = { pair = tonumber(pair_free), device = tonumber(device_free), address = tonumber(address_free) }
local longest = { pair = tonumber(pair_ms), device = tonumber(device_ms), address = tonumber(address_ms) }
local lanes = {
  { name = 'early_ms', burst = tonumber(early_burst), each = tonumber(early_each), queue = tonumber(early_queue) },
  { name = 'late_ms', burst = tonumber(late_burst), each = tonumber(late_each), queue = tonumber(late_queue) },
}

local function recent(key, member)
  local at = redis.call('ZSCORE', key, member)
  return at and math.abs(now - at) < tonumber(known_ms)
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

local function keep(key) keep_count(K, failed, key, now, life_ms, most) end

local function count(key, what)
  count_failure(K, failed, key, now, life_ms, most, free[what], longest[what])
end

for i = first, #ARGV, step do
  if recent(devices, ARGV[i + DEVICE]) then
    local key = K .. ':failed:device:' .. ARGV[i + DEVICE]
    local wait = wait_of(key, 'device')
    if wait > 0 then return { wait, i - first + 1, 0, 0, 0 } end
    count(key, 'device')
    return { 0, i - first + 1, 0, 0, 0 }
  end
end

local is_known = recent(known, network)
local wait = wait_of(failed_pair, 'pair')
if is_known then
  if wait > 0 then return { wait, 0, 1, 0, 0 } end
  count(failed_pair, 'pair')
  return { 0, 0, 1, 0, 0 }
end

local address = tonumber(redis.call('HGET', failed_address, 'failed') or 0) >= free.address
if address then wait = math.max(wait, wait_of(failed_address, 'address')) end
if wait > 0 then return { wait, 0, 0, 0, 0 } end

local pair = redis.call('HMGET', failed_pair, 'failed', 'ticket_ms', 'lane')
local n = tonumber(pair[1] or 0) < 3 and 1 or 2
local lane, ticket = lanes[n], tonumber(pair[2])
if ticket and tonumber(pair[3]) == n and ticket <= now + lane.queue and now < ticket + lane.queue then
  if now < ticket then return { ticket - now, 0, 0, 0, 0 } end
  redis.call('HDEL', failed_pair, 'ticket_ms')
else
  local full = lane.burst * lane.each
  local next = math.max(now, believed(failed_user, lane.name, full + lane.queue))
  local turn = next + lane.each - full
  if turn > now + lane.queue then return { turn - now, 0, 0, 0, 0 } end
  redis.call('HSET', failed_user, lane.name, next + lane.each)
  keep(failed_user)
  if turn > now then
    redis.call('HSET', failed_pair, 'ticket_ms', turn, 'lane', n)
    keep(failed_pair)
    return { turn - now, 0, 0, 0, 0 }
  end
end
count(failed_pair, 'pair')
if address then count(failed_address, 'address') end
return { 0, 0, 0, n, address and 1 or 0 }
