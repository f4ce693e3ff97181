-- weigh: a worker says how it fares with FCM. Sending to the project is held once no
-- worker gets through, and goes on with the first answer that somebody gets.
--
-- KEYS  1 hold  2 rate  3 evidence
-- ARGV  1 worker  2 its state: closed (it sends), open (it has stepped back), paused,
--       or gone
--       3 how long ago FCM last answered it (ms; -1: nothing new)  4 the same of an
--       acceptance  5 ramp-up (ms)  6 how long a worker counts without another word (ms)
--       7 how long UNREGISTERED is believed after somebody ended a hold for it by hand (ms)
--       and of one that is open: 8 reason  9 code and  10 detail of its last failure
--       11 how long it has been failing (ms)  12 how long ago it last failed (ms)
--       13 time until its next probe (ms)  14 number of tokens that it failed with
--       15 some of their hashes, with spaces between
-- Returns {what, others, answered, believed}: what is 'began' or 'ended' if the hold
-- did, else ''; others are the living workers beside this one that send; answered is
-- how long ago FCM last answered any worker (ms; -1: unknown); believed is for how much
-- longer (ms).
--
-- It is held if every living worker that is not paused has stepped back; or if two
-- have, with different tokens, both for a second, and no worker has had an answer since
-- both began to fail. For SENDER_ID_MISMATCH and UNREGISTERED, which are answers too,
-- only an acceptance counts as one. What failed before the last hold ended is no
-- evidence any more.
--
-- Times are kept as Redis's clock says; one of the future, after that was set back, is
-- taken for now.
--
-- Crash before: not said; the worker says it again. Crash after: said. Twice: the same.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local me, state, life = 'worker:' .. ARGV[1], ARGV[2], tonumber(ARGV[6])

local function past(key, field)
  local ms = tonumber(redis.call('HGET', key, field) or 0)
  if ms <= now then return ms end
  redis.call('HSET', key, field, now)
  return now
end

local function newest(field, ago)
  local ms = past(KEYS[3], field)
  if tonumber(ago) < 0 or now - ago <= ms then return ms end
  redis.call('HSET', KEYS[3], field, now - ago)
  return now - ago
end

local answered, accepted = newest('answered_ms', ARGV[3]), newest('accepted_ms', ARGV[4])
local lifted = past(KEYS[3], 'lifted_ms')
local function alive(reason)
  if reason == 'mismatch' or reason == 'unregistered' then return accepted end
  return answered
end

if state == 'gone' then
  redis.call('HDEL', KEYS[3], me)
else
  local word = { seen = now, state = state }
  if state == 'open' then
    word.reason, word.code, word.detail, word.tokens, word.hashes = ARGV[8], ARGV[9], ARGV[10], tonumber(ARGV[14]), ARGV[15]
    word.failing, word.failed, word.probe = now - ARGV[11], now - ARGV[12], now + ARGV[13]
  end
  redis.call('HSET', KEYS[3], me, cjson.encode(word))
end

-- Who lives, who sends, and who has stepped back.
local living, sending, others, open = 0, 0, 0, {}
local all = redis.call('HGETALL', KEYS[3])
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 7) == 'worker:' then
    local w = cjson.decode(all[i + 1])
    if w.seen > now then
      w.seen = now
      redis.call('HSET', KEYS[3], all[i], cjson.encode(w))
    end
    if now - w.seen >= life then
      redis.call('HDEL', KEYS[3], all[i])
    elseif w.state ~= 'paused' then
      living = living + 1
      if w.state == 'closed' then
        sending = sending + 1
        if all[i] ~= me then others = others + 1 end
      elseif math.min(w.failed, now) > lifted then
        w.name, w.failing = string.sub(all[i], 8), math.min(w.failing, now)
        open[#open + 1] = w
      end
    end
  end
end
redis.call('PEXPIRE', KEYS[3], 3600000)
table.sort(open, function(a, b) return a.failing < b.failing or a.failing == b.failing and a.name < b.name end)

local function differ(a, b)
  local known = ' ' .. a.hashes .. ' '
  for hash in string.gmatch(b.hashes, '%S+') do
    if not string.find(known, ' ' .. hash .. ' ', 1, true) then return true end
  end
  return false
end

local function enough()
  if #open == 0 then return false end
  if #open == living then return true end
  for i = 2, math.min(#open, 50) do
    local both = open[i].failing
    if now - both >= 1000 and alive(open[i].reason) < both then
      for j = 1, i - 1 do
        if differ(open[j], open[i]) then return true end
      end
    end
  end
  return false
end

-- record writes what the evidence is, with the words of this worker if it has stepped back.
local function record(last, since)
  local names, tokens, probe = {}, 0, open[1].probe
  for i, w in ipairs(open) do
    if i <= 50 then names[i] = w.name end
    tokens, probe = tokens + w.tokens, math.min(probe, w.probe)
  end
  redis.call('HSET', KEYS[1], 'reason', last.reason, 'code', last.code, 'detail', last.detail, 'by', last.name,
    'since', iso(since), 'since_ms', since, 'workers', table.concat(names, ' '), 'tokens', tokens,
    'failing_since', iso(open[1].failing), 'probe_at', iso(probe), 'probe_at_ms', probe)
  redis.call('PEXPIRE', KEYS[1], 3600000)
end

local mine = open[1]
for _, w in ipairs(open) do
  if w.name == ARGV[1] then mine = w end
end
local what = ''
local hold = redis.call('HMGET', KEYS[1], 'reason', 'until_ms')
if hold[1] and not hold[2] then
  local since = past(KEYS[1], 'since_ms')
  if alive(hold[1]) > since then
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[2], 'ramp_from', string.format('%.0f', t[1] * 1000000 + t[2]))
    redis.call('PEXPIRE', KEYS[2], 120000 + ARGV[5])
    redis.call('HSET', KEYS[3], 'lifted_ms', now)
    what = 'ended'
  elseif state == 'open' and mine and mine.name == ARGV[1] then
    -- An outage gives way to what somebody must mend.
    if hold[1] ~= 'outage' and mine.reason == 'outage' then mine.reason = hold[1] end
    record(mine, since)
  end
elseif (not hold[1] or tonumber(hold[2]) <= now) and enough() then
  redis.call('DEL', KEYS[1])
  record(mine, now)
  what = 'began'
end
local believed = past(KEYS[3], 'believed_ms')
return { what, others, answered > 0 and now - answered or -1, believed > 0 and math.max(0, believed + ARGV[7] - now) or 0 }
