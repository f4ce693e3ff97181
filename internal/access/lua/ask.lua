-- ask: somebody who may not reveal personal data searches for it. Words are counted,
-- and so are those that are nearly the same: with them a value can be guessed part by
-- part.
--
-- KEYS  1 asked  2 alarm
-- ARGV  1 now (ms)  2 kind of question: column and way  3 word, normalised
--       4 how words are compared: 'grams' (they share characters in a row), 'middle'
--       (they differ in a few characters between a common beginning and a common end),
--       or 'no'  5 how many characters that is  6 most words of a cluster
--       7 time in which they count (ms)  8 most words in a minute  9 in an hour
--       10 most words kept  11 life of a word (ms)  12 life of an alarm (ms)
-- Returns {0}, or {ms to wait, 'near' or 'often', 1 if this is an alarm}. There is one
-- alarm until its life ends.
--
-- A field of asked is kind and word; its value is the time in ms and the number of the
-- cluster: words that are near to each other, directly or by way of others. A word
-- that was asked for before costs nothing. Times of the future, of a clock that was
-- set back, do not count. The walk is bounded by the most words kept.
--
-- Crash before: not counted. Crash after: counted. Twice: the second finds the word.
local now, kind, word = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local life, window = tonumber(ARGV[11]), tonumber(ARGV[7])
local few = tonumber(ARGV[5])

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
if ARGV[4] == 'grams' then
  local list = {}
  for c in word:gmatch('[^\128-\191][\128-\191]*') do list[#list + 1] = c end
  for i = 1, math.min(#list - few + 1, 64) do grams[i] = table.concat(list, '', i, i + few - 1) end
end

local function near(other)
  if ARGV[4] == 'middle' then return middle(word, other) <= few end
  for _, gram in ipairs(grams) do
    if other:find(gram, 1, true) then return true end
  end
  return ARGV[4] == 'grams' and middle(word, other) <= 1
end

local field = kind .. '\31' .. word
local all, old = redis.call('HGETALL', KEYS[1]), {}
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
  if ARGV[4] ~= 'no' and now - k.ms < window and k.field:sub(1, #kind + 1) == kind .. '\31' and near(k.field:sub(#kind + 2)) then
    mine[k.cluster] = true
  end
end
local together, first = 0, now
for _, k in ipairs(kept) do
  if mine[k.cluster] and now - k.ms < window then together, first = together + 1, math.min(first, k.ms) end
end

local wait, why = 0, nil
if together >= tonumber(ARGV[6]) then
  wait, why = first + window - now, 'near'
elseif minute >= tonumber(ARGV[8]) then
  wait, why = minute_left, 'often'
elseif hour >= tonumber(ARGV[9]) then
  wait, why = hour_left, 'often'
end
if why then
  local alarm = redis.call('SET', KEYS[2], why, 'NX', 'PX', ARGV[12])
  return { math.max(wait, 1000), why, alarm and 1 or 0 }
end

for _, one in ipairs(old) do redis.call('HDEL', KEYS[1], one) end
table.sort(kept, function(a, b) return a.ms < b.ms end)
for i = 1, #kept - tonumber(ARGV[10]) + 1 do redis.call('HDEL', KEYS[1], kept[i].field) end
local cluster = newest + 1
for one in pairs(mine) do cluster = math.min(cluster, one) end
for i = math.max(1, #kept - tonumber(ARGV[10]) + 2), #kept do
  local k = kept[i]
  if mine[k.cluster] and k.cluster ~= cluster then redis.call('HSET', KEYS[1], k.field, string.format('%.0f %.0f', k.ms, cluster)) end
end
redis.call('HSET', KEYS[1], field, string.format('%.0f %.0f', now, cluster))
redis.call('PEXPIRE', KEYS[1], life)
return { 0 }
