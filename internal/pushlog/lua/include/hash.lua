-- hash: reading hashes.

-- readHash is HMGET, of a key that holds another type than a hash as of one that is not
-- there; then the second value is true.
local function readHash(key, ...)
  local values = redis.pcall('HMGET', key, ...)
  if values.err then return {}, true end
  return values, false
end
