-- deadline: times in the future that are not trusted blindly.

-- runs reports whether what ends at a time, and lasts so long at most, has not ended (all
-- ms). A time further ahead was written before Redis's clock was set back: it is over.
local function runs(ends, length, now)
  ends = tonumber(ends or 0)
  return ends > now and ends <= now + length
end
