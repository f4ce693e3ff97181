-- entries: of the work streams.

-- remove takes entries off a stream, always XACK and XDEL together.
local function remove(stream, group, entries)
  if #entries == 0 then return end
  redis.call('XACK', stream, group, unpack(entries))
  redis.call('XDEL', stream, unpack(entries))
end
