-- pack: records of pushes that were sent leave their hashes, and are in a group of
-- their chunk instead.
--
-- KEYS  1 index  2 late  3 the chunk
-- ARGV  1 K  2 packs of the chunk that this was made from ('' if it has none)
--       3 heads, if the chunk has none, else ''
--       4 how many rows of pushes that have gone are not in these groups any more
--       5 how many groups, then the name of each one's field, and its value ('' if
--       no row is left)
--       then for each push that is packed now, at most 100: id, accepted time (ms),
--       number of its record's fields, how many of these are notes (late.<consumer>),
--       and the name and value of each note
-- Returns 1 if it is written, 0 if the chunk or one of the pushes has changed
-- meanwhile, or must not be packed: then nothing is.
--
-- What was sent changes only by notes of late answers, which are new fields or new
-- values of such. What is late is to be folded into the columns first.
--
-- Crash before: as it was. Crash after: packed. Twice: the second finds more packs.
local K, chunk = ARGV[1], KEYS[3]
local h = redis.call('HMGET', chunk, 'rows', 'packs', 'first_ms', 'last_ms')
if not h[1] or (h[2] or '') ~= ARGV[2] then return 0 end
local fields, hashes = {}, {}
local i = 6
for _ = 1, ARGV[5] do
  fields[#fields + 1] = { ARGV[i], ARGV[i + 1] }
  i = i + 2
end
while ARGV[i] do
  local id, ms, notes = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 3])
  local record = K .. ':record:' .. id
  if readHash(record, 'status')[1] ~= 'sent' or redis.call('HLEN', record) ~= tonumber(ARGV[i + 2])
    or redis.call('ZSCORE', KEYS[1], id) ~= ms or redis.call('ZSCORE', KEYS[2], id)
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
if ARGV[3] ~= '' then redis.call('HSET', chunk, 'heads', ARGV[3]) end
redis.call('HINCRBY', chunk, 'packs', 1)
redis.call('HINCRBY', chunk, 'packed', #hashes)
redis.call('HINCRBY', chunk, 'gone', 0 - ARGV[4])
if #hashes > 0 then redis.call('UNLINK', unpack(hashes)) end
return 1
