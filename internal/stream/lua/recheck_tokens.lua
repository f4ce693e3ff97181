-- recheck_tokens: which pushes to suppressed tokens are sent, to ask FCM again about the
-- token.
--
-- KEYS  tokens (see suppress_tokens), reasons
-- ARGV  life_ms (how long a token is suppressed), recheck_ms (between two pushes to a token that
--       ask FCM)
-- EACH  token (hash of its token), id (of the push)
-- include: time
-- Returns for each push: 'ask'; 'free' (the token is not on the list, or FCM's answer
-- is too old); or a list of three: when FCM said so (ms), its code, and from when on FCM
-- is asked again (ms): this push does not ask.
--
-- The push that asks is written down, so that it still may when it is handed out
-- again, and no other until the time is over. A time further away than recheck_ms was
-- written before the clock was set back; it is not waited for.
--
-- Crash before: no push asks. Crash after: this push asks, from any consumer. Twice: the
-- same answer.
local now, life, pause = wall(), tonumber(life_ms), tonumber(recheck_ms)
local answers = {}
for i = first, #ARGV, step do
  local hash, id, answer = ARGV[i + TOKEN], ARGV[i + ID], 'free'
  local at = tonumber(redis.call('ZSCORE', tokens, hash) or -1)
  if at > now - life then
    local code, push, ask, by = string.match(redis.call('HGET', reasons, hash) or '', '^(%S*) (%S*) (%d+) ?(%S*)$')
    ask = math.min(tonumber(ask or at + pause), now + pause)
    if by == id then
      answer = 'ask'
    elseif now >= ask then
      answer = 'ask'
      redis.call('HSET', reasons, hash, string.format('%s %s %.0f %s', code or '-', push or '-', now + pause, id))
    else
      answer = { string.format('%.0f', at), code or '-', string.format('%.0f', ask) }
    end
  end
  answers[#answers + 1] = answer
end
return answers
