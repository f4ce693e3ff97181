-- reap: pushes that have ended leave the log, each with all its index members.
--
-- KEYS  1 jobs  2 jobs:urgent  3 index  4 late  5 flush (hash)
-- ARGV  1 K  2 group  3 pushes that the index keeps at least
--       4 number of the flush, '' for retention, and so are 5 to 10
--       5 until when the flush may do this (ms); it was planned less than 10 s before  6 place that it has come to
--       7 place that it comes to  8 pushes that it looked at on the way
--       9 pushes that it has to look at in this partition  10 life of its hash (ms)
--       then for each push, at most 100, 6 texts: id, accepted time (ms) as the index
--       has it, and of its record, '' if there is none: accepted_at, hash of
--       device_id, csno, push_grp_id
-- Returns {removed, left}: those that have not ended, are not what the caller has
-- read, or are to be kept, are left. {-1, 0} if the flush has come to another place, or it is too
-- late: then nothing is done.
--
-- A member of the index that has no record leaves it. The counters stay.
--
-- A packed record (see pack) can't be read here. It was sent, and has not changed; so
-- if it is of the same time, it is what the caller has read. Its row stays in its
-- group, counted as gone, until the group is written anew.
--
-- An entry that names no record is taken for a mistake, and becomes a failed
-- record. So what was cancelled takes the entry along that nobody has read yet; and
-- what was redriven, and may have been cancelled before, is left as long as the
-- lane has entries from before that.
--
-- Crash before: as it was. Crash after: gone. Twice: the second finds nothing, or
-- that the flush has come to another place.
local K, group, flush = ARGV[1], ARGV[2], ARGV[4]
if flush ~= '' then
  local now = wall()
  local h = redis.call('HMGET', KEYS[5], 'number', 'place')
  local place = h[1] == flush and h[2] or ''
  if now > tonumber(ARGV[5]) or now < ARGV[5] - 10000 or place ~= ARGV[6]
    or h[1] and tonumber(h[1]) > tonumber(flush) then return { -1, 0 } end
  if h[1] ~= flush then
    redis.call('DEL', KEYS[5])
    redis.call('HSET', KEYS[5], 'number', flush, 'of', ARGV[9])
  end
end

local from, done, records, unpacked, left = {}, { {}, {} }, {}, 0, 0
local spare = redis.call('ZCARD', KEYS[3]) - ARGV[3]
local function leave(index, id)
  local list = from[index] or {}
  from[index], list[#list + 1] = list, id
end
local function leaveIf(value, index, id)
  if value and value ~= '' then leave(K .. ':index:' .. index .. ':' .. value, id) end
end

-- since is the time of the oldest entry of a lane; something later than all, if
-- there is none.
local oldest = {}
local function since(lane)
  if not oldest[lane] then
    local first = redis.call('XRANGE', KEYS[lane], '-', '+', 'COUNT', 1)[1]
    oldest[lane] = first and iso(tonumber(string.match(first[1], '^%d+'))) or 'none'
  end
  return oldest[lane]
end

for i = 11, #ARGV, 6 do
  local id, at, token = ARGV[i], ARGV[i + 2], ARGV[i + 3]
  local record = K .. ':record:' .. id
  local r = redis.pcall('HMGET', record, 'status', 'accepted_at', 'entry', 'priority', 'redrives', 'csno', 'push_grp_id', 'error_code')
  local lane, chunk, score = r[4] == 'urgent' and 2 or 1, nil, nil
  if not r[1] then chunk, score = packed(K, id) end
  if r.err or not r[1] and redis.call('EXISTS', record) == 1 then
    left = left + 1 -- nothing of ours
  elseif chunk and (at ~= '' and (spare <= 0 or iso(score) ~= at) or at == '' and string.format('%.0f', score) ~= ARGV[i + 1]) then
    left = left + 1
  elseif chunk and at ~= '' then
    spare, unpacked = spare - 1, unpacked + 1
    redis.call('ZREM', KEYS[3], id) -- it is not late
    leaveIf(ARGV[i + 4], 'csno', id)
    leaveIf(ARGV[i + 5], 'push_grp_id', id)
    leaveIf(token, 'device_id', id)
    redis.call('HDEL', chunk, 'late ' .. id)
    redis.call('HINCRBY', chunk, 'packed', -1)
    redis.call('HINCRBY', chunk, 'gone', 1)
    redis.call('HINCRBY', chunk, 'packs', 1)
  elseif not r[1] then
    spare = spare - redis.call('ZREM', KEYS[3], id)
    leave(KEYS[4], id)
  elseif spare <= 0 or not terminal[r[1]] or (r[2] or '') ~= at
    or r[5] and since(lane) <= string.sub(redis.call('HGET', record, 'redrive.' .. r[5]) or '', 1, 24) then
    left = left + 1
  else
    spare = spare - 1
    records[#records + 1] = record
    leave(KEYS[3], id)
    leave(KEYS[4], id)
    if r[1] ~= 'sent' then leave(K .. ':index:status:' .. r[1], id) end
    leaveIf(r[6], 'csno', id)
    leaveIf(r[7], 'push_grp_id', id)
    leaveIf(r[8], 'error_code', id)
    leaveIf(token, 'device_id', id)
    if r[1] == 'cancelled' and r[3] and r[3] ~= '' then table.insert(done[lane], r[3]) end
  end
end
for index, ids in pairs(from) do redis.pcall('ZREM', index, unpack(ids)) end -- one of another type is left alone
if #records > 0 then redis.call('DEL', unpack(records)) end
remove(KEYS[1], group, done[1])
remove(KEYS[2], group, done[2])
if flush ~= '' then
  redis.call('HSET', KEYS[5], 'place', ARGV[7])
  redis.call('HINCRBY', KEYS[5], 'looked', ARGV[8])
  redis.call('HINCRBY', KEYS[5], 'removed', #records + unpacked)
  redis.call('HINCRBY', KEYS[5], 'left', left)
  redis.call('PEXPIRE', KEYS[5], ARGV[10])
end
return { #records + unpacked, left }
