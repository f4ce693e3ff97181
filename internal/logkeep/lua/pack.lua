-- pack: records of sent pushes leave their hashes, and are in a row group of their chunk
-- instead.
--
-- KEYS  index, late, chunk
-- ARGV  base, packs (of the chunk, that this was made from; '' if it has none), heads (its sparse index, if the
--       chunk has none, else ''), removed (rows of pushes that left the log, and are not in these groups any more),
--       groups (how many are written)
-- REST  value (for each group the name of its field and its value, '' if no row is left; then for each push that is
--       packed now, at most 100: id, accepted time in ms, number of its record's fields, how many of these are notes
--       of late answers, and the name and value of each note)
-- include: hash
-- Returns 1 if it is written, 0 if the chunk or one of the pushes has changed
-- meanwhile, or must not be packed: then nothing is.
--
-- A sent push changes only by notes of late answers (late.<consumer>), which are new
-- fields or new values of such. A push in K:late is to be merged into the columns first.
--
-- Crash before: as it was. Crash after: packed. Twice: the second finds more packs.
local h = redis.call('HMGET', chunk, 'rows', 'packs', 'first_ms', 'last_ms')
if not h[1] or (h[2] or '') ~= packs then return 0 end
local fields, hashes = {}, {}
local i = first
for _ = 1, groups do
  fields[#fields + 1] = { ARGV[i], ARGV[i + 1] }
  i = i + 2
end
while ARGV[i] do
  local id, ms, notes = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 3])
  local record = base .. ':record:' .. id
  if readHash(record, 'status')[1] ~= 'sent' or redis.call('HLEN', record) ~= tonumber(ARGV[i + 2])
    or redis.call('ZSCORE', index, id) ~= ms or redis.call('ZSCORE', late, id)
    or tonumber(ms) < tonumber(h[3]) or tonumber(ms) > tonumber(h[4]) then return 0 end
  i = i + 4
  for _ = 1, notes do
    if redis.call('HGET', record, ARGV[i]) ~= ARGV[i + 1] then return 0 end
    i = i + 2
  end
  hashes[#hashes + 1] = record
end
for _, group in ipairs(fields) do
  if group[2] == '' then redis.call('HDEL', chunk, group[1]) else redis.call('HSET', chunk, group[1], group[2]) end
end
if heads ~= '' then redis.call('HSET', chunk, 'heads', heads) end
redis.call('HINCRBY', chunk, 'packs', 1)
redis.call('HINCRBY', chunk, 'packed', #hashes)
redis.call('HINCRBY', chunk, 'gone', 0 - removed)
if #hashes > 0 then redis.call('UNLINK', unpack(hashes)) end
return 1
