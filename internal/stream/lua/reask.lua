-- reask: which pushes to suppressed tokens ask FCM once more whether the token is dead.
--
-- KEYS  1 tokens (zset, hash of the token by when FCM said so, in ms)  2 why (hash)
-- ARGV  1 how long a token is remembered (ms)  2 time between two pushes to a token
--       that ask (ms), then for each push, at most 100: hash of its token, and its id
-- Returns for each push: 'ask'; 'free' (the token is not on the list, or FCM's word is
-- too old); or a list of three: when FCM said so (ms), its code, and from when on FCM
-- is asked again (ms): this push does not ask.
--
-- The push that asks is written down, so that it still may when it is handed out
-- again, and no other until the time is over. A time further away than ARGV[2] was
-- written before the clock was set back; it is not waited for.
--
-- Crash before: nobody asks. Crash after: this push asks, whoever has it. Twice: the
-- same answer.
local now, life, pause = wall(), tonumber(ARGV[1]), tonumber(ARGV[2])
local answers = {}
for i = 3, #ARGV, 2 do
  local hash, id, answer = ARGV[i], ARGV[i + 1], 'free'
  local at = tonumber(redis.call('ZSCORE', KEYS[1], hash) or -1)
  if at > now - life then
    local code, push, ask, by = string.match(redis.call('HGET', KEYS[2], hash) or '', '^(%S*) (%S*) (%d+) ?(%S*)$')
    ask = math.min(tonumber(ask or at + pause), now + pause)
    if by == id then
      answer = 'ask'
    elseif now >= ask then
      answer = 'ask'
      redis.call('HSET', KEYS[2], hash, string.format('%s %s %.0f %s', code or '-', push or '-', now + pause, id))
    else
      answer = { string.format('%.0f', at), code or '-', string.format('%.0f', ask) }
    end
  end
  answers[#answers + 1] = answer
end
return answers
