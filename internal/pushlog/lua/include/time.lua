-- time: Redis's clock, and how times are written.

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
