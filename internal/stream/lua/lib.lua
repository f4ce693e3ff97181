-- Put before every other script of this folder. No keys, no arguments, no effect.

-- iso writes milliseconds since 1970 as RFC 3339 in UTC: 2026-11-22T00:30:01.123Z.
-- Days to date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
local function civil(ms)
  local days = math.floor(ms / 86400000) + 719468
  local era = math.floor(days / 146097)
  local doe = days - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local day = doy - math.floor((153 * mp + 2) / 5) + 1
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  local s = math.floor(ms / 1000) % 86400
  return year, month, day, math.floor(s / 3600), math.floor(s / 60) % 60, s % 60, ms % 1000
end

local function iso(ms)
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', civil(ms))
end

-- wall is Redis's clock in milliseconds.
local function wall()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- clock is when a push is accepted: by Redis's clock; or the time of the newest push, if
-- that is later; or the millisecond after what is sealed. So accepted_at never goes
-- backwards within a partition, and nothing is ever accepted among what is sealed.
--
-- While Redis's clock is behind the newest push, since it was set back, a millisecond
-- takes about a hundred pushes: a chunk can't end within one. Nothing but accepted_at and
-- the indexes goes by this clock: what is due or expires goes by wall.
local function clock(K)
  local now = wall()
  local newest = redis.call('ZRANGE', K .. ':index', 0, 0, 'REV', 'WITHSCORES')[2]
  local sealed = redis.call('HGET', K .. ':sealed', 'until_ms')
  if newest and tonumber(newest) > now then
    now = tonumber(newest)
    if redis.call('ZCOUNT', K .. ':index', newest, newest) >= 100 then now = now + 1 end
  end
  if sealed and tonumber(sealed) >= now then now = tonumber(sealed) + 1 end
  return now
end

-- readHash is HMGET, of a key that holds another type than a hash as of one that is not
-- there; then the second value is true.
local function readHash(key, ...)
  local values = redis.pcall('HMGET', key, ...)
  if values.err then return {}, true end
  return values, false
end

-- runs reports whether what ends at a time, and lasts so long at most, has not ended (all
-- ms). A time further ahead was written before Redis's clock was set back: it is over.
local function runs(ends, length, now)
  ends = tonumber(ends or 0)
  return ends > now and ends <= now + length
end

-- enqueue adds a push to a work stream, and returns its entry; nil if the stream takes no
-- more, since somebody has used the last possible id (see straighten).
local function enqueue(stream, id)
  local entry = redis.pcall('XADD', stream, '*', 'id', id)
  if type(entry) == 'string' then return entry end
  if not string.find(entry.err, 'exhausted', 1, true) then error(entry) end
end

-- exhausted is what a script answers that can't do its work for this, before it writes.
local function exhausted(streams)
  for _, stream in ipairs(streams) do
    local info = redis.pcall('XINFO', 'STREAM', stream)
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' and info[i + 1] == '18446744073709551615-18446744073709551615' then
        return redis.error_reply('EXHAUSTED ' .. stream .. ' takes no more entries')
      end
    end
  end
end

-- tally adds counts ({field = n}) to the counters of the minute and the hour of
-- ms, which live 48 hours and 400 days. Counters that hold another type are left alone:
-- no push waits for them.
local function tally(K, ms, counts)
  if next(counts) == nil then return end
  local minute = string.format('%s:minute:%04d%02d%02d%02d%02d', K, civil(ms))
  local hour = string.format('%s:hour:%04d%02d%02d%02d', K, civil(ms))
  for field, n in pairs(counts) do
    redis.pcall('HINCRBY', minute, field, n)
    redis.pcall('HINCRBY', hour, field, n)
  end
  redis.call('EXPIRE', minute, 172800)
  redis.call('EXPIRE', hour, 34560000)
end

-- tell appends an event to the capped events stream. If somebody has used its last
-- possible id, it begins anew: who reads it notices the gap. A key that is no stream is left alone: no push waits for an event.
local function tell(events, cap, ...)
  local entry = redis.pcall('XADD', events, 'MAXLEN', '~', cap, '*', ...)
  if type(entry) == 'table' and string.find(entry.err, 'exhausted', 1, true) then
    redis.call('DEL', events)
    redis.call('XADD', events, '*', ...)
  end
end

-- announce appends {id, status, id, status, ...} to the capped events stream, as
-- one text: a field each would cost Redis more than the change itself. With new, all
-- of them are pushes that were accepted just now. A key that is no stream is left alone.
local function announce(events, cap, changes, new)
  if #changes == 0 then return end
  local text = table.concat(changes, ' ')
  if new then
    tell(events, cap, 'changes', text, 'accepted', #changes / 2)
  else
    tell(events, cap, 'changes', text)
  end
end

-- A mover gathers changes of state and of error codes, and makes them all at once
-- in the indexes of both, whose scores are accepted times in ms, as in every index.
-- note(…) gathers one, with the state and error code before (nil: it is new) and
-- after; flush() writes them.
--
-- Nearly everything ends as sent, so there is no index of that: it is what is in
-- none of the others. A push that a chunk has, or is about to have, and that changes,
-- is also noted in K:late, since the chunk says what it was. An index that holds another
-- type is left out: no push waits for it.
local function mover(K)
  local from, to, late, sealed = {}, {}, {}, nil
  local function leave(index, id)
    local list = from[index] or {}
    from[index], list[#list + 1] = list, id
  end
  local function enter(list, score, id)
    list[#list + 1] = score
    list[#list + 1] = id
    return list
  end
  local function known(code) return code and code ~= '' and code end
  return {
    note = function(id, score, old, new, oldcode, newcode)
      if old and old ~= 'sent' then leave('status:' .. old, id) end
      if new ~= 'sent' then to['status:' .. new] = enter(to['status:' .. new] or {}, score, id) end
      oldcode, newcode = known(oldcode), known(newcode)
      if oldcode ~= newcode then
        if oldcode then leave('error_code:' .. oldcode, id) end
        if newcode then to['error_code:' .. newcode] = enter(to['error_code:' .. newcode] or {}, score, id) end
      end
      if not old then return end
      sealed = sealed or tonumber(readHash(K .. ':sealed', 'until_ms')[1] or 0)
      if tonumber(score) <= sealed then enter(late, score, id) end
    end,
    flush = function()
      for index, ids in pairs(from) do redis.pcall('ZREM', K .. ':index:' .. index, unpack(ids)) end
      for index, members in pairs(to) do redis.pcall('ZADD', K .. ':index:' .. index, unpack(members)) end
      if #late > 0 then redis.pcall('ZADD', K .. ':late', unpack(late)) end
    end,
  }
end

local terminal = { sent = true, failed = true, expired = true, cancelled = true }

-- deliveries is how often the entry was handed out, if it is pending for this
-- consumer, else nil. A missing stream or group has nothing pending.
local function deliveries(stream, group, consumer, entry)
  local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1, consumer)
  return pending[1] and pending[1][4]
end

-- remove takes entries off a stream, always XACK and XDEL together.
local function remove(stream, group, entries)
  if #entries == 0 then return end
  redis.call('XACK', stream, group, unpack(entries))
  redis.call('XDEL', stream, unpack(entries))
end

-- packed is the chunk that has the record of a push which has no hash, and when it
-- was accepted; nil if there is no such record. What is packed was sent, and changes
-- no more: see pack.
local function packed(K, id)
  local score = redis.call('ZSCORE', K .. ':index', id)
  local n = score and redis.call('ZRANGE', K .. ':chunks', score, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
  if not n then return nil end
  local chunk = K .. ':chunk:' .. n
  local h = readHash(chunk, 'packed', 'last_ms')
  if h[1] and tonumber(h[1]) > 0 and tonumber(score) <= tonumber(h[2]) then return chunk, tonumber(score) end
end

-- holder returns deliveries(lane, entry) for a whole call: ARGV has a lane and an
-- entry every step places from start on, each lane's in ascending order. One
-- look at the pending list between the first and the last entry finds most of
-- them; the others are asked for one by one.
local function holder(group, consumer, start, step)
  local first, last, n = {}, {}, { 0, 0 }
  for i = start, #ARGV, step do
    local lane = tonumber(ARGV[i])
    first[lane], last[lane], n[lane] = first[lane] or ARGV[i + 1], ARGV[i + 1], n[lane] + 1
  end
  local handed = { {}, {} }
  for lane, from in pairs(first) do
    local pending = redis.pcall('XPENDING', KEYS[lane], group, from, last[lane], 2 * n[lane], consumer)
    for _, p in ipairs(pending) do handed[lane][p[1]] = p[4] end
  end
  return function(lane, entry)
    return handed[lane][entry] or deliveries(KEYS[lane], group, consumer, entry)
  end
end

-- orphan says that an entry is on its stream and in nobody's hand: it lapsed or was
-- handed back (nobody has it), its group was destroyed, or a failover forgot who
-- had read it. Then whoever brings its outcome settles it: to have it sent once
-- more would help no one.
local function orphan(stream, group, nobody, entry)
  local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1)[1]
  return (not pending or pending[2] == nobody) and #redis.call('XRANGE', stream, entry, entry) > 0
end

-- names reports whether an entry of a stream names a push: after a clock was set back, an
-- id may come to be twice, and what is said of the first entry is not meant for the second.
local function names(stream, entry, id)
  local found = redis.call('XRANGE', stream, entry, entry)[1]
  return not found or #found[2] == 2 and found[2][1] == 'id' and found[2][2] == id
end

-- conclude writes what settle, retry and lapse have gathered.
local function conclude(K, group, now, events, cap, moves, done, counts, changes)
  moves.flush()
  remove(KEYS[1], group, done[1])
  remove(KEYS[2], group, done[2])
  tally(K, now, counts)
  announce(events, cap, changes)
end

-- late notes the answer of a consumer that had lost the push, unless the record
-- knows it: then this is the second run of a script whose answer was lost. For a
-- packed record the chunk has it, where only its reader sees the record's tries.
local function late(K, id, consumer, try, line)
  if try == '' then return end
  local record, name = K .. ':record:' .. id, 'late.' .. consumer
  if redis.call('EXISTS', record) == 1 then
    local known, broken = readHash(record, 'try.' .. try)
    if not broken and known[1] ~= line then redis.call('HSET', record, name, line) end
    return
  end
  local chunk = packed(K, id)
  if not chunk then return end
  local notes, note = redis.call('HGET', chunk, 'late ' .. id) or '', name .. ' ' .. line .. '\n'
  if not string.find('\n' .. notes, '\n' .. note, 1, true) then redis.call('HSET', chunk, 'late ' .. id, notes .. note) end
end
