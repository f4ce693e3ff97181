-- ask: a user without the right to reveal personal data searches for it. Searched words
-- are counted, and so are words that are nearly the same: with them a value can be guessed
-- part by part.
--
-- KEYS  asked, alarm
-- ARGV  now_ms, kind (column and way of the question), word (normalised), way (how words are
--       compared: 'grams', they share characters in a row; 'middle', they differ in a few
--       characters between a common beginning and a common end; 'no', not at all), few (how many
--       characters that is), most_near (words of a cluster), window_ms (time in which words of a
--       cluster count), most_minute (words), most_hour (words), most_words (that are kept),
--       life_ms (of a word), alarm_ms (life of an alarm)
-- Returns {0}, or {ms to wait, 'near' or 'often', 1 if this is an alarm}. There is one
-- alarm until its life ends.
--
-- A field of asked is kind and word; its value is the time in ms and the number of the
-- cluster: words that are near to each other, directly or through others. A word
-- that was searched for before costs nothing. Times in the future, of a clock that was
-- set back, do not count. The walk is bounded by the most words kept.
--
-- Crash before: not counted. Crash after: counted. Twice: the second finds the word.
local now, life, window = tonumber(now_ms), tonumber(life_ms), tonumber(window_ms)
few = tonumber(few)

local function chars(s) -- characters of UTF-8; one that is cut counts
  local _, n = s:gsub('[^\128-\191]', '')
  if s:find('^[\128-\191]') then n = n + 1 end
  return n
end

local function middle(a, b) -- characters of a between what both begin and end with
  local most = math.min(#a, #b)
  local p = 0
  while p < most and a:byte(p + 1) == b:byte(p + 1) do p = p + 1 end
  local s = 0
  while s < most - p and a:byte(#a - s) == b:byte(#b - s) do s = s + 1 end
  return math.max(chars(a:sub(p + 1, #a - s)), chars(b:sub(p + 1, #b - s)))
end

local grams = {}
if way == 'grams' then
  local list = {}
  for c in word:gmatch('[^\128-\191][\128-\191]*') do list[#list + 1] = c end
  for i = 1, math.min(#list - few + 1, 64) do grams[i] = table.concat(list, '', i, i + few - 1) end
end

local function near(other)
  if way == 'middle' then return middle(word, other) <= few end
  for _, gram in ipairs(grams) do
    if other:find(gram, 1, true) then return true end
  end
  return way == 'grams' and middle(word, other) <= 1
end

local field = kind .. '\31' .. word
local all, old = redis.call('HGETALL', asked), {}
local kept, newest = {}, 0
for i = 1, #all, 2 do
  local ms, cluster = all[i + 1]:match('^(%d+) (%d+)$')
  ms, cluster = tonumber(ms), tonumber(cluster)
  if not ms or ms > now + 60000 or now - ms >= life then
    old[#old + 1] = all[i]
  elseif all[i] == field then
    return { 0 }
  else
    kept[#kept + 1] = { field = all[i], ms = ms, cluster = cluster }
    newest = math.max(newest, cluster)
  end
end

local minute, hour, minute_left, hour_left, mine, other_word = 0, 0, 0, 0, {}, nil
for _, k in ipairs(kept) do
  if now - k.ms < 3600000 then
    hour, hour_left = hour + 1, math.max(hour_left, k.ms + 3600000 - now)
    if now - k.ms < 60000 then minute, minute_left = minute + 1, math.max(minute_left, k.ms + 60000 - now) end
  end
  if way ~= 'no' and now - k.ms < window and k.field:sub(1, #kind + 1) == kind .. '\31' and near(k.field:sub(#kind + 2)) then
    mine[k.cluster] = true
  end
end
local together, earliest = 0, now
for _, k in ipairs(kept) do
  if mine[k.cluster] and now - k.ms < window then together, earliest = together + 1, math.min(earliest, k.ms) end
end

local wait, why = 0, nil
if together >= tonumber(most_near) then
  wait, why = earliest + window - now, 'near'
elseif minute >= tonumber(most_minute) then
  wait, why = minute_left, 'often'
elseif hour >= tonumber(most_hour) then
  wait, why = hour_left, 'often'
end
if why then
  local raised = redis.call('SET', alarm, why, 'NX', 'PX', alarm_ms)
  return { math.max(wait, 1000), why, raised and 1 or 0 }
end

for _, one in ipairs(old) do redis.call('HDEL', asked, one) end
table.sort(kept, function(a, b) return a.ms < b.ms end)
for i = 1, #kept - tonumber(most_words) + 1 do redis.call('HDEL', asked, kept[i].field) end
local cluster = newest + 1
for one in pairs(mine) do cluster = math.min(cluster, one) end
for i = math.max(1, #kept - tonumber(most_words) + 2), #kept do
  local k = kept[i]
  if mine[k.cluster] and k.cluster ~= cluster then redis.call('HSET', asked, k.field, string.format('%.0f %.0f', k.ms, cluster)) end
end
redis.call('HSET', asked, field, string.format('%.0f %.0f', now, cluster))
redis.call('PEXPIRE', asked, life)
return { 0 }
