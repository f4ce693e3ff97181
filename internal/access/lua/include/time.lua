-- time: Redis's clock, or a test's.

-- clock: now in ms, as it is given, else Redis's.
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
