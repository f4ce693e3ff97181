-- reap: pushes that have ended leave the log, each with all its index members.
--
-- KEYS  jobs, urgent, index, late
-- ARGV  base, group, keep (pushes that the index keeps at least)
-- EACH  id, accepted_ms (as the index has it), accepted_at (of its record, and so are the next ones; '': there is no
--       record), token (hash of device_id), csno, push_grp_id
-- include: entries, packed, states, time
-- Returns {removed, left}: left are those that have not ended, are not as the caller has
-- read them, or are to be kept.
--
-- A member of the index that has no record leaves it. The counters stay.
--
-- A packed record (see pack) can't be read here. It was sent, and has not changed; so
-- if it has the same accepted time, it is what the caller has read. Its row stays in its
-- row group, counted as gone, until the row group is written anew.
--
-- An entry that names no record is taken for a mistake, and becomes a failed
-- record. So a cancelled push takes its unread entry along; and a redriven push, which
-- may have been cancelled before, is left as long as its stream has entries from before
-- the redrive.
--
-- Crash before: as it was. Crash after: removed. Twice: the second finds nothing.
local from, done, records, unpacked, left = {}, { {}, {} }, {}, 0, 0
local spare = redis.call('ZCARD', index) - keep
local function leave(key, id)
  local list = from[key] or {}
  from[key], list[#list + 1] = list, id
end
local function leaveIf(value, field, id)
  if value and value ~= '' then leave(base .. ':index:' .. field .. ':' .. value, id) end
end

-- since is the time of the oldest entry of a stream; something later than all, if
-- there is none.
local oldest = {}
local function since(lane)
  if not oldest[lane] then
    local entry = redis.call('XRANGE', KEYS[lane], '-', '+', 'COUNT', 1)[1]
    oldest[lane] = entry and iso(tonumber(string.match(entry[1], '^%d+'))) or 'none'
  end
  return oldest[lane]
end

for i = first, #ARGV, step do
  local id, at, token = ARGV[i + ID], ARGV[i + ACCEPTED_AT], ARGV[i + TOKEN]
  local record = base .. ':record:' .. id
  local r = redis.pcall('HMGET', record, 'status', 'accepted_at', 'entry', 'priority', 'redrives', 'csno', 'push_grp_id', 'error_code')
  local lane, chunk, score = r[4] == 'urgent' and 2 or 1, nil, nil
  if not r[1] then chunk, score = packed(base, id) end
  if r.err or not r[1] and redis.call('EXISTS', record) == 1 then
    left = left + 1 -- nothing of ours
  elseif chunk and (at ~= '' and (spare <= 0 or iso(score) ~= at) or at == '' and string.format('%.0f', score) ~= ARGV[i + ACCEPTED_MS]) then
    left = left + 1
  elseif chunk and at ~= '' then
    spare, unpacked = spare - 1, unpacked + 1
    redis.call('ZREM', index, id) -- it is not late
    leaveIf(ARGV[i + CSNO], 'csno', id)
    leaveIf(ARGV[i + PUSH_GRP_ID], 'push_grp_id', id)
    leaveIf(token, 'device_id', id)
    redis.call('HDEL', chunk, 'late ' .. id)
    redis.call('HINCRBY', chunk, 'packed', -1)
    redis.call('HINCRBY', chunk, 'gone', 1)
    redis.call('HINCRBY', chunk, 'packs', 1)
  elseif not r[1] then
    spare = spare - redis.call('ZREM', index, id)
    leave(late, id)
  elseif spare <= 0 or not terminal[r[1]] or (r[2] or '') ~= at
    or r[5] and since(lane) <= string.sub(redis.call('HGET', record, 'redrive.' .. r[5]) or '', 1, 24) then
    left = left + 1
  else
    spare = spare - 1
    records[#records + 1] = record
    leave(index, id)
    leave(late, id)
    if r[1] ~= 'sent' then leave(base .. ':index:status:' .. r[1], id) end
    leaveIf(r[6], 'csno', id)
    leaveIf(r[7], 'push_grp_id', id)
    leaveIf(r[8], 'error_code', id)
    leaveIf(token, 'device_id', id)
    if r[1] == 'cancelled' and r[3] and r[3] ~= '' then table.insert(done[lane], r[3]) end
  end
end
for key, ids in pairs(from) do redis.pcall('ZREM', key, unpack(ids)) end -- one of another type is left alone
if #records > 0 then redis.call('DEL', unpack(records)) end
remove(jobs, group, done[1])
remove(urgent, group, done[2])
return { #records + unpacked, left }
