-- sessions: of a user. K is what all keys start with:
-- push:{access}.

-- end_sessions: all sessions of a user end. Returns how many.
local function end_sessions(K, name)
  local mine, n = K .. ':sessions:' .. name, 0
  for _, id in ipairs(redis.call('ZRANGE', mine, 0, -1)) do
    n = n + redis.call('DEL', K .. ':session:' .. id)
  end
  redis.call('DEL', mine)
  return n
end
