-- suppress_tokens: device tokens that FCM called invalid go onto the suppression list; old
-- ones leave it.
--
-- KEYS  tokens (zset: hash of the token by the time of FCM's answer in ms), reasons (hash)
-- ARGV  life_ms (how long a token is suppressed), most (tokens), recheck_ms (until FCM is asked
--       again)
-- EACH  token (its hash), at_ms (of FCM's answer), code (FCM's), id (of the push that got the
--       answer)
-- include: time
-- Returns how many left it, 200 at most.
--
-- A token that is on the list already gets FCM's newest answer.
--
-- Crash before: not on the list; the next push to the token gets the answer again. Crash
-- after: on the list. Twice: the same.
local now, life = wall(), tonumber(life_ms)
for i = first, #ARGV, step do
  local at = math.min(tonumber(ARGV[i + AT_MS]), now)
  local newest = redis.call('ZSCORE', tokens, ARGV[i + TOKEN])
  if not newest or tonumber(newest) <= at then
    redis.call('ZADD', tokens, string.format('%.0f', at), ARGV[i + TOKEN])
    redis.call('HSET', reasons, ARGV[i + TOKEN], string.format('%s %s %.0f', ARGV[i + CODE], ARGV[i + ID], at + recheck_ms))
  end
end
local old = redis.call('ZRANGE', tokens, '-inf', '(' .. string.format('%.0f', now - life), 'BYSCORE', 'LIMIT', 0, 200)
local over = redis.call('ZCARD', tokens) - tonumber(most)
if over > #old then old = redis.call('ZRANGE', tokens, 0, math.min(over, 200) - 1) end
if #old > 0 then
  redis.call('ZREM', tokens, unpack(old))
  redis.call('HDEL', reasons, unpack(old))
end
redis.call('PEXPIRE', tokens, life)
redis.call('PEXPIRE', reasons, life)
return #old
