-- fix_ids: a work stream whose newest id lies in the future, since an id was given by hand
-- or the clock was set back, gets ids of now. After the last possible id nothing can be
-- added, so nothing is accepted; and the age of waiting entries is unknown.
--
-- KEYS  stream
-- ARGV  K, group, unassigned (name of the consumer that no process has), ahead_ms (how far ahead
--       an id may be)
-- REST  mine (an entry that is pending for the caller and not started)
-- include: time, hash, states, entries
-- Returns {what, n}: 'straight', nothing is ahead; 'moved', n entries have another id, or
-- stood for nothing and are gone; 'busy', n entries must be settled before, or the user
-- of Redis may not do all of this, and a consumer will: nothing is changed.
--
-- An entry that some consumer is sending keeps its id; so the stream is left alone until
-- there is none, or, if it takes no more, gets as many ids as there are behind it. The
-- others are added anew, with all their fields. One that carries a job without an id gets
-- the id that its entry would give it (entryUUID), since that may have been accepted. A
-- record names the new entry.
--
-- Later versions let no id be set below that of an entry that was deleted. So a stream of
-- up to 1000 entries is made anew, with its groups and what is pending in them. A longer
-- one has its ids set if the server lets us, and else waits until it is shorter.
--
-- Crash before: as it was. Crash after: straight. Twice: the second finds it straight.
local most, now = 1000, wall()
local edge = now + ahead_ms

local function ahead(entry) return tonumber(string.match(entry, '^%d+')) > edge end
local function field(info, name)
  for i = 1, #info, 2 do
    if info[i] == name then return info[i + 1] end
  end
end
local function named(fields) return #fields == 2 and fields[1] == 'id' and fields[2] end

-- uuid is entryUUID(entry, 0) of open.go: RFC 9562, version 5, in the name space of URLs.
local function uuid(entry)
  local space = '\107\167\184\17\157\173\17\209\128\180\0\192\79\212\48\200'
  local h = redis.sha1hex(space .. stream .. ' ' .. entry .. ' 0')
  local variant = string.format('%x', 8 + tonumber(string.sub(h, 17, 17), 16) % 4)
  return string.sub(h, 1, 8) .. '-' .. string.sub(h, 9, 12) .. '-5' .. string.sub(h, 14, 16) .. '-' ..
    variant .. string.sub(h, 18, 20) .. '-' .. string.sub(h, 21, 32)
end

local info = redis.pcall('XINFO', 'STREAM', stream)
if info.err then return { 'straight', 0 } end
local last, length = field(info, 'last-generated-id'), field(info, 'length')
if not ahead(last) then return { 'straight', 0 } end
local full = string.match(last, '^%d+') == '18446744073709551615'

local mine, moved, kept, top = {}, {}, 0, '0-0'
for i = first, #ARGV, step do mine[ARGV[i + MINE]] = true end
local future = redis.call('XRANGE', stream, string.format('%.0f', edge + 1), '+', 'COUNT', most + 1)
for _, e in ipairs(future) do
  local pending = redis.pcall('XPENDING', stream, group, e[1], e[1], 1)[1]
  if pending and pending[2] ~= unassigned and not mine[e[1]] then
    kept = kept + 1
    if e[1] == last then full = false end -- nothing can be done
  else
    moved[e[1]] = true
  end
end
if kept > 0 and not full then return { 'busy', kept } end

-- A user of Redis that may do only a part of what follows must not begin it.
for _, command in ipairs({
  { 'DEL', stream }, { 'XADD', stream, '*', 'id', 'x' }, { 'XACK', stream, group, '1-1' }, { 'XDEL', stream, '1-1' },
  { 'XPENDING', stream, group }, { 'XCLAIM', stream, group, unassigned, '0', '1-1' }, { 'XSETID', stream, '1-1' },
  { 'XREVRANGE', stream, '+', '-' }, { 'XGROUP', 'CREATE', stream, group, '0' }, { 'XGROUP', 'SETID', stream, group, '0' },
  { 'HSET', K .. ':record:x', 'entry', 'x' },
}) do
  if not redis.acl_check_cmd(unpack(command)) then return { 'busy', 0 } end
end

local groups = redis.call('XINFO', 'GROUPS', stream)
local function delivered(g)
  local id = field(g, 'last-delivered-id')
  return ahead(id) and top or id
end

if length <= most then
  local entries, waiting = redis.call('XRANGE', stream, '-', '+'), {}
  for _, g in ipairs(groups) do
    local name = field(g, 'name')
    waiting[name] = redis.call('XPENDING', stream, name, '-', '+', 2 * most)
  end
  for _, e in ipairs(entries) do
    if #e[2] > 7000 then return { 'busy', length } end -- more than a script can add
  end
  redis.call('DEL', stream)
  local there = {}
  for _, e in ipairs(entries) do
    if not moved[e[1]] then
      redis.call('XADD', stream, e[1], unpack(e[2]))
      there[e[1]], top = true, e[1]
    end
  end
  for _, g in ipairs(groups) do
    local name = field(g, 'name')
    redis.call('XGROUP', 'CREATE', stream, name, delivered(g), 'MKSTREAM')
    for _, p in ipairs(waiting[name]) do
      if there[p[1]] then
        redis.call('XCLAIM', stream, name, p[2], 0, p[1], 'IDLE', p[3], 'RETRYCOUNT', p[4], 'FORCE', 'JUSTID')
      end
    end
  end
elseif #future <= 500 and kept == 0 and redis.REDIS_VERSION_NUM < 0x00070200 then
  for _, e in ipairs(future) do
    if #e[2] > 7000 then return { 'busy', length } end
  end
  for _, e in ipairs(future) do remove(stream, group, { e[1] }) end
  top = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1][1]
  redis.call('XSETID', stream, top)
  for _, g in ipairs(groups) do redis.call('XGROUP', 'SETID', stream, field(g, 'name'), delivered(g)) end
else
  return { 'busy', length }
end

local n = 0
for _, e in ipairs(future) do
  if moved[e[1]] then
    n = n + 1
    local fields, id = e[2], named(e[2])
    local record = id and K .. ':record:' .. id
    local r = record and readHash(record, 'status', 'entry') or {}
    if not r[1] or not terminal[r[1]] and r[2] == e[1] then
      if not id and not field(fields, 'id') then
        fields[#fields + 1] = 'id'
        fields[#fields + 1] = uuid(e[1])
      end
      local entry = redis.call('XADD', stream, '*', unpack(fields))
      if r[1] then redis.call('HSET', record, 'entry', entry) end
    end
  end
end
return { 'moved', n }
