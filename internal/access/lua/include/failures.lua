-- failures: counts of failed tries to log in. K is what all keys start with:
-- push:{access}.

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
