-- pending: whose an entry is.
-- include: entries

-- deliveries is how often the entry was handed out, if it is pending for this
-- consumer, else nil. A missing stream or group has nothing pending.
local function deliveries(stream, group, consumer, entry)
  local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1, consumer)
  return pending[1] and pending[1][4]
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

-- ownerless says that an entry is on its stream and no consumer has it: it is unassigned,
-- its group was destroyed, or a failover forgot which consumer had read it. Then a consumer
-- that brings its outcome settles it: to have it sent again would help no one.
local function ownerless(stream, group, unassigned, entry)
  local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1)[1]
  return (not pending or pending[2] == unassigned) and #redis.call('XRANGE', stream, entry, entry) > 0
end

-- names reports whether an entry of a stream names a push: after a clock was set back, an
-- id may come to be twice, and what is said of the first entry is not meant for the second.
local function names(stream, entry, id)
  local found = redis.call('XRANGE', stream, entry, entry)[1]
  return not found or #found[2] == 2 and found[2][1] == 'id' and found[2][2] == id
end
