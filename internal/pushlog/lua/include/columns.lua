-- columns: the columns of a push. Go writes the tables: see lua.go.

-- kept are the names of what a record keeps of a push, in the order of push.Job.KeptValues;
-- indexed those of the columns that have an index, in the order of pushlog.IndexValues.
local kept, indexed = { --[[kept]] }, { --[[indexed]] }

-- valueIndexes are the indexes of a push by its values, which are in ARGV from a place on.
local function valueIndexes(K, from)
  local list = {}
  for n, name in ipairs(indexed) do
    local value = ARGV[from + n - 1]
    if value ~= '' then list[#list + 1] = K .. ':index:' .. name .. ':' .. value end
  end
  return list
end
