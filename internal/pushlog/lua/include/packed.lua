-- packed: records that are in a chunk.
-- include: hash

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
