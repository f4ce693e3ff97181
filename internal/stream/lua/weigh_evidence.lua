-- weigh_evidence: a worker reports how FCM answers it. Sending to the project is held once
-- no worker gets through, and goes on with the first answer that any worker gets.
--
-- KEYS  hold, rate, evidence
-- ARGV  worker, state (closed: it sends; open: its circuit breaker is open; paused; or gone),
--       answered_ms (since FCM last answered it; -1: nothing new), accepted_ms (the same of an
--       acceptance), ramp_up_ms, life_ms (how long a worker counts without another report),
--       believe_ms (how long UNREGISTERED is believed after an operator ended a hold for it),
--       reason (this and the rest are '' unless state is open), code (of its last failure),
--       detail (of its last failure), failing_ms (since when it fails), failed_ms (since it last
--       failed), probe_ms (until its next probe), tokens (number of tokens that it failed with),
--       hashes (of some of them, with spaces between)
-- include: time
-- Returns {what, others, answered, believed}: what is 'began' or 'ended' if the hold
-- did, else ''; others are the other living workers that send; answered is
-- how long ago FCM last answered any worker (ms; -1: unknown); believed is for how much
-- longer (ms).
--
-- The project is held if every living worker that is not paused has an open circuit breaker;
-- or if two have, with different tokens, both for a second, and no worker has had an answer since
-- both began to fail. For SENDER_ID_MISMATCH and UNREGISTERED, which are answers too,
-- only an acceptance counts as one. What failed before the last hold ended is no
-- evidence any more.
--
-- Times are kept as Redis's clock says; one of the future, after that was set back, is
-- taken for now.
--
-- Crash before: not reported; the worker reports again. Crash after: reported. Twice: the
-- same.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local me, life = 'worker:' .. worker, tonumber(life_ms)

local function past(key, field)
  local ms = tonumber(redis.call('HGET', key, field) or 0)
  if ms <= now then return ms end
  redis.call('HSET', key, field, now)
  return now
end

local function newest(field, ago)
  local ms = past(evidence, field)
  if tonumber(ago) < 0 or now - ago <= ms then return ms end
  redis.call('HSET', evidence, field, now - ago)
  return now - ago
end

local answered, accepted = newest('answered_ms', answered_ms), newest('accepted_ms', accepted_ms)
local lifted = past(evidence, 'lifted_ms')
local function alive(reason)
  if reason == 'mismatch' or reason == 'unregistered' then return accepted end
  return answered
end

if state == 'gone' then
  redis.call('HDEL', evidence, me)
else
  local word = { seen = now, state = state }
  if state == 'open' then
    word.reason, word.code, word.detail, word.tokens, word.hashes = reason, code, detail, tonumber(tokens), hashes
    word.failing, word.failed, word.probe = now - failing_ms, now - failed_ms, now + probe_ms
  end
  redis.call('HSET', evidence, me, cjson.encode(word))
end

-- Which workers live, which send, and which have an open circuit breaker.
local living, sending, others, open = 0, 0, 0, {}
local all = redis.call('HGETALL', evidence)
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 7) == 'worker:' then
    local w = cjson.decode(all[i + 1])
    if w.seen > now then
      w.seen = now
      redis.call('HSET', evidence, all[i], cjson.encode(w))
    end
    if now - w.seen >= life then
      redis.call('HDEL', evidence, all[i])
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
redis.call('PEXPIRE', evidence, 3600000)
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

-- record writes what the evidence is, with the report of this worker if its circuit breaker is open.
local function record(last, since)
  local names, many, probe = {}, 0, open[1].probe
  for i, w in ipairs(open) do
    if i <= 50 then names[i] = w.name end
    many, probe = many + w.tokens, math.min(probe, w.probe)
  end
  redis.call('HSET', hold, 'reason', last.reason, 'code', last.code, 'detail', last.detail, 'by', last.name,
    'since', iso(since), 'since_ms', since, 'workers', table.concat(names, ' '), 'tokens', many,
    'failing_since', iso(open[1].failing), 'probe_at', iso(probe), 'probe_at_ms', probe)
  redis.call('PEXPIRE', hold, 3600000)
end

local mine = open[1]
for _, w in ipairs(open) do
  if w.name == worker then mine = w end
end
local what = ''
local old = redis.call('HMGET', hold, 'reason', 'until_ms')
if old[1] and not old[2] then
  local since = past(hold, 'since_ms')
  if alive(old[1]) > since then
    redis.call('DEL', hold)
    redis.call('HSET', rate, 'ramp_from', string.format('%.0f', t[1] * 1000000 + t[2]))
    redis.call('PEXPIRE', rate, 120000 + ramp_up_ms)
    redis.call('HSET', evidence, 'lifted_ms', now)
    what = 'ended'
  elseif state == 'open' and mine and mine.name == worker then
    -- An outage gives way to what somebody must mend.
    if old[1] ~= 'outage' and mine.reason == 'outage' then mine.reason = old[1] end
    record(mine, since)
  end
elseif (not old[1] or tonumber(old[2]) <= now) and enough() then
  redis.call('DEL', hold)
  record(mine, now)
  what = 'began'
end
local believed = past(evidence, 'believed_ms')
return { what, others, answered > 0 and now - answered or -1, believed > 0 and math.max(0, believed + believe_ms - now) or 0 }
