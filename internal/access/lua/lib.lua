-- Put before every other script of this folder. No keys, no arguments, no effect. K
-- is what all keys start with: push:{access}.

-- another_admin: is there an enabled administrator besides this user?
local function another_admin(K, name)
  for _, other in ipairs(redis.call('ZRANGE', K .. ':users', 0, -1)) do
    if other ~= name then
      local u = redis.call('HMGET', K .. ':user:' .. other, 'role', 'disabled')
      if u[1] == 'admin' and u[2] ~= '1' then return true end
    end
  end
  return false
end

-- is_last_admin: is this user an enabled administrator, and the only one?
local function is_last_admin(K, name)
  local u = redis.call('HMGET', K .. ':user:' .. name, 'role', 'disabled')
  return u[1] == 'admin' and u[2] ~= '1' and not another_admin(K, name)
end

-- end_sessions: all sessions of a user end. Returns how many.
local function end_sessions(K, name)
  local mine, n = K .. ':sessions:' .. name, 0
  for _, id in ipairs(redis.call('ZRANGE', mine, 0, -1)) do
    n = n + redis.call('DEL', K .. ':session:' .. id)
  end
  redis.call('DEL', mine)
  return n
end

-- clock: now in ms, as it is given, else Redis's.
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- keep_count: a count of failed tries lives on, and is the newest of all counts. Those
-- that were not tried for their life, and the oldest above the most, leave, a few at a
-- time.
local function keep_count(K, all, key, now, life, most)
  redis.call('PEXPIRE', key, life)
  redis.call('ZADD', all, now, string.sub(key, #K + 1))
  redis.call('PEXPIRE', all, life)
  for _ = 1, 4 do
    local oldest = redis.call('ZRANGE', all, 0, 0, 'WITHSCORES')
    if tonumber(oldest[2]) > now - life and redis.call('ZCARD', all) <= tonumber(most) then break end
    redis.call('ZREM', all, oldest[1])
    redis.call('DEL', K .. oldest[1])
  end
end

-- count_failure: one more failed try, and how long to wait before the next: 1 s, 2 s, 4 s,
-- … up to the longest, once there were more than are free.
local function count_failure(K, all, key, now, life, most, free, longest)
  local over = redis.call('HINCRBY', key, 'failed', 1) - free
  if over >= 0 then redis.call('HSET', key, 'until_ms', now + math.min(longest, 1000 * 2 ^ math.min(over, 20))) end
  keep_count(K, all, key, now, life, most)
end

-- drop_count: a count of failed tries goes.
local function drop_count(K, all, key)
  redis.call('DEL', key)
  redis.call('ZREM', all, string.sub(key, #K + 1))
end

-- forget_devices: no browser is known any more as one where a user logged in.
local function forget_devices(K, name) redis.call('DEL', K .. ':devices:' .. name) end
